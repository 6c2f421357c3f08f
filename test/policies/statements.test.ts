import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inputContext, inputsOf, createInputCheck, type InputContext } from '../../cli/eval/inputs.ts';
import { createPostgresDialect } from '../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Decision } from '../../engine/contract.ts';
import type { Engine } from '../../engine/engine.ts';
import { loadEngine } from '../../engine/load.ts';
import { packageRoot } from '../../engine/package-root.ts';

const postgres = await createPostgresDialect();
const check = createInputCheck([postgres]);
const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

const subjects = {
  agent: { id: 'bot', kind: 'agent' },
  person: { id: 'ada', kind: 'human' },
  dba: { id: 'eve', kind: 'human', groups: ['dba'] },
};

function contextOf(who: keyof typeof subjects, environment: string): InputContext {
  return check(
    inputContext({
      dialect: 'postgres',
      subject: subjects[who],
      resource: { environment },
      now: '2025-01-01T00:00:00Z',
    }),
  );
}

/** `allow`, `review`, or the ids of the rules that deny; of several commands, all that is not allowed. */
function verdict(engine: Engine, context: InputContext, text: string): string {
  const parsed = postgres.parse({ text });
  const decisions = inputsOf(context, parsed).map((input) => engine.evaluate(check(input)));
  const refused = decisions.filter(({ effect }) => effect !== 'allow');
  if (refused.length === 0) return 'allow';
  return [...new Set(refused.flatMap(rulesOf))].sort().join(' ');
}

function rulesOf({ effect, reasons }: Decision): string[] {
  return effect === 'review' ? ['review'] : reasons.map(({ rule }) => rule);
}

function load(folder: string): Promise<Engine> {
  return loadEngine(`${packageRoot()}/${folder}`, { compiler, dialects: [postgres] });
}

describe('the pack postgres-guardrails, in production', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load('policies/packs/postgres-guardrails');
  });

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
    ['INSERT INTO orders (total) VALUES (1)', 'SP-PG-001', 'allow', 'allow'],
    ['UPDATE orders SET total = 2 WHERE id = 1', 'SP-PG-001', 'allow', 'allow'],
    ['DELETE FROM orders WHERE id = 1', 'SP-PG-001', 'allow', 'allow'],
    // Hidden verbs
    ['/* harmless */ DROP TABLE orders', 'SP-PG-001 SP-PG-014', 'SP-PG-014', 'review'],
    ['SELECT 1; DROP TABLE orders', 'SP-PG-001 SP-PG-014', 'SP-PG-014', 'review'],
    ['COMMIT; DROP SCHEMA public CASCADE', 'SP-PG-001 SP-PG-014', 'SP-PG-014', 'review'],
    ['TRUNCATE orders', 'SP-PG-001 SP-PG-014', 'SP-PG-014', 'allow'],
    ['WITH g AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM g', 'SP-PG-001', 'allow', 'allow'],
    ['SELECT a INTO copy FROM orders', 'SP-PG-001', 'review', 'review'],
    ['SELECT id FROM orders FOR UPDATE', 'SP-PG-001', 'allow', 'allow'],
    // Every row
    ['DELETE FROM orders', 'SP-PG-001 SP-PG-015', 'SP-PG-015', 'SP-PG-015'],
    ['UPDATE orders SET total = 0 WHERE true', 'SP-PG-001 SP-PG-015', 'SP-PG-015', 'SP-PG-015'],
    ['EXPLAIN ANALYZE DELETE FROM orders', 'SP-PG-001 SP-PG-015', 'SP-PG-015', 'SP-PG-015'],
    [
      'WITH g AS (DELETE FROM orders RETURNING id) SELECT id FROM g WHERE id = 1',
      'SP-PG-001 SP-PG-015',
      'SP-PG-015',
      'SP-PG-015',
    ],
    // Bulk
    ['SELECT * FROM orders', 'SP-PG-006', 'allow', 'allow'],
    ['SELECT * FROM pg_catalog.pg_class', 'allow', 'allow', 'allow'],
    ['SELECT a.id FROM orders a, orders b', 'SP-PG-007', 'allow', 'allow'],
    ['COPY orders TO STDOUT', 'SP-PG-005', 'allow', 'allow'],
    ['COPY orders FROM STDIN', 'SP-PG-001', 'allow', 'allow'],
    // Out of the database
    ["COPY orders TO '/tmp/x'", 'SP-PG-005 SP-PG-010', 'SP-PG-010', 'SP-PG-010'],
    [
      "COPY orders FROM PROGRAM 'curl x'",
      'SP-PG-001 SP-PG-010 SP-PG-011',
      'SP-PG-010 SP-PG-011',
      'SP-PG-010 SP-PG-011',
    ],
    ["SELECT pg_read_file('/etc/passwd')", 'SP-PG-010 SP-PG-012', 'SP-PG-010 SP-PG-012', 'SP-PG-010 SP-PG-012'],
    // Identity, rights, the server
    ['SET ROLE postgres', 'SP-PG-004', 'sallyport.no_allow', 'allow'],
    ['RESET ALL', 'SP-PG-004', 'allow', 'allow'],
    ['GRANT ALL ON orders TO bob', 'SP-PG-016', 'SP-PG-016', 'allow'],
    ['CREATE ROLE bob SUPERUSER', 'SP-PG-001 SP-PG-016 SP-PG-017', 'SP-PG-016 SP-PG-017', 'SP-PG-017'],
    ['SET row_security = off', 'SP-PG-018', 'SP-PG-018', 'allow'],
    ['SELECT pg_terminate_backend(1)', 'SP-PG-020', 'SP-PG-020', 'allow'],
    ['SELECT rolpassword FROM pg_authid', 'SP-PG-021', 'SP-PG-021', 'allow'],
    ['SELECT most_common_vals FROM pg_stats', 'SP-PG-021', 'SP-PG-021', 'allow'],
    // Nobody vouches
    ['SELECT no_such_function(1)', 'SP-PG-003', 'review', 'review'],
    ["DO $$BEGIN EXECUTE 'DROP TABLE ' || 'x'; END$$", 'SP-PG-002 SP-PG-003', 'review', 'review'],
    ['SELEC 1', 'SP-PG-003', 'review', 'review'],
  ])('%s', (text, agent, person, dba) => {
    const found = (['agent', 'person', 'dba'] as const).map((who) =>
      verdict(engine, contextOf(who, 'production'), text),
    );
    expect(found).toEqual([agent, person, dba]);
  });

  test('schema changes are free outside of production', () => {
    const text = 'ALTER TABLE orders ADD COLUMN note text';
    expect(verdict(engine, contextOf('person', 'production'), text)).toBe('review');
    expect(verdict(engine, contextOf('person', 'staging'), text)).toBe('allow');
  });
});

describe('the quickstart’s policies', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load('examples/quickstart/policies');
  });

  // Every way to a card number that the text shows is denied to an agent, and nothing else.
  test.each<[string, string]>([
    ['SELECT name, city FROM customers', 'allow'],
    ['SELECT count(*) FROM customers', 'allow'],
    ['SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id', 'allow'],
    ['SELECT * FROM products', 'allow'],
    ['SELECT card_number FROM customers', 'SHOP-002'],
    ['SELECT upper(card_number) FROM public.customers', 'SHOP-002'],
    ['SELECT name AS card FROM customers WHERE card_number LIKE $1', 'SHOP-002'],
    ['SELECT name FROM customers ORDER BY card_number', 'SHOP-002'],
    ['SELECT * FROM customers', 'SHOP-002'],
    ['TABLE customers', 'SHOP-002'],
    ['SELECT c.* FROM customers c', 'SHOP-002'],
    ['SELECT c FROM customers c', 'SHOP-002'],
    ['SELECT c::text FROM customers c', 'SHOP-002'],
    ['SELECT to_jsonb(customers) FROM customers', 'SHOP-002'],
    ['SELECT x.d FROM (SELECT * FROM customers) x(a, b, c, d)', 'SHOP-002'],
    ['SELECT d FROM customers AS x(a, b, c, d)', 'SHOP-002'],
    ['WITH c AS (SELECT * FROM customers) SELECT name FROM c', 'SHOP-002'],
    ['SELECT name FROM products UNION SELECT card_number FROM customers', 'SHOP-002'],
    ['SELECT (SELECT max(card_number) FROM customers) FROM products', 'SHOP-002'],
    ["SELECT 1 FROM (SELECT '4111' AS card_number) x NATURAL JOIN customers", 'SHOP-002'],
    ['SELECT c.quote_literal FROM customers c', 'SHOP-002'],
    ['SELECT most_common_vals FROM pg_stats', 'SHOP-003'],
    ['DELETE FROM orders WHERE id = 1', 'SHOP-001'],
    ['SET ROLE postgres', 'sallyport.no_allow'],
    ["SELECT query_to_xml('SELECT * FROM customers', true, true, '')", 'SHOP-002'],
    ["SELECT query_to_xml('SELECT * FROM ' || $1, true, true, '')", 'sallyport.incomplete'],
  ])('for an agent, %s', (text, expected) => {
    expect(verdict(engine, contextOf('agent', 'demo'), text)).toContain(expected);
    if (expected === 'allow') expect(verdict(engine, contextOf('agent', 'demo'), text)).toBe('allow');
  });

  test.each<[keyof typeof subjects, string, string]>([
    ['person', 'SELECT * FROM customers', 'allow'],
    ['person', "UPDATE orders SET status = 'paid' WHERE id = 1", 'allow'],
    ['person', 'DROP TABLE orders', 'SHOP-004'],
    ['person', 'DELETE FROM orders', 'SHOP-005'],
    ['dba', 'DROP TABLE orders', 'allow'],
    ['dba', 'CREATE INDEX ON orders (status)', 'allow'],
  ])('for a %s, %s', (who, text, expected) => {
    expect(verdict(engine, contextOf(who, 'demo'), text)).toBe(expected);
  });
});
