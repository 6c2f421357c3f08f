import type { Effect } from '../../engine/contract.ts';

/** In the contract's order, which is also the order in which a command lists them. */
export const effectOrder: readonly Effect[] = [
  'read',
  'write',
  'delete',
  'truncate',
  'create',
  'alter',
  'drop',
  'grant',
  'execute',
  'admin',
  'session',
  'transaction',
  'bulk_export',
  'bulk_load',
  'unsafe_io',
  'lock',
  'procedural',
  'unknown',
];

/** From the strongest: a command is called by the strongest thing that it does. */
const strongestFirst: readonly Effect[] = [
  'drop',
  'truncate',
  'delete',
  'admin',
  'grant',
  'alter',
  'create',
  'write',
  'bulk_export',
  'bulk_load',
  'unsafe_io',
  'execute',
  'procedural',
  'lock',
  'transaction',
  'session',
  'read',
  'unknown',
];

export function sortedEffects(effects: ReadonlySet<Effect>): Effect[] {
  return effectOrder.filter((effect) => effects.has(effect));
}

export function verbOf(effects: ReadonlySet<Effect>): string {
  return strongestFirst.find((effect) => effects.has(effect)) ?? 'read';
}
