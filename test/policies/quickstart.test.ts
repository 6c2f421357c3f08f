import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../engine/package-root.ts';
import { createJudge, type Who } from './support/judge.ts';

describe('the quickstart’s policies', async () => {
  const judge = await createJudge(`${packageRoot()}/examples/quickstart/policies`);

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
    expect(judge.verdict('agent', 'demo', text)).toContain(expected);
    if (expected === 'allow') expect(judge.verdict('agent', 'demo', text)).toBe('allow');
  });

  test.each<[Who, string, string]>([
    ['person', 'SELECT * FROM customers', 'allow'],
    ['person', "UPDATE orders SET status = 'paid' WHERE id = 1", 'allow'],
    ['person', 'ALTER TABLE orders ADD COLUMN note text', 'review'],
    ['person', 'CREATE ROLE bob SUPERUSER', 'sallyport.no_allow'],
    ['person', 'DROP TABLE orders', 'SHOP-004'],
    ['person', 'DELETE FROM orders', 'SHOP-005'],
    ['dba', 'DROP TABLE orders', 'allow'],
    ['dba', 'CREATE INDEX ON orders (status)', 'allow'],
  ])('for a %s, %s', (who, text, expected) => {
    expect(judge.verdict(who, 'demo', text)).toBe(expected);
  });
});
