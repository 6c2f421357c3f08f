import { describe, expect, test } from 'vitest';
import { literalSpans, templateOf } from '../../../dialects/sql/postgres/scan.ts';

const literalsOf = (text: string): string[] | undefined => {
  const template = templateOf(text);
  if (template === undefined) return undefined;
  const { bounds } = template;
  return bounds.flatMap((bound, index) => (index % 2 === 0 ? [text.slice(bound, bounds[index + 1])] : []));
};

describe('templateOf takes out plain literals', () => {
  test.each([
    ['SELECT 1', ['1']],
    ["SELECT 'a', 2.5, 'it''s'", ["'a'", '2.5', "'it''s'"]],
    ['UPDATE t SET a1 = a1 + -10 WHERE "b 2" = 3', ['10', '3']],
    ["SELECT ''", ["''"]],
    ["SELECT 'a'\n'b'", ["'a'", "'b'"]],
    ['SELECT a FROM t', []],
    ['SELECT "it\'s 1"', []],
    ['SELECT a-1/2', ['1', '2']],
    ["SELECT '-- /* $$'", ["'-- /* $$'"]],
  ])('%j', (text, literals) => {
    expect(literalsOf(text)).toEqual(literals);
  });
});

describe('one key for texts that differ in literals of the same class only', () => {
  test.each([
    ['SELECT 1', 'SELECT 2147483647', true],
    ['SELECT 1', 'SELECT 2147483648', false],
    ['SELECT 1', 'SELECT 0000000001', true],
    ['SELECT 2147483648', 'SELECT 1.5', true],
    ['SELECT 1', 'SELECT 1.5', false],
    ['SELECT 1', "SELECT '1'", false],
    ["SELECT 'a'", "SELECT 'it''s long'", true],
    ['SELECT 1', 'SELECT  1', false],
    ["SELECT 'a' 'b'", "SELECT 'a'\n'b'", false],
  ])('%j and %j: %s', (left, right, same) => {
    expect(templateOf(left)?.key).toBeDefined();
    expect(templateOf(left)?.key === templateOf(right)?.key).toBe(same);
  });
});

describe('no template where reading the text takes more than the scanner knows', () => {
  test.each([
    'SELECT 1 -- comment',
    'SELECT /* comment */ 1',
    'SELECT $$a$$',
    'SELECT $a$x$a$',
    'SELECT $1',
    "SELECT E'a'",
    "SELECT e'a\\''",
    "SELECT B'01'",
    "SELECT X'1F'",
    "SELECT N'a'",
    "SELECT U&'a'",
    'SELECT U&"a"',
    "SELECT 'a\\b'",
    "SELECT 'é'",
    'SELECT é',
    'SELECT 1_000',
    'SELECT 0x1F',
    'SELECT 0b1',
    'SELECT 1e5',
    'SELECT 1.',
    'SELECT .5',
    'SELECT 1.5.2',
    'SELECT 1a',
    'SELECT a$1',
    "SELECT 1'a'",
    "SELECT 'unterminated",
    'SELECT "unterminated',
    'SELECT \\x',
    'SELECT 1\0',
    'SELECT \u0001',
    'SELECT a.1',
    'SELECT 1..2',
  ])('%j', (text) => {
    expect(templateOf(text)).toBeUndefined();
  });
});

describe('literalSpans finds everything that may be a literal', () => {
  test.each([
    ["SELEC 'a' FROM 12", ["'a'", '12']],
    ["x 'a''b' y", ["'a''b'"]],
    ["x 'a\\' y", ["'a\\' y"]],
    ["x 'open", ["'open"]],
    ['x $$a$$ y $t$b$t$', ['$$a$$', '$t$b$t$']],
    ['x $t$ open', ['$t$ open']],
    ['x = $1 AND y', []],
    ['x -- secret\ny', ['-- secret']],
    ['x /* secret */ y', ['/* secret */ y']],
    ['x 0xDEAD 1.5e3 t1', ['0xDEAD', '1.5e3']],
  ])('%j', (text, literals) => {
    expect(literalSpans(text).map(({ start, end }) => text.slice(start, end))).toEqual(literals);
  });
});
