import type { Command } from '../../../engine/contract.ts';

/** A read of nothing, of no real dialect. */
export const command: Command = {
  dialect: 'toy',
  verb: 'select',
  effects: ['read'],
  targets: [],
  functions: [],
  complete: true,
  reasons: [],
  fingerprint: 'f',
  text: 'SELECT 1',
  span: { start: 0, end: 8 },
  secrets: [],
  attributes: {},
};
