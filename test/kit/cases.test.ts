import { expect, test } from 'vitest';
import { defineDialect } from '../../dialects/define.ts';
import { atLeast, dialectCases, type ExpectedParse } from '../testing/index.ts';

const toy = defineDialect({
  name: 'toy',
  attributesSchema: { type: 'object', additionalProperties: false, properties: { words: { type: 'array' } } },
  parse: ({ text }) => ({
    complete: true,
    commands: [
      {
        dialect: 'toy',
        verb: 'say',
        effects: ['read', 'delete'],
        targets: [{ kind: 'word', path: ['a', 'b'], access: 'read', resolution: 'exact' }],
        functions: [],
        complete: true,
        reasons: [],
        fingerprint: 'say',
        text,
        span: { start: 0, end: text.length },
        secrets: [],
        attributes: { words: text.split(' ') },
      },
    ],
    diagnostics: [],
  }),
});

function failure(expect: ExpectedParse): string {
  try {
    for (const { run } of dialectCases(toy, [{ text: 'say it', expect }])) run();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test.each<[string, ExpectedParse]>([
  ['nothing at all', {}],
  ['a part of a command', { complete: true, commands: [{ verb: 'say' }] }],
  ['effects in any order', { commands: [{ effects: ['delete', 'read'] }] }],
  ['some effects among others', { commands: [{ effects: atLeast('delete') }] }],
  ['a part of a target', { commands: [{ targets: [{ path: ['a', 'b'] }] }] }],
  ['attributes in order', { commands: [{ attributes: { words: ['say', 'it'] } }] }],
])('accepts %s', (_what, expected) => {
  expect(failure(expected)).toBe('');
});

test.each<[string, ExpectedParse, string]>([
  ['another value', { commands: [{ verb: 'shout' }] }, 'commands[0].verb: expected "shout", found "say"'],
  ['a missing effect', { commands: [{ effects: ['read', 'drop'] }] }, 'commands[0].effects: "drop" is missing'],
  ['an effect too many', { commands: [{ effects: ['read'] }] }, 'commands[0].effects: "delete" is not expected'],
  ['a missing one of some', { commands: [{ effects: atLeast('drop') }] }, '"drop" is missing from ["read","delete"]'],
  ['a path in another order', { commands: [{ targets: [{ path: ['b', 'a'] }] }] }, 'is missing'],
  ['a command too few', { commands: [] }, 'commands: expected 0 items, found 1'],
  ['attributes in another order', { commands: [{ attributes: { words: ['it', 'say'] } }] }, 'words[0]: expected "it"'],
])('refuses %s and says where', (_what, expected, message) => {
  expect(failure(expected)).toContain('"say it" does not parse as expected:');
  expect(failure(expected)).toContain(message);
});
