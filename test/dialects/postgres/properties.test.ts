import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import type { Command, Effect } from '../../../engine/contract.ts';
import { commandOf, dialect } from './support/commands.ts';

const cached = await createPostgresDialect({ cacheEntries: 64 });

/** Expressions that hold another expression; each must let the inner one be seen. */
const around: readonly ((inner: string) => string)[] = [
  (e) => `(${e})`,
  (e) => `lower((${e})::text)`,
  (e) => `CASE WHEN (${e}) IS NULL THEN 1 ELSE 2 END`,
  (e) => `CASE 1 WHEN 2 THEN 3 ELSE (${e}) END`,
  (e) => `COALESCE(NULL, (${e}))`,
  (e) => `(SELECT ${e})`,
  (e) => `ARRAY[${e}]`,
  (e) => `ARRAY(SELECT ${e})`,
  (e) => `(ARRAY[1])[(${e})]`,
  (e) => `EXISTS (SELECT 1 WHERE (${e}) IS NOT NULL)`,
  (e) => `1 IN (2, (${e}))`,
  (e) => `1 = ANY (SELECT ${e})`,
  (e) => `(SELECT x FROM (SELECT ${e} AS x) s)`,
  (e) => `(WITH w AS (SELECT ${e} AS x) SELECT x FROM w)`,
  (e) => `(SELECT max(1) FILTER (WHERE (${e}) IS NULL))`,
  (e) => `(SELECT count(*) OVER (ORDER BY ${e}))`,
  (e) => `(SELECT 1 LIMIT (${e}))`,
  (e) => `(SELECT 1 OFFSET (${e}))`,
  (e) => `(SELECT 1 GROUP BY (${e}))`,
  (e) => `(SELECT 1 HAVING (${e}) IS NULL)`,
  (e) => `(SELECT 1 ORDER BY (${e}))`,
  (e) => `(SELECT 1 FROM generate_series(1, (${e})) g)`,
  (e) => `(SELECT 1 UNION SELECT ${e})`,
  (e) => `(VALUES (${e}))`,
  (e) => `JSON_OBJECT('a': (${e}))`,
  (e) => `XMLELEMENT(NAME a, (${e}))`,
  (e) => `ROW(${e}, 1)`,
  (e) => `NULLIF(1, (${e}))`,
  (e) => `GREATEST(1, (${e}))`,
  (e) => `((${e}) BETWEEN 1 AND 2)`,
  (e) => `(1 IS DISTINCT FROM (${e}))`,
  (e) => `((${e})::text COLLATE "C")`,
  (e) => `string_agg('a', 'b' ORDER BY (${e}))`,
];

/** Statements that hold an expression, run or stored. */
const statements: readonly ((inner: string) => string)[] = [
  (e) => `SELECT ${e}`,
  (e) => `SELECT 1 FROM a JOIN b ON (${e}) IS NULL`,
  (e) => `INSERT INTO t VALUES (${e})`,
  (e) => `INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = ${e}`,
  (e) => `INSERT INTO t (a) VALUES (1) RETURNING ${e}`,
  (e) => `UPDATE t SET a = ${e}`,
  (e) => `UPDATE t SET a = 1 WHERE (${e}) IS NULL`,
  (e) => `DELETE FROM t WHERE (${e}) IS NULL`,
  (e) => `DELETE FROM t USING (SELECT ${e}) s`,
  (e) => `MERGE INTO t USING s ON (${e}) IS NULL WHEN MATCHED THEN DO NOTHING`,
  (e) => `MERGE INTO t USING s ON true WHEN MATCHED AND (${e}) IS NULL THEN UPDATE SET a = 1`,
  (e) => `COPY (SELECT ${e}) TO STDOUT`,
  (e) => `COPY t FROM STDIN WHERE (${e}) IS NULL`,
  (e) => `EXPLAIN ANALYZE SELECT ${e}`,
  (e) => `PREPARE p AS SELECT ${e}`,
  (e) => `DECLARE c CURSOR FOR SELECT ${e}`,
  (e) => `CREATE TABLE n AS SELECT ${e}`,
  (e) => `CREATE VIEW v AS SELECT ${e}`,
  (e) => `CREATE MATERIALIZED VIEW v AS SELECT ${e}`,
  (e) => `CREATE TABLE t (a int DEFAULT (${e}))`,
  (e) => `CREATE TABLE t (a int CHECK ((${e}) IS NULL))`,
  (e) => `CREATE INDEX ON t ((${e}))`,
  (e) => `CREATE INDEX ON t (a) WHERE (${e}) IS NULL`,
  (e) => `CREATE POLICY p ON t USING ((${e}) IS NULL)`,
  (e) => `CREATE POLICY p ON t WITH CHECK ((${e}) IS NULL)`,
  (e) => `CREATE RULE r AS ON DELETE TO t WHERE (${e}) IS NULL DO INSTEAD NOTHING`,
  (e) => `CREATE RULE r AS ON DELETE TO t DO INSTEAD SELECT ${e}`,
  (e) => `CREATE TRIGGER x AFTER INSERT ON t WHEN ((${e}) IS NULL) EXECUTE FUNCTION f()`,
  (e) => `CREATE DOMAIN d AS int CHECK ((${e}) IS NULL)`,
  (e) => `CREATE STATISTICS s ON a, (${e}) FROM t`,
  (e) => `CREATE FUNCTION f(a int DEFAULT (${e})) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  (e) => `CREATE PUBLICATION p FOR TABLE t WHERE ((${e}) IS NULL)`,
  (e) => `ALTER TABLE t ADD COLUMN a int DEFAULT (${e})`,
  (e) => `ALTER TABLE t ALTER a TYPE int USING (${e})`,
  (e) => `ALTER TABLE t ALTER a SET DEFAULT (${e})`,
  (e) => `ALTER TABLE t ADD CHECK ((${e}) IS NULL)`,
  (e) => `ALTER DOMAIN d SET DEFAULT (${e})`,
  (e) => `ALTER POLICY p ON t USING ((${e}) IS NULL)`,
  (e) => `DO $body$ BEGIN PERFORM ${e}; END $body$`,
  (e) => `DO $body$ DECLARE x int := ${e}; BEGIN NULL; END $body$`,
  (e) => `DO $body$ BEGIN IF (${e}) IS NULL THEN NULL; END IF; END $body$`,
];

const cores: readonly { sql: string; seen: (command: Command) => boolean }[] = [
  { sql: "pg_read_file('x')", seen: hasEffect('unsafe_io') },
  { sql: 'pg_terminate_backend(1)', seen: hasEffect('admin') },
  { sql: 'no_such_function(1)', seen: ({ reasons }) => reasons.includes('unknown_function') },
  { sql: '(1 <=#=> 2)', seen: ({ reasons }) => reasons.includes('unknown_operator') },
  {
    sql: '(SELECT secret FROM vault)',
    seen: ({ targets }) => targets.some(({ path }) => path.join('.') === 'vault.secret'),
  },
];

function hasEffect(effect: Effect): (command: Command) => boolean {
  return ({ effects }) => effects.includes(effect);
}

describe('what is inside is seen outside', () => {
  it.each(statements.map((make) => [make('…'), make] as const))('%s', (_, make) => {
    fc.assert(
      fc.property(fc.constantFrom(...cores), fc.array(fc.constantFrom(...around), { maxLength: 5 }), (core, layers) => {
        const sql = make(layers.reduce((inner, layer) => layer(inner), core.sql));
        const command = commandOf(sql);
        expect(command.reasons, sql).not.toContain('syntax_error');
        expect(core.seen(command), sql).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it.each(around.map((layer) => [layer('…'), layer] as const))('%s', (_, layer) => {
    for (const core of cores) expect(core.seen(commandOf(`SELECT ${layer(core.sql)}`))).toBe(true);
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    ...`SELECT INSERT INTO UPDATE DELETE FROM WHERE t a b ( ) , ; ' " $$ E' U&' -- /* */ \\ \n 1 $1 * . = || :: AS WITH SET ROLE
    VALUES DROP TABLE COPY TO STDOUT DO BEGIN END RETURNING EXPLAIN ANALYZE é 😀`.split(/ +/),
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 30 }).map((parts) => parts.join(' ')),
    fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
  );

  it('gives commands whose texts, spans and secrets fit, and says when it does not know', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { complete, commands, diagnostics } = dialect.parse({ text });
        let end = 0;
        for (const command of commands) {
          expect(text.slice(command.span.start, command.span.end)).toBe(command.text);
          expect(command.span.start).toBeGreaterThanOrEqual(end);
          end = command.span.end;
          expect(command.complete).toBe(command.reasons.length === 0);
          for (const secret of command.secrets) {
            expect(secret.start).toBeLessThanOrEqual(secret.end);
            expect(secret.end).toBeLessThanOrEqual(command.text.length);
          }
        }
        expect(complete).toBe(commands.every((command) => command.complete));
        if (!complete)
          expect(diagnostics.length + commands.flatMap(({ reasons }) => reasons).length).toBeGreaterThan(0);
      }),
      { numRuns: 1_500 },
    );
  });

  it('is judged the same from the cache', () => {
    const literals = fc.constantFrom('1', '2', "'a'", "'b'", '1.5', '-3');
    const shapes = fc.constantFrom(
      (x: string, y: string) => `SELECT a FROM t WHERE b = ${x} LIMIT ${y}`,
      (x: string, y: string) => `UPDATE t SET a = ${x} WHERE ${y} = ${y}`,
      (x: string, y: string) => `DELETE FROM t WHERE ${x} = ${y}`,
      (x: string, y: string) => `SELECT set_config(${x}, ${y}, false), nextval(${y})`,
      (x: string, y: string) => `SELECT pgp_sym_encrypt(${x}, ${y})`,
      (x: string, y: string) => `SELECT query_to_xml(${x}, true, true, ${y})`,
      (x: string, y: string) => `PREPARE p AS SELECT ${x}; INSERT INTO t VALUES (${y})`,
    );
    fc.assert(
      fc.property(shapes, literals, literals, (shape, left, right) => {
        const text = shape(left, right);
        expect(cached.parse({ text })).toEqual(dialect.parse({ text }));
      }),
      { numRuns: 600 },
    );
  });
});
