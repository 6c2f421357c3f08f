import { describe, expect, it } from 'vitest';
import { commandOf, specify, unlabelled } from '../support/commands.ts';

describe('SELECT', () => {
  specify([
    [
      'SELECT 1',
      { verb: 'select', effects: ['read'], targets: [], functions: [], attributes: { statement: 'select' } },
    ],
    [
      'select * from customers',
      {
        verb: 'select',
        effects: ['read'],
        targets: ['read table customers', 'read column customers.*'],
        attributes: { star: true, where: { present: false, trivial: false } },
      },
    ],
    [
      'TABLE customers',
      { verb: 'select', effects: ['read'], targets: ['read table customers', 'read column customers.*'] },
    ],
    ['VALUES (1), (2)', { verb: 'select', effects: ['read'], targets: [] }],
    [
      'SELECT email FROM shop.customers',
      { targets: ['read table shop.customers', 'read column shop.customers.email'] },
    ],
    [
      'SELECT c.email FROM shop.customers c',
      { targets: ['read table shop.customers', 'read column shop.customers.email'] },
    ],
    [
      'SELECT customers.email FROM shop.customers',
      { targets: ['read table shop.customers', 'read column shop.customers.email'] },
    ],
    [
      'SELECT shop.customers.email FROM shop.customers',
      { targets: ['read table shop.customers', 'read column shop.customers.email'] },
    ],
    ['SELECT "Email" FROM "Customers"', { targets: ['read table Customers', 'read column Customers.Email'] }],
    ['SELECT EMAIL FROM CUSTOMERS', { targets: ['read table customers', 'read column customers.email'] }],
    ['SELECT U&"\\0065mail" FROM customers', { targets: ['read table customers', 'read column customers.email'] }],
    [
      'SELECT upper(email) AS e FROM customers',
      { targets: ['read table customers', 'read column customers.email'], functions: ['pg_catalog.upper pure'] },
    ],
    [
      'SELECT a.x, b.y FROM a JOIN b ON a.id = b.id',
      {
        targets: [
          'read table a',
          'read table b',
          'read column a.x',
          'read column b.y',
          'read column a.id',
          'read column b.id',
        ],
        attributes: { joins: 1 },
      },
    ],
    [
      'SELECT x FROM a, b',
      {
        targets: ['read table a', 'read table b', 'read column x', 'read column a.x', 'read column b.x'],
        attributes: { joins: 1, cross_join: true },
      },
    ],
    ['SELECT 1 FROM a CROSS JOIN b', { attributes: { cross_join: true } }],
    ['SELECT 1 FROM a JOIN b ON 1 = 1', { attributes: { cross_join: true } }],
    ['SELECT 1 FROM a, LATERAL (SELECT x FROM b) c', { attributes: { cross_join: true } }],
    [
      'SELECT 1 FROM a JOIN b USING (id)',
      { targets: ['read table a', 'read table b', 'read column a.id', 'read column b.id'] },
    ],
    [
      'SELECT j.x FROM (a JOIN b ON true) AS j',
      { targets: ['read table a', 'read table b', 'read column x', 'read column a.x', 'read column b.x'] },
    ],
    ['SELECT e FROM customers AS c(i, e)', { targets: ['read table customers', 'read column customers.*'] }],
    ['SELECT c.e FROM customers AS c(i, e)', { targets: ['read table customers', 'read column customers.*'] }],
    [
      'SELECT s.email FROM (SELECT email FROM customers) s',
      { targets: ['read table customers', 'read column customers.email'] },
    ],
    ['SELECT row_to_json(c) FROM customers c', { targets: ['read table customers', 'read column customers.*'] }],
    ['SELECT c::text FROM customers c', { targets: ['read table customers', 'read column customers.*'] }],
    ['SELECT c.row_to_json FROM customers c', { touches: ['read column customers.*'] }],
    ['SELECT (c).email FROM customers c', { targets: ['read table customers', 'read column customers.email'] }],
    ['SELECT (c).* FROM customers c', { targets: ['read table customers', 'read column customers.*'] }],
    [
      'SELECT c.* FROM customers c, orders o WHERE o.c = c.id',
      {
        targets: [
          'read table customers',
          'read table orders',
          'read column customers.*',
          'read column orders.c',
          'read column customers.id',
        ],
        attributes: { star: true },
      },
    ],
    ['SELECT count(*) FROM t', { functions: ['pg_catalog.count pure'], targets: ['read table t'] }],
    [
      'SELECT sum(x) OVER (PARTITION BY y ORDER BY z) FROM t',
      { targets: ['read table t', 'read column t.x', 'read column t.y', 'read column t.z'] },
    ],
    ['SELECT email AS e FROM t ORDER BY e', { targets: ['read table t', 'read column t.email'] }],
    [
      'SELECT id FROM t ORDER BY email',
      { attributes: { columns: { projected: [unlabelled('t', 'id')], predicates: [unlabelled('t', 'email')] } } },
    ],
    [
      'SELECT id FROM t WHERE email LIKE $1 GROUP BY id HAVING max(age) > $2',
      {
        attributes: {
          parameters: 2,
          columns: {
            read: [unlabelled('t', 'id'), unlabelled('t', 'email'), unlabelled('t', 'age')],
            projected: [unlabelled('t', 'id')],
            predicates: [unlabelled('t', 'email'), unlabelled('t', 'id'), unlabelled('t', 'age')],
          },
        },
      },
    ],
    [
      'SELECT 1 FROM t WHERE EXISTS (SELECT email FROM c WHERE c.id = t.id)',
      {
        touches: ['read column c.id', 'read column t.id', 'read column email'],
        attributes: { columns: { projected: [] } },
      },
    ],
    [
      'SELECT (SELECT max(email) FROM c)',
      { attributes: { columns: { projected: [unlabelled('c', 'email')], predicates: [] } } },
    ],
    [
      'SELECT a FROM t UNION ALL SELECT b FROM u',
      {
        targets: ['read table t', 'read table u', 'read column t.a', 'read column u.b'],
        attributes: { set_operations: 1 },
      },
    ],
    ['(SELECT a FROM t LIMIT 5) UNION ALL SELECT b FROM u LIMIT 9', { attributes: { limit: { value: 9 } } }],
    ['SELECT DISTINCT a FROM t', { attributes: { distinct: true } }],
    ['SELECT a FROM t LIMIT 10', { attributes: { limit: { present: true, value: 10 } } }],
    ['SELECT a FROM t LIMIT 0', { attributes: { limit: { present: true, value: 0 } } }],
    ['SELECT a FROM t FETCH FIRST 5 ROWS ONLY', { attributes: { limit: { present: true, value: 5 } } }],
    ['SELECT a FROM t LIMIT $1', { attributes: { limit: { present: true }, parameters: 1 } }],
    [
      'SELECT a FROM t FOR UPDATE',
      { effects: ['read', 'lock'], touches: ['lock table t'], attributes: { locking: 'update' } },
    ],
    [
      'SELECT 1 FROM a, b FOR SHARE OF b SKIP LOCKED',
      {
        effects: ['read', 'lock'],
        targets: ['read table a', 'read table b', 'lock table b'],
        attributes: { locking: 'share' },
      },
    ],
    [
      'SELECT a INTO n FROM t',
      {
        verb: 'create',
        effects: ['create', 'write', 'read'],
        targets: ['create table n', 'read table t', 'read column t.a'],
        attributes: { statement: 'select' },
      },
    ],
    ['SELECT a INTO TEMP n FROM t', { verb: 'create', attributes: { temporary: true } }],
    ['SELECT * FROM pg_class', { targets: ['read table pg_catalog.pg_class', 'read column pg_catalog.pg_class.*'] }],
    ['SELECT * FROM information_schema.tables', { touches: ['read table information_schema.tables'] }],
    [
      'SELECT * FROM generate_series(1, 3) g(i)',
      { effects: ['read'], targets: [], functions: ['pg_catalog.generate_series pure'] },
    ],
    ['SELECT * FROM t TABLESAMPLE bernoulli (10)', { touches: ['read table t'] }],
    ['SELECT x.* FROM t, LATERAL (SELECT t.a) x', { touches: ['read column t.a'] }],
    ['SELECT ARRAY(SELECT a FROM t)', { touches: ['read column t.a'] }],
    ["SELECT 'customers'::regclass", { targets: ['use table customers'] }],
    ['SELECT $1::mood', { targets: ['use type mood'] }],
    [
      'SELECT CURRENT_USER, COALESCE(a, b) FROM t',
      { functions: ['pg_catalog.current_user session'], touches: ['read column t.a', 'read column t.b'] },
    ],
    [
      "SELECT EXTRACT(year FROM d), d AT TIME ZONE 'UTC', SUBSTRING(s FROM 2), s SIMILAR TO 'x', POSITION('a' IN s), TRIM(s), (d, d) OVERLAPS (d, d) FROM t",
      { verb: 'select' },
    ],
    ["SELECT JSON_OBJECT('a': x), JSON_ARRAYAGG(y) FROM t", { touches: ['read column t.x', 'read column t.y'] }],
    ["SELECT * FROM JSON_TABLE(jsonb '[]', '$[*]' COLUMNS (id int PATH '$.id')) j", { effects: ['read'] }],
    [
      "SELECT * FROM XMLTABLE('/a' PASSING (SELECT d FROM docs) COLUMNS x int) x",
      { touches: ['read table docs', 'read column docs.d'] },
    ],
  ]);
});

it('the limit of one branch is no limit', () => {
  expect(commandOf('(SELECT a FROM t LIMIT 5) UNION ALL SELECT b FROM u').attributes).not.toHaveProperty('limit');
  expect(commandOf('SELECT a FROM (SELECT a FROM t LIMIT 5) s').attributes).not.toHaveProperty('limit');
  expect(commandOf('SELECT a FROM t LIMIT ALL').attributes).not.toHaveProperty('limit');
});

describe('WITH', () => {
  specify([
    [
      'WITH c AS (SELECT email FROM customers) SELECT * FROM c',
      {
        targets: ['read table customers', 'read column customers.email', 'read table c'],
        attributes: { nested: ['select'] },
      },
    ],
    ['WITH c AS (SELECT 1) SELECT * FROM public.c', { touches: ['read table public.c', 'read column public.c.*'] }],
    [
      'WITH customers AS (SELECT * FROM customers) SELECT email FROM customers',
      { targets: ['read table customers', 'read column customers.*'] },
    ],
    [
      'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r',
      { targets: ['read table r'], attributes: { set_operations: 1 } },
    ],
    [
      'WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b',
      { effects: ['read'], targets: ['read table a', 'read table b'] },
    ],
    ['SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) s, t', { touches: ['read table t', 'read column t.*'] }],
    [
      'WITH d AS (DELETE FROM t RETURNING *) SELECT count(*) FROM d',
      {
        verb: 'delete',
        effects: ['read', 'delete'],
        touches: ['delete table t', 'read table t'],
        attributes: {
          statement: 'select',
          nested: ['delete'],
          where: { present: false, trivial: false },
          returning: true,
        },
      },
    ],
    [
      'WITH i AS (INSERT INTO log VALUES (1)) SELECT 1',
      { verb: 'insert', effects: ['read', 'write'], targets: ['write table log'] },
    ],
    [
      'WITH u AS (UPDATE t SET a = 1 WHERE id = 2) DELETE FROM s WHERE x = 1',
      { verb: 'delete', effects: ['write', 'delete'] },
    ],
    ['WITH t AS (SELECT 1) INSERT INTO t SELECT * FROM t', { touches: ['write table t'] }],
  ]);
});

describe('what is no cross join', () => {
  it.each([
    'SELECT 1 FROM a JOIN b ON a.id = b.id',
    'SELECT 1 FROM a, b WHERE a.id = b.id',
    'SELECT 1 FROM a NATURAL JOIN b',
    'SELECT 1 FROM a, unnest(a.tags) t',
    'SELECT 1 FROM a CROSS JOIN LATERAL jsonb_array_elements(a.items) i',
    'SELECT 1 FROM a CROSS JOIN LATERAL (SELECT x FROM b WHERE b.id = a.id LIMIT 1) c',
  ])('%s', (text) => {
    expect(commandOf(text).attributes).not.toHaveProperty('cross_join');
  });
});
