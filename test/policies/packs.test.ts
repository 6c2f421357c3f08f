import { describe, expect, test } from 'vitest';
import { createJudge, packs } from './support/judge.ts';

const judge = await createJudge([...packs, `${import.meta.dirname}/support/work`]);

describe('the six packs together, in production', () => {
  // Statement, and what becomes of it for an agent, a person and a database administrator.
  test.each<[string, string, string, string]>([
    // Everyday
    ['SELECT id, total FROM orders WHERE id = 1', 'allow', 'allow', 'allow'],
    ['SELECT count(*) FROM orders', 'allow', 'allow', 'allow'],
    ['SELECT * FROM orders LIMIT 10', 'allow', 'allow', 'allow'],
    ['BEGIN', 'allow', 'allow', 'allow'],
    ["SET application_name = 'psql'", 'allow', 'allow', 'allow'],
    ['DECLARE c CURSOR FOR SELECT id FROM orders', 'allow', 'allow', 'allow'],
    ['PREPARE p AS SELECT id FROM orders', 'allow', 'allow', 'allow'],
    ['SHOW server_version', 'allow', 'allow', 'allow'],
    ['EXPLAIN SELECT id FROM orders', 'allow', 'allow', 'allow'],
    ['INSERT INTO orders (total) VALUES (1)', 'SP-AR-001', 'allow', 'allow'],
    ['UPDATE orders SET total = 2 WHERE id = 1', 'SP-AR-001', 'allow', 'allow'],
    ['DELETE FROM orders WHERE id = 1', 'SP-AR-001', 'allow', 'allow'],
    // Hidden verbs
    ['/* harmless */ DROP TABLE orders', 'SP-AR-001 SP-DS-001 SP-DS-002', 'SP-DS-001', 'review'],
    ['SELECT 1; DROP TABLE orders', 'SP-AR-001 SP-DS-001 SP-DS-002', 'SP-DS-001', 'review'],
    [
      'COMMIT; DROP SCHEMA public CASCADE',
      'SP-AR-001 SP-DS-001 SP-DS-002 SP-DS-004 SP-DS-005',
      'SP-DS-001 SP-DS-004 SP-DS-005',
      'SP-DS-004 SP-DS-005',
    ],
    ['TRUNCATE orders', 'SP-AR-001 SP-DS-001 SP-DS-002', 'SP-DS-001', 'review'],
    ['WITH g AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM g', 'SP-AR-001', 'allow', 'allow'],
    ['SELECT a INTO copy FROM orders', 'SP-AR-001', 'review', 'review'],
    ['SELECT id FROM orders FOR UPDATE', 'SP-AR-005', 'allow', 'allow'],
    // Every row
    ['DELETE FROM orders', 'SP-AR-001 SP-DS-003', 'SP-DS-003', 'SP-DS-003'],
    ['UPDATE orders SET total = 0 WHERE true', 'SP-AR-001 SP-DS-003', 'SP-DS-003', 'SP-DS-003'],
    ['EXPLAIN ANALYZE DELETE FROM orders', 'SP-AR-001 SP-DS-003', 'SP-DS-003', 'SP-DS-003'],
    [
      'MERGE INTO orders o USING gone g ON true WHEN MATCHED THEN DELETE',
      'SP-AR-001 SP-DS-003',
      'SP-DS-003',
      'SP-DS-003',
    ],
    ['MERGE INTO orders o USING gone g ON g.id = o.id WHEN MATCHED THEN DELETE', 'SP-AR-001', 'allow', 'allow'],
    [
      'WITH g AS (DELETE FROM orders RETURNING id) SELECT id FROM g WHERE id = 1',
      'SP-AR-001 SP-DS-003',
      'SP-DS-003',
      'SP-DS-003',
    ],
    // Bulk
    ['SELECT * FROM orders', 'SP-AR-006', 'allow', 'allow'],
    ['SELECT * FROM pg_catalog.pg_class', 'allow', 'allow', 'allow'],
    ['SELECT a.id FROM orders a, orders b', 'SP-AR-007', 'allow', 'allow'],
    ['COPY orders TO STDOUT', 'SP-AR-006 SP-EX-005', 'allow', 'allow'],
    ['COPY orders FROM STDIN', 'SP-AR-001', 'review', 'review'],
    // Out of the database
    ["COPY orders TO '/tmp/x'", 'SP-AR-006 SP-EX-001 SP-EX-005', 'SP-EX-001', 'SP-EX-001'],
    [
      "COPY orders FROM PROGRAM 'curl x'",
      'SP-AR-001 SP-EX-001 SP-EX-002',
      'SP-EX-001 SP-EX-002',
      'SP-EX-001 SP-EX-002',
    ],
    ["SELECT pg_read_file('/etc/passwd')", 'SP-EX-001 SP-EX-003', 'SP-EX-001 SP-EX-003', 'SP-EX-001 SP-EX-003'],
    ['SELECT lo_create(0)', 'SP-AR-001 SP-EX-004', 'SP-EX-004', 'SP-EX-004'],
    // Identity, rights, the server
    ['SET ROLE postgres', 'SP-AR-004 SP-PE-004', 'SP-PE-004', 'review'],
    ['RESET ALL', 'allow', 'allow', 'allow'],
    ['DISCARD ALL', 'allow', 'allow', 'allow'],
    ['GRANT ALL ON orders TO bob', 'SP-AR-001 SP-PE-001', 'SP-PE-001', 'review'],
    ['CREATE ROLE bob SUPERUSER', 'SP-AR-001 SP-PE-001 SP-PE-002', 'SP-PE-001 SP-PE-002', 'SP-PE-002'],
    ['SET row_security = off', 'SP-AR-010 SP-PE-005', 'SP-PE-005', 'review'],
    ["ALTER SYSTEM SET work_mem = '1GB'", 'SP-AR-001 SP-AR-010 SP-PE-006', 'SP-PE-006', 'SP-PE-006'],
    ['SELECT pg_terminate_backend(1)', 'SP-AR-010 SP-PE-007', 'SP-PE-007', 'review'],
    ['SELECT rolpassword FROM pg_authid', 'SP-PE-008', 'SP-PE-008', 'allow'],
    ['SELECT most_common_vals FROM pg_stats', 'SP-EX-006', 'SP-EX-006', 'allow'],
    [
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
      'SP-AR-001 SP-AR-002 SP-PE-001 SP-PE-009',
      'SP-PE-001 SP-PE-009',
      'review',
    ],
    // Nobody vouches
    ['SELECT no_such_function(1)', 'SP-AR-003', 'review', 'review'],
    ["DO $$BEGIN EXECUTE 'DROP TABLE ' || 'x'; END$$", 'SP-AR-002 SP-AR-003', 'review', 'review'],
    ['SELEC 1', 'SP-AR-003', 'review', 'review'],
  ])('%s', (text, agent, person, dba) => {
    const found = (['agent', 'person', 'dba'] as const).map((who) => judge.verdict(who, 'production', text));
    expect(found).toEqual([agent, person, dba]);
  });

  test.each<[string, string, string]>([
    ['ALTER TABLE orders ADD COLUMN note text', 'review', 'allow'],
    ['CREATE INDEX ON orders (total)', 'review', 'allow'],
    ['CREATE TEMP TABLE t AS SELECT id FROM orders', 'allow', 'allow'],
    ['DROP TABLE orders', 'SP-DS-001', 'allow'],
    ['DELETE FROM orders', 'SP-DS-003', 'SP-DS-003'],
    ['COPY orders FROM STDIN', 'review', 'allow'],
  ])('%s is %s for a job in production, and %s in staging', (text, production, staging) => {
    expect(judge.verdict('job', 'production', text)).toBe(production);
    expect(judge.verdict('job', 'staging', text)).toBe(staging);
  });
});
