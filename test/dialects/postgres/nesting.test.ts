import { describe, expect, test } from 'vitest';
import { nestingBound } from '../../../dialects/sql/postgres/nesting.ts';

describe('nestingBound', () => {
  test.each([
    ['', 0],
    ['SELECT a', 2],
    ['SELECT a, b, c', 2],
    ['SELECT a + a + a', 6],
    ['SELECT a AND a AND a', 2],
    ["SELECT 'a + a + a' -- a + a\n/* a + a */", 1],
    ['SELECT $x$ a + a + a $x$', 1],
    ['SELECT (((a)))', 5],
    ['SELECT a; SELECT a; SELECT a', 2],
    ['SELECT a UNION SELECT a UNION SELECT a', 8],
    ["SELECT 'open", 2],
    ['SELECT /* open', 1],
    [')))]', 0],
  ])('%j: %i', (text, bound) => {
    expect(nestingBound(text)).toBe(bound);
  });

  // Quadratic time would take minutes.
  test.each(['/* ', "' ", '" ', '$a$ ', '$', '(', ')', '-- ', 'case ', "'' "])('takes linear time for %j', (part) => {
    expect(nestingBound(part.repeat(100_000))).toBeGreaterThanOrEqual(0);
  });
});
