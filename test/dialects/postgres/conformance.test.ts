import { describe, test } from 'vitest';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { testDialect } from '../../testing/index.ts';

const postgres = await createPostgresDialect();

describe('PostgreSQL is a dialect', () => {
  const cases = testDialect(postgres, {
    samples: {
      complete: [
        'SELECT 1',
        "SELECT c.name, count(*) FROM public.customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'open' GROUP BY 1",
        'WITH gone AS (DELETE FROM orders WHERE id = $1 RETURNING *) SELECT * FROM gone',
        "INSERT INTO t (a, b) VALUES (1, E'it\\'s') ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        'UPDATE t SET a = a + 1 WHERE b IS NOT NULL; DELETE FROM t WHERE a = 1',
        'CREATE TABLE "Weird ""name""" (id int PRIMARY KEY, e text DEFAULT $$a;b$$)',
        'COPY customers (id, name) TO STDOUT WITH (FORMAT csv)',
        'BEGIN; SET LOCAL statement_timeout = 1000; COMMIT',
        'EXPLAIN (ANALYZE, FORMAT json) SELECT * FROM t',
        "ALTER ROLE bob PASSWORD 'hunter2'",
        'GRANT SELECT ON ALL TABLES IN SCHEMA public TO bob',
        'SELECT \'é😀\' AS "naïve" -- Ünïcode',
        'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.id)',
        "SELECT c.relname FROM pg_catalog.pg_class c WHERE pg_catalog.pg_table_is_visible(c.oid) AND c.relname ~ '^(x)$'",
      ],
      incomplete: [
        'SELEC 1',
        "DO $$BEGIN EXECUTE format('DROP TABLE %I', 'x'); END$$",
        'SELECT nobody_knows_this_function(1)',
        'SELECT 1; SELEC 2',
        "SELECT 'never ends",
        'SELECT 1\0; DROP TABLE t',
      ],
      empty: ['', ' \n\t', ';', ';;', '-- nothing', '/* nothing /* at */ all */'],
      fingerprints: [
        ['SELECT a FROM t WHERE b = 1', 'select a from t where b = 2', 'SELECT a\nFROM t WHERE b = $1'],
        ["INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'b')"],
        ['SELECT a FROM u WHERE b = 1', 'SELECT a FROM u WHERE b = 3'],
        ['DELETE FROM t WHERE a IN (1)', 'DELETE FROM t WHERE a IN (1, 2, 3)'],
      ],
      runs: 500,
    },
    bypasses: [
      { how: 'a second statement', text: 'COMMIT; DROP SCHEMA public CASCADE', effects: ['drop'] },
      { how: 'a comment first', text: '/* SELECT */ DROP TABLE t', effects: ['drop'] },
      { how: 'DML in a CTE', text: 'WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x', effects: ['delete'] },
      { how: 'EXPLAIN ANALYZE', text: 'EXPLAIN ANALYZE DELETE FROM t', effects: ['delete'] },
      { how: 'COPY of a DELETE', text: 'COPY (DELETE FROM t RETURNING *) TO STDOUT', effects: ['delete'] },
      { how: 'COPY to a program', text: "COPY t TO PROGRAM 'sh'", effects: ['unsafe_io'] },
      { how: 'a body', text: "DO $$BEGIN EXECUTE format('DROP TABLE %I', 't'); END$$", effects: ['drop'] },
      { how: 'escapes that hide a statement', text: "SELECT E'\\''; DROP TABLE t; --'", effects: ['drop'] },
      { how: 'a volatile function', text: "SELECT pg_read_file('/etc/passwd')", effects: ['unsafe_io'] },
    ],
  });
  for (const { name, run } of cases) test(name, run);
});
