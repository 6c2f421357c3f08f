import { beforeAll, describe, expect, test } from 'vitest';
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
  const ready = (target: PostgresParser): Promise<unknown> =>
    expect.poll(() => target.stats().spare, { interval: 1 }).toBe(true);
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

  test('200 of them: refused, memory bounded, and the parse after each is right', async () => {
    const target = await createParser({ statementBytes: 1_048_576 });
    const good = 'SELECT a, count(*) FROM t WHERE b = $1 GROUP BY a';
    const expected = target.parse(good);
    const expectedPrint = target.fingerprint(good);
    expect(expected.ok).toBe(true);
    for (let index = 0; index < 200; index++) {
      const parsed = target.parse(hostile[index % hostile.length] ?? '');
      // How much stack a term takes depends on how far V8 has optimized the parser: some of these may pass.
      if (!parsed.ok) expect(parsed.error.code).toBe('too_deep');
      expect(target.parse(good)).toEqual(expected);
      await ready(target);
    }
    expect(target.fingerprint(good)).toEqual(expectedPrint);
    expect(target.stats().discarded).toBeGreaterThan(50);
    // What WASM memory starts with: nothing of 200 failures is left in it.
    expect(target.stats().memoryBytes).toBe(134_217_728);
  });

  test('more at once than there are spares: refused until one is ready', async () => {
    const target = await createParser({ statementBytes: 1_048_576 });
    const text = chain('1+', 100_000);
    expect(target.parse(text)).toMatchObject({ ok: false, error: { code: 'too_deep' } });
    expect(target.parse(text)).toMatchObject({ ok: false, error: { code: 'too_deep' } });
    expect(target.parse('SELECT 1')).toMatchObject({ ok: false, error: { code: 'parser_failure' } });
    await ready(target);
    expect(target.parse('SELECT 1').ok).toBe(true);
  });

  test('too little JavaScript stack left is refused, not fatal', async () => {
    const target = await createParser();
    let refused = 0;
    const recurse = (): void => {
      try {
        recurse();
      } finally {
        // Unwinding: the first calls find next to no stack.
        if (refused < 5 && !target.parse('SELECT 1').ok) refused++;
      }
    };
    expect(recurse).toThrow(RangeError);
    await ready(target);
    expect(target.parse('SELECT 1').ok).toBe(true);
  });
});
