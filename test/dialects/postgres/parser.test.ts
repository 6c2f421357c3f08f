import { beforeAll, describe, expect, test } from 'vitest';
import { createPool } from '../../../dialects/sql/postgres/instance-pool.ts';
import { createParser, type PostgresParser } from '../../../dialects/sql/postgres/parser.ts';

let parser: PostgresParser;
beforeAll(async () => {
  parser = await createParser();
});

describe('parse', () => {
  test('gives the tree of every statement in a text', () => {
    const parsed = parser.parse('SELECT 1; DELETE FROM t');
    expect(parsed.ok && parsed.tree.stmts?.map((raw) => Object.keys(raw.stmt ?? {})[0])).toEqual([
      'SelectStmt',
      'DeleteStmt',
    ]);
  });

  test.each(['', '   ', ';;', '-- nothing'])('gives no statement for %j', (text) => {
    const parsed = parser.parse(text);
    expect(parsed.ok && parsed.tree.stmts).toEqual([]);
  });

  test.each([
    { text: 'SELECT 1 FRM t WHERE', code: 'syntax_error', position: 13, why: 'ASCII' },
    { text: "SELECT 'é' FRM t WHERE", code: 'syntax_error', position: 15, why: 'two bytes' },
    { text: "SELECT 'é😀' FRM t WHERE", code: 'syntax_error', position: 17, why: 'a surrogate pair' },
    { text: 'SELECT 1\0; DROP TABLE t', code: 'nul', position: 8, why: 'the parser would stop at NUL' },
    { text: "SELECT '\ud800'", code: 'encoding', position: 8, why: 'a lone surrogate has no UTF-8 form' },
    { text: "SELECT '\udc00\ud800'", code: 'encoding', position: 8, why: 'a pair the wrong way round' },
  ])('refuses $text: $why', ({ text, code, position }) => {
    expect(parser.parse(text)).toMatchObject({ ok: false, error: { code, position } });
  });

  test('keeps U+FEFF and supplementary characters of literals', () => {
    const parsed = parser.parse("SELECT '\ufeff😀é'");
    expect(JSON.stringify(parsed)).toContain('"sval":"\ufeff😀é"');
  });
});

describe('the size limit counts bytes of UTF-8', () => {
  test.each([
    { text: `SELECT '${'x'.repeat(90)}'`, ok: true },
    { text: `SELECT '${'x'.repeat(92)}'`, ok: false },
    { text: `SELECT '${'é'.repeat(45)}'`, ok: true },
    { text: `SELECT '${'é'.repeat(46)}'`, ok: false },
  ])('of 100: $text.length characters → $ok', async ({ text, ok }) => {
    const small = await createParser({ statementBytes: 100 });
    expect(small.parse(text)).toMatchObject(ok ? { ok } : { ok, error: { code: 'too_large' } });
  });
});

describe('parsePlPgSQL', () => {
  test('gives the functions of a text', () => {
    const parsed = parser.parsePlPgSQL('DO $$ BEGIN PERFORM 1; END $$');
    expect(parsed.ok && parsed.tree).toHaveLength(1);
    expect(JSON.stringify(parsed)).toContain('"query":"SELECT 1"');
  });
  test('gives none where there is no function', () => {
    expect(parser.parsePlPgSQL('SELECT 1')).toEqual({ ok: true, tree: [] });
  });
  test('refuses a body that does not parse', () => {
    expect(parser.parsePlPgSQL('DO $$ BEGIN PERFORM 1 END $$')).toMatchObject({
      ok: false,
      error: { code: 'syntax_error' },
    });
  });
});

describe('fingerprint', () => {
  const fingerprintOf = (text: string): string => {
    const parsed = parser.fingerprint(text);
    return parsed.ok ? parsed.tree : parsed.error.code;
  };
  test('is the same for texts that differ in literals only', () => {
    expect(fingerprintOf("SELECT * FROM t WHERE a = 1 AND b = 'x'")).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf("SELECT * FROM t WHERE a = 1 AND b = 'x'")).toBe(
      fingerprintOf("select *\nfrom t where a = 42 and b = ''"),
    );
    expect(fingerprintOf('SELECT a FROM t')).not.toBe(fingerprintOf('SELECT b FROM t'));
  });
  test('refuses what does not parse', () => {
    expect(fingerprintOf('SELECT 1 FRM t WHERE')).toBe('syntax_error');
  });
});

describe('hostile texts', () => {
  const chain = (term: string, count: number): string => `SELECT ${term.repeat(count)}1`;
  const nested = (open: string, close: string, count: number): string =>
    `SELECT ${open.repeat(count)}1${close.repeat(count)}`;
  const hostile = [
    chain('1+', 100_000),
    chain('a||', 80_000),
    chain('1+', 12_000),
    `SELECT 1${'::int'.repeat(20_000)}`,
    `SELECT 1${' UNION SELECT 1'.repeat(10_000)}`,
    nested('(', ')', 100_000),
    nested('(SELECT ', ')', 20_000),
    nested('CASE WHEN true THEN ', ' END', 5_000),
    chain('NOT ', 20_000),
    chain('- ', 20_000),
  ];

  test('200 of them in one turn of the event loop: refused, memory bounded, the parse after each is right', async () => {
    const target = await createParser({ statementBytes: 1_048_576 });
    const good = 'SELECT a, count(*) FROM t WHERE b = $1 GROUP BY a';
    const expected = target.parse(good);
    expect(expected.ok).toBe(true);
    for (let index = 0; index < 200; index++) {
      const text = hostile[index % hostile.length] ?? '';
      expect(target.parse(text)).toMatchObject({ ok: false, error: { code: 'too_deep' } });
      expect(target.fingerprint(text)).toMatchObject({ ok: false, error: { code: 'too_deep' } });
      expect(target.parse(good)).toEqual(expected);
    }
    // What WASM memory starts with: nothing of the failures is left in it. Not one instance was lost.
    expect(target.stats()).toEqual({ memoryBytes: 134_217_728, discarded: 0, spare: true });
  });

  test.each([
    ['a long list', `SELECT * FROM t WHERE a IN (${'1, '.repeat(30_000)}1)`],
    [
      'rows',
      `INSERT INTO t VALUES ${"(1, -2, 'a'::text, now() + interval '1 day'), ".repeat(4_000)}(1, 2, 'b', now())`,
    ],
    ['conditions', `SELECT * FROM t WHERE ${'(a = 1 AND b::int > -2) OR '.repeat(6_000)} c`],
    ['statements', 'UPDATE t SET a = a + 1 WHERE b = 2; '.repeat(5_000)],
    ['a text', `SELECT '${'1+('.repeat(50_000)}'`],
    ['a function', `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ ${'1+('.repeat(50_000)} $x$`],
    ['a comment', `/* ${"1 + don't ".repeat(5_000)} */ SELECT 1`],
    ['columns', `CREATE TABLE t (${Array.from({ length: 1_500 }, (_, n) => `c${n} int NOT NULL DEFAULT -1`).join()})`],
  ])('%s is wide, not deep', (_, text) => {
    expect(parser.parse(text).ok).toBe(true);
  });

  test.each([
    ['columns named like clauses', `SELECT ${'a.and + '.repeat(20_000)}1`],
    ['columns named like keywords', `SELECT ${'set + '.repeat(20_000)}1`],
    ['CASE between', `SELECT ${'CASE WHEN a THEN 1 END + '.repeat(10_000)}1`],
    ['casts of strings', `SELECT 'a'${'::text COLLATE "C"'.repeat(8_000)}`],
    ['joins', `SELECT 1 FROM a ${'JOIN b ON c = d '.repeat(10_000)}`],
    ['set operations with clauses', `SELECT 1${' UNION SELECT a FROM b WHERE c'.repeat(6_000)}`],
    ['calls', `SELECT ${'f('.repeat(20_000)}1${')'.repeat(20_000)}`],
  ])('%s do not hide a chain', (_, text) => {
    expect(parser.parse(text)).toMatchObject({ ok: false, error: { code: 'too_deep' } });
    expect(parser.stats().discarded).toBe(0);
  });
});

describe('texts that would keep the lexer busy for seconds', () => {
  // Unguarded, each of these takes between 10 seconds and a minute.
  test.each(['/*', '*/', '+', '+-', '+/*', '-/*'])('a run of %j is refused', (part) => {
    for (const before of ['', 'SELECT 1', '/* ', "SELECT E'\\'' ", 'DO $$']) {
      const text = before + part.repeat(200_000 / part.length);
      expect(parser.parse(text)).toMatchObject({ ok: false, error: { code: 'too_large' } });
      expect(parser.parsePlPgSQL(text)).toMatchObject({ ok: false, error: { code: 'too_large' } });
      expect(parser.fingerprint(text)).toMatchObject({ ok: false, error: { code: 'too_large' } });
    }
  });
  test.each([
    ['with escapes', `DO E'${'\\057\\052'.repeat(25_000)}'`],
    ['in pieces', `DO '${"/*/*/*/*/*/*/*/*/*/*/*/*/*/*'\n'".repeat(6_000)}'`],
  ])('a body that spells one %s is refused', (_, text) => {
    expect(parser.parse(text).ok).toBe(true);
    expect(parser.parsePlPgSQL(text)).toMatchObject({ ok: false, error: { code: 'too_large' } });
  });
  test.each([
    ['banners', `/${'*'.repeat(100)}/ SELECT 1; `.repeat(1_000)],
    ['rules', `-- ${'='.repeat(150)}\nSELECT 1;\n`.repeat(500)],
    ['a drawing', `SELECT '${'='.repeat(5_000)}'`],
  ])('%s are not', (_, text) => {
    expect(parser.parse(text).ok).toBe(true);
  });
});

describe('the pool of instances', () => {
  test('one that failed is given up: the spare serves, and after that nobody until another is made', async () => {
    const pool = await createPool();
    const first = pool.current();
    pool.discard();
    const second = pool.current();
    expect(second).toBeDefined();
    expect(second).not.toBe(first);
    pool.discard();
    expect(pool.current()).toBeUndefined();
    expect(pool.stats()).toEqual({ memoryBytes: 0, discarded: 2, spare: false });
    await expect.poll(() => pool.stats().spare).toBe(true);
    expect(pool.current()).toBeDefined();
  });
});
