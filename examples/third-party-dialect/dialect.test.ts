import { atLeast, dialectBypasses, dialectCases, dialectConformance } from 'sallyport/testing';
import { describe, test } from 'vitest';
import kvline from './index.js';

describe('kvline is a dialect', () => {
  const cases = dialectConformance(kvline, {
    complete: [
      'GET a',
      'GET a b "c d"',
      'SET a "x y"',
      'del a',
      'KEYS user:*',
      'FLUSH',
      'AUTH hunter2',
      'GET a\n\n# note\r\nDEL b',
    ],
    incomplete: ['EVAL "return 1"', 'GET', 'FLUSH now', 'HELLO', 'GET "a', 'GET "a"b', 'GET a\nEVAL x'],
    empty: ['', ' \n\t\n', '# nothing to do'],
    fingerprints: [
      ['SET a 1', 'set a "2 3"', 'SET  a  4'],
      ['AUTH one', 'AUTH two'],
      ['GET a', 'get a'],
      ['GET b', 'GET "b"'],
    ],
  });
  for (const { name, run } of cases) test(name, run);
});

describe('what kvline makes of a statement', () => {
  const cases = dialectCases(kvline, [
    {
      text: 'DEL a "b c"',
      expect: {
        complete: true,
        commands: [
          {
            verb: 'del',
            effects: ['delete'],
            targets: [
              { kind: 'key', path: ['b c'], access: 'delete' },
              { kind: 'key', path: ['a'], access: 'delete' },
            ],
            attributes: { arguments: 2 },
          },
        ],
      },
    },
    { text: 'GET a b c', expect: { commands: [{ targets: atLeast({ path: ['b'] }) }] } },
    { text: 'SET a "\\"x\\""', expect: { commands: [{ effects: ['write'], attributes: { value_length: 3 } }] } },
    {
      name: 'a password is a secret',
      text: '  AUTH hunter2',
      expect: { commands: [{ span: { start: 2, end: 14 }, secrets: [{ start: 5, end: 12 }] }] },
    },
    {
      name: 'a quote that does not end is an error with its place',
      text: 'GET a\nGET "b',
      expect: {
        complete: false,
        commands: [{ complete: true }, { reasons: ['syntax_error'] }],
        diagnostics: [{ code: 'syntax_error', span: { start: 6, end: 12 } }],
      },
    },
    {
      name: 'a script is not vouched for',
      text: 'EVAL "return redis.call()"',
      expect: {
        complete: false,
        commands: [{ verb: 'eval', reasons: ['dynamic_script'], effects: atLeast('unknown') }],
      },
    },
  ]);
  for (const { name, run } of cases) test(name, run);
});

describe('texts that hide what they do', () => {
  const cases = dialectBypasses(kvline, [
    { how: 'a second line', text: 'GET a\nDEL b', effects: ['delete'] },
    { how: 'a comment first', text: '# GET a\nFLUSH', effects: ['truncate'] },
    { how: 'lower case', text: 'flush', effects: ['truncate'] },
    { how: 'quotes inside the name', text: 'D""EL a', effects: ['delete'] },
    { how: 'a quoted name', text: '"DEL" a', effects: ['delete'] },
    { how: 'a script', text: 'EVAL "DEL a"', effects: ['delete'] },
  ]);
  for (const { name, run } of cases) test(name, run);
});
