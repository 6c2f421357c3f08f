import { expect, test } from 'vitest';
import { readLimits } from '../../../proxy/limits/quantities.ts';
import {
  exceeded,
  least,
  limitReached,
  NOTHING_USED,
  statementLimits,
  type StatementLimits,
  type Usage,
} from '../../../proxy/limits/statement-limits.ts';

test.each<[string, Record<string, unknown>, unknown]>([
  ['counts', { rows: 10, bytes: 0 }, { rows: 10, bytes: 0 }],
  ['times', { seconds: 0.5, session_seconds: 3600 }, { seconds: 0.5, session_seconds: 3600 }],
  ['those of a subject', { sessions: 3, statements_per_minute: 60 }, { sessions: 3, statements_per_minute: 60 }],
  ['what stands beside them', { rows: 1, rule: 'R', message: 'm' }, { rows: 1 }],
  ['a name that nobody knows', { rows: 1, columns: 2 }, expect.stringContaining('The policy limits "columns"')],
  ['a name of every object', { constructor: 1 }, expect.stringContaining('The policy limits "constructor"')],
  ['nothing', {}, 'The policy limits something without saying to what.'],
  ['a fraction of a row', { rows: 1.5 }, 'The policy limits rows to 1.5, which is not a whole number from 0.'],
  ['fewer than no rows', { rows: -1 }, 'The policy limits rows to -1, which is not a whole number from 0.'],
  ['more rows than can be counted', { rows: 2 ** 53 }, expect.stringContaining('not a whole number')],
  ['no time at all', { seconds: 0 }, 'The policy limits seconds to 0, which is not seconds above 0.'],
  ['words', { rows: '10' }, 'The policy limits rows to "10", which is not a whole number from 0.'],
])('a limit of %s', (_, quantities, expected) => {
  expect(readLimits({ kind: 'limit', ...quantities })).toEqual(expected);
});

test.each<[StatementLimits, Partial<Usage>, string | undefined]>([
  [{ rows: 2 }, { rows: 2 }, undefined],
  [{ rows: 2 }, { rows: 3 }, 'rows'],
  [{ rows: 0 }, { rows: 1 }, 'rows'],
  [{ bytes: 10 }, { rows: 9, bytes: 10 }, undefined],
  [{ bytes: 10 }, { bytes: 11 }, 'bytes'],
  [{ seconds: 1 }, { milliseconds: 1_000 }, undefined],
  [{ seconds: 1 }, { milliseconds: 1_001 }, 'seconds'],
  [{}, { rows: 1e9 }, undefined],
])('%j with %j used', (limits, used, expected) => {
  expect(exceeded(limits, { ...NOTHING_USED, ...used })).toBe(expected);
});

test.each<[string, (StatementLimits | undefined)[], StatementLimits | undefined]>([
  ['of none', [undefined], undefined],
  ['of one', [undefined, { rows: 1 }], { rows: 1 }],
  [
    'of several',
    [
      { rows: 5, bytes: 1, decision: 'a' },
      { rows: 3, seconds: 2, decision: 'b' },
    ],
    { rows: 3, bytes: 1, seconds: 2, decision: 'a; b' },
  ],
])('the least %s', (_, all, expected) => {
  expect(least(all)).toEqual(expected);
});

test('only what is a statement’s own goes to its protocol', () => {
  expect(statementLimits({ rows: 1, sessions: 2 }, 'd')).toEqual({ rows: 1, decision: 'd' });
  expect(statementLimits({ sessions: 2, statements_per_minute: 3 }, 'd')).toBeUndefined();
});

test('the words name the limit, the decision and a way out', () => {
  expect(limitReached('rows', { rows: 1, decision: 'decision s.1' })).toEqual({
    code: 'SP_LIMIT_ROWS',
    message: 'The statement gives more than 1 row, which is its limit.',
    detail: 'decision s.1',
    hint: 'Ask for fewer rows, or ask the owners of the policy for a higher limit.',
  });
});
