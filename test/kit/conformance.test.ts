import { describe, expect, test } from 'vitest';
import { defineDialect, type Dialect, type ParseResult, type Statement } from '../../dialects/define.ts';
import type { Command } from '../../engine/contract.ts';
import { dialectConformance, type DialectSamples } from '../testing/index.ts';

const command = (text: string, changes: Partial<Command> = {}): Command => ({
  dialect: 'toy',
  verb: 'say',
  effects: ['read'],
  targets: [],
  functions: [],
  complete: true,
  reasons: [],
  fingerprint: 'say',
  text,
  span: { start: 0, end: text.length },
  secrets: [],
  attributes: {},
  ...changes,
});

const answer = (text: string, changes: Partial<Command> = {}, result: Partial<ParseResult> = {}): ParseResult => ({
  complete: true,
  commands: [command(text, changes)],
  diagnostics: [],
  ...result,
});

const attributesSchema = { type: 'object', additionalProperties: false, properties: { loud: { type: 'boolean' } } };

/** Not through defineDialect, which would mend a parse that throws. */
function toy(parse: (statement: Statement) => unknown, changes: Partial<Dialect> = {}): Dialect {
  return { apiVersion: 1, name: 'toy', attributesSchema, parse: parse as Dialect['parse'], ...changes };
}

const samples: DialectSamples = { complete: ['say a', 'say b'], fingerprints: [['say a', 'say b']], runs: 20 };

function failures(dialect: Dialect, given: DialectSamples = samples): string[] {
  return dialectConformance(dialect, given).flatMap(({ name, run }) => {
    try {
      run();
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

test('a sound dialect passes', () => {
  expect(failures(toy(({ text }) => answer(text)))).toEqual([]);
});

test('defineDialect makes a dialect that throws into one that does not vouch', () => {
  const mended = defineDialect({
    name: 'toy',
    attributesSchema,
    parse: ({ text }) => {
      if (text !== 'say a' && text !== 'say b') throw new Error('bug');
      return answer(text);
    },
  });
  expect(failures(mended)).toEqual([]);
});

let state = 0;
const shared = answer('say a');

describe.each<[string, Dialect, RegExp]>([
  ['throws', toy(({ text }) => (text === '\0' ? JSON.parse(text) : answer(text))), /parse threw .*must be total/],
  ['is asynchronous', toy(({ text }) => Promise.resolve(answer(text))), /synchronous/],
  ['has a name in capitals', toy(({ text }) => answer(text), { name: 'Toy' }), /must be in lower case/],
  ['has an open schema', toy(({ text }) => answer(text), { attributesSchema: { type: 'object' } }), /closed/],
  [
    'gives an unknown effect',
    toy(({ text }) => answer(text, { effects: ['explode' as 'read'] })),
    /breaks the contract/,
  ],
  ['gives an attribute that its schema lacks', toy(({ text }) => answer(text, { attributes: { lowd: true } })), /lowd/],
  ['gives another dialect’s name', toy(({ text }) => answer(text, { dialect: 'other' })), /dialect is "other"/],
  [
    'reaches out of the text',
    toy(({ text }) => answer(text, { span: { start: 0, end: 9e5 } })),
    /out of the statement/,
  ],
  ['cuts another text', toy(({ text }) => answer(text, { text: `${text} ` })), /not what span cuts out/],
  ['hides a secret elsewhere', toy(({ text }) => answer(text, { secrets: [{ start: 0, end: 9e6 }] })), /secret/],
  [
    'is incomplete without a reason',
    toy(({ text }) => answer(text, { complete: false }, { complete: false })),
    /say why/,
  ],
  [
    'is complete with an incomplete command',
    toy(({ text }) => answer(text, { complete: false, reasons: ['x'] })),
    /is not$/m,
  ],
  ['is incomplete and nobody says why', toy(({ text }) => answer(text, {}, { complete: false })), /says why/],
  [
    'lets commands cross each other',
    toy(({ text }) => answer(text, {}, { commands: [part(text, 0, text.length - 1), part(text, 1, text.length)] })),
    /each behind the one before or inside of it/,
  ],
  ['has no effects', toy(({ text }) => answer(text, { effects: [] })), /must have an effect/],
  ['holds undefined', toy(({ text }) => answer(text, { attributes: { loud: undefined } })), /plain JSON/],
  ['counts', toy(({ text }) => answer(text, { fingerprint: String((state += 1)) })), /another answer/],
  ['shares', toy(({ text }) => (text === 'say a' ? shared : answer(text))), /shows in the next/],
  ['prints literals', toy(({ text }) => answer(text, { fingerprint: `f${text}` })), /fingerprints differ/],
  [
    'pollutes',
    toy(({ text }) => {
      if (text.includes('__proto__')) Reflect.set(Object.prototype, 'polluted', true);
      return answer(text);
    }),
    /changed Object.prototype/,
  ],
])('a dialect that %s', (_what, dialect, message) => {
  test('is found out', () => {
    try {
      expect(failures(dialect).join('\n')).toMatch(message);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });
});

test('a sample that must not be vouched for is found out, too', () => {
  const found = failures(
    toy(({ text }) => answer(text)),
    { ...samples, incomplete: ['run x'], empty: ['#'] },
  );
  expect(found).toEqual([
    expect.stringMatching(/does not vouch for "run x": taken for complete/),
    expect.stringMatching(/finds nothing to do in "#": found/),
  ]);
});

/** A command over a part of the text. */
function part(text: string, start: number, end: number): Command {
  return { ...command(text), text: text.slice(start, end), span: { start, end: Math.max(start, end) }, secrets: [] };
}
