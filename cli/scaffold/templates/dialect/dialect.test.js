// The conformance suite that every dialect passes, and a table of statements and what they must parse to.
import { test } from 'node:test';
import { atLeast, dialectCases, dialectConformance } from 'sallyport/testing';
import dialect from './index.js';

const conformance = dialectConformance(dialect, {
  complete: ['GET a', 'GET a b', 'PUT a 1', 'get a\nput b 2'],
  incomplete: ['GET', 'PUT a', 'RUN a', 'GET a\nRUN b'],
  empty: ['', ' \n\t'],
  fingerprints: [
    ['PUT a 1', 'put a 2'],
    ['GET a', 'get  a'],
    ['GET b', 'GET b '],
  ],
});

const cases = dialectCases(dialect, [
  {
    text: 'PUT greeting hello',
    expect: {
      complete: true,
      commands: [{ verb: 'put', effects: ['write'], targets: [{ kind: 'item', path: ['greeting'], access: 'write' }] }],
    },
  },
  { text: 'GET a b', expect: { commands: [{ targets: atLeast({ path: ['b'] }) }] } },
  {
    text: 'GET a\nRUN b',
    expect: { complete: false, commands: [{ complete: true }, { reasons: ['unknown_command'] }] },
  },
]);

for (const { name, run } of [...conformance, ...cases]) void test(name, run);
