import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { templateOf } from '../../../dialects/sql/postgres/scan.ts';

const folder = new URL('traffic/', import.meta.url);
const texts = readdirSync(folder).flatMap((file) =>
  readFileSync(new URL(file, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const sent: unknown = JSON.parse(line);
      return typeof sent === 'object' && sent !== null && 'text' in sent ? String(sent.text) : '';
    }),
);

/** Texts whose literals a mapper is most tempted to look at. */
const tempting = [
  "SELECT set_config('role', 'admin', false)",
  "SELECT set_config('search_path', 'a, b', true), 1",
  "SELECT current_setting('role')",
  "SELECT nextval('app.seq'), setval('app.seq', 5)",
  "SELECT pg_read_file('/etc/passwd', 0, 10)",
  "SELECT dblink('host=x password=secret', 'DELETE FROM t')",
  "SELECT query_to_xml('SELECT 1', true, true, '')",
  "SELECT 'pg_authid'::regclass, to_regclass('app.orders')",
  "SELECT has_table_privilege('u', 'app.orders', 'SELECT')",
  'SELECT * FROM t WHERE true LIMIT 5 OFFSET 2',
  'DELETE FROM t WHERE 1 = 1',
  'UPDATE t SET a = 1 WHERE b = 2',
  "INSERT INTO t VALUES (1, 'a', 2.5, -3)",
  "SET search_path TO 'a', 'b'",
  "SET work_mem = 100; SET x.y = 'z'",
  "ALTER ROLE r PASSWORD 'secret' VALID UNTIL '2030-01-01'",
  "CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'a', password 'b')",
  "COPY t TO PROGRAM 'sh -c x'",
  "COPY t FROM '/tmp/x' WITH (DELIMITER ',')",
  "SELECT lo_import('/etc/passwd'), lo_export(1, '/tmp/x')",
  "SELECT pg_advisory_lock(1), pg_notify('c', 'p'), pg_sleep(1.5)",
  "SELECT ts_rewrite('a & b', 'SELECT t, s FROM aliases')",
  "DO 'BEGIN DELETE FROM t; END'",
  "EXECUTE p(1, 'a')",
  "PREPARE p AS SELECT 1, 'x'",
  'EXPLAIN (ANALYZE true) DELETE FROM t WHERE a = 1',
  'FETCH 5 FROM c; MOVE 3 IN c',
  "SELECT * FROM crosstab('SELECT a, b, c FROM t') AS x(a int, b int)",
  "SELECT a FROM t WHERE b IN (1, 2, 3) OR c LIKE '%x%' ORDER BY 1 FETCH FIRST 3 ROWS ONLY",
];

/** The same text with other literals of the same classes; `round` chooses which. */
function vary(text: string, round: number): string | undefined {
  const template = templateOf(text);
  if (template === undefined || template.bounds.length === 0) return undefined;
  let varied = '';
  let copied = 0;
  for (let index = 0; index < template.bounds.length; index += 2) {
    const start = template.bounds[index] ?? 0;
    const end = template.bounds[index + 1] ?? 0;
    varied += text.slice(copied, start) + other(text.slice(start, end), round, index);
    copied = end;
  }
  return varied + text.slice(copied);
}

const strings = ["'role'", "'app.customers'", "''", "'SELECT 2'", "'it''s'", "'host=y password=other'", "'0'"];

function other(raw: string, round: number, index: number): string {
  // Some literals stay, so that fixed ones meet again.
  if ((round + index) % 3 === 0) return raw;
  if (raw.startsWith("'")) return strings[(round * 5 + index) % strings.length] ?? raw;
  if (raw.includes('.')) return `${round}.${index}1`;
  return Number(raw) <= 2_147_483_647 ? String((round * 7919 + index * 31) % 3 === 0 ? 0 : round * 7919 + index) : raw;
}

describe('the dialect with its caches says what it says without', () => {
  test.each([
    ['real traffic', texts],
    ['texts whose literals matter', tempting],
  ])('%s, literals varied', async (_, originals) => {
    const cached = await createPostgresDialect();
    const plain = await createPostgresDialect({ cacheEntries: 0 });
    for (const original of originals) {
      for (let round = 0; round < 8; round++) {
        const text = vary(original, round);
        if (text === undefined) break;
        expect(cached.parse({ text })).toEqual(plain.parse({ text }));
      }
    }
  });

  test('pgbench’s simple statements share all but text and span', async () => {
    const cached = await createPostgresDialect();
    const [, second, third] = [1, 22, 333].map((aid) =>
      cached.parse({ text: `UPDATE pgbench_accounts SET abalance = abalance + -${aid * 7} WHERE aid = ${aid};` }),
    );
    expect(third?.commands[0]?.attributes).toBe(second?.commands[0]?.attributes);
    expect(third?.commands[0]?.targets).toBe(second?.commands[0]?.targets);
  });
});
