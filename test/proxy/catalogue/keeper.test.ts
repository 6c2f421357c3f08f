import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KeptCatalogue, labelsOf, shop } from './support.ts';

let database: PGlite;
beforeAll(async () => {
  database = await PGlite.create();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.exec(`
    DROP SCHEMA IF EXISTS public CASCADE; DROP SCHEMA IF EXISTS archive CASCADE; CREATE SCHEMA public;
    CREATE TABLE customers (id int, name text, email text);
    CREATE TABLE orders (id int);
  `);
});

const pii = { 'shop.public.customers.email': 'pii' };
const plain = { id: [], name: [], email: ['pii'] };

describe('what was read', () => {
  test('is not there before it is asked for', () => {
    const kept = new KeptCatalogue(database);
    expect(kept.view.current).toBeUndefined();
    expect(kept.connections).toBe(0);
  });

  test('is read once for all who ask at the same time', async () => {
    const kept = new KeptCatalogue(database);
    const [one, other] = await Promise.all([kept.view.load(), kept.view.load()]);
    expect(one).toBe(other);
    expect(kept.connections).toBe(1);
    expect(kept.catalogues.view(shop, 'shop')).toBe(kept.view);
    expect(kept.catalogues.view(shop, undefined)).not.toBe(kept.view);
  });

  test('holds for its time, is then asked for again, and stays the same where nothing has changed', async () => {
    const kept = new KeptCatalogue(database, { ttlMs: 10_000 });
    const first = await kept.view.load();
    kept.now = 5_000;
    expect(kept.view.current).toBe(first);
    kept.now = 10_001;
    expect(kept.view.current).toBeUndefined();
    expect(await kept.view.load()).toBe(first);
    expect(kept.connections).toBe(2);
  });

  test('is asked for in the background before its time is over, where it is used', async () => {
    const kept = new KeptCatalogue(database, { ttlMs: 10_000 });
    const first = await kept.view.load();
    kept.now = 6_000;
    expect(kept.view.current).toBe(first);
    await new Promise((resolve) => setImmediate(resolve));
    expect(kept.connections).toBe(2);
    await kept.catalogues.close();
    kept.now = 15_000;
    expect(kept.view.current).toBe(first);
  });

  test.each([
    ['a new table', 'CREATE TABLE added (id int)'],
    ['a column', 'ALTER TABLE orders ADD COLUMN note text'],
    ['a column that is gone', 'ALTER TABLE customers DROP COLUMN name'],
    ["a column's name", 'ALTER TABLE customers RENAME COLUMN name TO called'],
    ["a column's type", 'ALTER TABLE orders ALTER COLUMN id TYPE bigint'],
    ["a table's schema", 'CREATE SCHEMA archive; ALTER TABLE orders SET SCHEMA archive'],
    [
      "a schema's name",
      'CREATE SCHEMA archive; ALTER SCHEMA archive RENAME TO old; DROP SCHEMA old CASCADE; ALTER SCHEMA public RENAME TO p; ALTER SCHEMA p RENAME TO public; CREATE TABLE x ()',
    ],
    ['a view', 'CREATE VIEW emails AS SELECT email FROM customers'],
    ["a view's text", 'CREATE OR REPLACE VIEW fixed AS SELECT name AS v FROM customers'],
    ['a function', "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT email FROM customers'"],
    ["a function's source", "CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'"],
    ['a type', "CREATE TYPE colour AS ENUM ('red')"],
    ["a domain's name", 'ALTER DOMAIN mail RENAME TO email_address'],
    ['an operator', 'CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)'],
    ['a partition', 'CREATE TABLE child () INHERITS (orders)'],
    ['a label', "COMMENT ON COLUMN customers.name IS '@labels(name)'"],
  ])('is another one after a change: %s', async (_what, change) => {
    await database.exec(`
      CREATE VIEW fixed AS SELECT email AS v FROM customers; CREATE DOMAIN mail AS text;
      CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
    `);
    const kept = new KeptCatalogue(database, { ttlMs: 10 });
    const first = await kept.view.load();
    await database.exec(change);
    kept.now = 11;
    const second = await kept.view.load();
    expect(second.version).not.toBe(first.version);
  });

  test.each([
    ['rows', 'INSERT INTO orders VALUES (1); UPDATE orders SET id = 2; DELETE FROM orders'],
    ['sizes and statistics', 'INSERT INTO orders SELECT generate_series(1, 1000); VACUUM; ANALYZE'],
    ['a temporary table', 'CREATE TEMP TABLE scratch (id serial, note text); DROP TABLE scratch'],
    ['an index', 'CREATE INDEX ON orders (id)'],
    ['a comment without labels', "COMMENT ON TABLE orders IS 'What people bought'"],
  ])('is the same after: %s', async (_what, change) => {
    const kept = new KeptCatalogue(database, { ttlMs: 10 });
    const first = await kept.view.load();
    for (const statement of change.split('; ')) await database.exec(statement);
    kept.now = 11;
    expect(await kept.view.load()).toBe(first);
  });
});

describe('a target that cannot be asked', () => {
  test('is one of which nothing is known, and it is told', async () => {
    const kept = new KeptCatalogue(database);
    kept.failure = new Error('no route');
    const catalogue = await kept.view.load();
    expect(catalogue.relation('public', 'customers')).toBeUndefined();
    expect(kept.log).toEqual([expect.stringContaining('error: the catalogue of the target could not be read')]);
  });

  test('is left alone for longer and longer, and nobody waits for it', async () => {
    const kept = new KeptCatalogue(database);
    kept.failure = new Error('no route');
    await kept.view.load();
    await kept.view.load();
    expect(kept.connections).toBe(1);
    kept.now = 1_000;
    await kept.view.load();
    kept.now = 2_999;
    await kept.view.load();
    expect(kept.connections).toBe(2);
    kept.failure = undefined;
    kept.now = 3_000;
    expect((await kept.view.load()).relation('public', 'customers')).toBeDefined();
  });

  test('what was read before holds until its time is over, and no longer', async () => {
    const kept = new KeptCatalogue(database, { ttlMs: 10_000 });
    const first = await kept.view.load();
    kept.failure = new Error('no route');
    kept.now = 6_000;
    expect(kept.view.current).toBe(first);
    await new Promise((resolve) => setImmediate(resolve));
    expect(kept.view.current).toBe(first);
    kept.now = 10_001;
    expect((await kept.view.load()).relation('public', 'customers')).toBeUndefined();
  });

  test.each([
    ['objects', { objects: 100 }],
    ['text', { characters: 10_000 }],
  ])('so is one with more %s than the configuration lets in', async (_what, limits) => {
    const kept = new KeptCatalogue(database, { limits });
    expect((await kept.view.load()).relation('public', 'customers')).toBeUndefined();
    expect(kept.log).toHaveLength(1);
  });
});

describe('a change under way', () => {
  test.each<[string, readonly string[] | 'anything', boolean, boolean]>([
    ['hides what it names', ['customers'], false, true],
    ['hides what stands in a schema that it names', ['public'], false, false],
    ['hides everything where nobody knows what it changes', 'anything', false, false],
    ['hides nothing else', ['people'], true, true],
  ])('%s', async (_what, names, customers, orders) => {
    const kept = new KeptCatalogue(database);
    const before = await kept.view.load();
    const settle = kept.view.changing(names);
    const { current } = kept.view;
    expect(current?.relation('public', 'customers') !== undefined).toBe(customers);
    expect(current?.relation('public', 'orders') !== undefined).toBe(orders);
    expect(current?.version).not.toBe(before.version);
    settle();
    expect(kept.view.current).toBeUndefined();
    const after = await kept.view.load();
    expect(after).toBe(before);
    expect(after.relation('public', 'customers')).toBeDefined();
  });

  test('hides a relation by its oid, a function, a type', async () => {
    await database.exec(`CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE DOMAIN mail AS text`);
    const kept = new KeptCatalogue(database);
    const { oid = 0 } = (await kept.view.load()).relation('public', 'customers') ?? {};
    const settle = kept.view.changing(['customers', 'f', 'mail']);
    const during = await kept.view.load();
    expect(during.relationByOid(oid)).toBeUndefined();
    expect(during.functions('public', 'f')).toEqual([]);
    expect(during.type('public', 'mail')).toBeUndefined();
    settle();
    expect((await kept.view.load()).functions('public', 'f')).toHaveLength(1);
  });

  test('of two, each hides what it names until it has ended', async () => {
    const kept = new KeptCatalogue(database);
    await kept.view.load();
    const first = kept.view.changing(['customers']);
    const second = kept.view.changing(['customers', 'orders']);
    first();
    first();
    const during = await kept.view.load();
    expect(during.relation('public', 'customers')).toBeUndefined();
    second();
    expect((await kept.view.load()).relation('public', 'customers')).toBeDefined();
  });

  test('that ends while it is being read has it read again', async () => {
    const kept = new KeptCatalogue(database);
    const settle = kept.view.changing(['customers']);
    kept.during = () => {
      kept.during = undefined;
      settle();
    };
    const catalogue = await kept.view.load();
    expect(kept.connections).toBe(2);
    expect(catalogue.relation('public', 'customers')).toBeDefined();
  });

  test('that ends again and again is not waited for without end', async () => {
    const kept = new KeptCatalogue(database);
    kept.during = () => {
      kept.view.changing(['customers'])();
    };
    expect((await kept.view.load()).relation('public', 'orders')).toBeUndefined();
    kept.during = undefined;
    expect((await kept.view.load()).relation('public', 'orders')).toBeDefined();
  });
});

describe('labels', () => {
  test('of policy data change with the policies, and the version with them', async () => {
    const kept = new KeptCatalogue(database);
    const before = await kept.view.load();
    expect(labelsOf(before, 'customers')).toEqual({ id: [], name: [], email: [] });
    kept.labels = pii;
    const after = await kept.view.load();
    expect(labelsOf(after, 'customers')).toEqual(plain);
    expect(after.version).not.toBe(before.version);
    expect(labelsOf(before, 'customers')).toEqual({ id: [], name: [], email: [] });
    expect(kept.connections).toBe(1);
  });

  test('of another resource are not for this one', async () => {
    const kept = new KeptCatalogue(database);
    kept.labels = { 'other.public.customers.email': 'pii' };
    expect(labelsOf(await kept.view.load(), 'customers')).toEqual({ id: [], name: [], email: [] });
  });

  test('that cannot be read make everything unknown', async () => {
    const kept = new KeptCatalogue(database);
    kept.labels = { 'customers.email': 'pii' };
    expect((await kept.view.load()).relation('public', 'orders')).toBeUndefined();
    expect(kept.log).toEqual([expect.stringContaining('error: data.labels cannot be read')]);
  });

  test.each<[string, object, string, object | undefined]>([
    ['a column by name', pii, '', plain],
    ['all columns', { 'shop.public.customers.*': 'pii' }, '', { id: ['pii'], name: ['pii'], email: ['pii'] }],
    [
      'both',
      { ...pii, 'shop.public.customers.*': ['internal'] },
      '',
      { id: ['internal'], name: ['internal'], email: ['internal', 'pii'] },
    ],
    [
      "a comment's with those of data",
      pii,
      "COMMENT ON COLUMN customers.email IS 'For bills. @labels(email)'",
      { ...plain, email: ['email', 'pii'] },
    ],
    [
      "a table's comment, for all columns",
      {},
      "COMMENT ON TABLE customers IS '@labels(internal)'",
      { id: ['internal'], name: ['internal'], email: ['internal'] },
    ],
    ['a comment that cannot be read', {}, "COMMENT ON COLUMN customers.email IS '@labels pii'", undefined],
    [
      'a column that the table lacks: all of its columns',
      { 'shop.public.customers.e_mail': 'pii' },
      '',
      { id: ['pii'], name: ['pii'], email: ['pii'] },
    ],
    ['a table that is not there: nothing', { 'shop.public.people.email': 'pii' }, '', { id: [], name: [], email: [] }],
  ])('%s', async (_what, labels, change, expected) => {
    await database.exec(change);
    const kept = new KeptCatalogue(database);
    kept.labels = labels;
    expect(labelsOf(await kept.view.load(), 'customers')).toEqual(expected);
  });

  test('security labels count, of whatever provider', async () => {
    await database.exec(`SET allow_system_table_mods = on; INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
      VALUES ('customers'::regclass, 'pg_class'::regclass, 3, 'dummy', 'pii, email')`);
    const kept = new KeptCatalogue(database);
    expect(labelsOf(await kept.view.load(), 'customers')).toEqual({ ...plain, email: ['email', 'pii'] });
    await database.exec('DELETE FROM pg_seclabel; RESET allow_system_table_mods');
  });

  test('are inherited by what holds rows of the relation, with its names', async () => {
    await database.exec(`
      CREATE TABLE people (id int, email text) PARTITION BY RANGE (id);
      CREATE TABLE people_1 (email text, id int); ALTER TABLE people ATTACH PARTITION people_1 FOR VALUES FROM (0) TO (10);
      CREATE TABLE vip (level int) INHERITS (customers); CREATE TABLE svip (colour text) INHERITS (vip);
      COMMENT ON COLUMN people.email IS '@labels(pii)';
    `);
    const kept = new KeptCatalogue(database);
    kept.labels = pii;
    const catalogue = await kept.view.load();
    expect(labelsOf(catalogue, 'people_1')).toEqual({ id: [], email: ['pii'] });
    expect(labelsOf(catalogue, 'svip')).toEqual({ ...plain, level: [], colour: [] });
    const email = catalogue.relation('public', 'svip')?.columns.find(({ name }) => name === 'email');
    expect(email?.formerNames).toEqual([
      ['public', 'vip', 'email'],
      ['public', 'customers', 'email'],
    ]);
    const { oid, children } = catalogue.relation('public', 'customers') ?? {};
    expect(children?.map((child) => catalogue.relationByOid(child)?.name)).toEqual(['vip']);
    expect(oid).toBeGreaterThan(0);
  });

  test('nothing is known of what inherits from a relation whose labels cannot be read', async () => {
    await database.exec(`CREATE TABLE vip () INHERITS (customers); COMMENT ON TABLE customers IS '@labels'`);
    const kept = new KeptCatalogue(database);
    const catalogue = await kept.view.load();
    expect(catalogue.relation('public', 'vip')).toBeUndefined();
    expect(catalogue.relation('public', 'orders')).toBeDefined();
  });
});

describe('what is renamed while the gateway runs', () => {
  const email = 'shop.public.customers.email';

  test.each<[string, string, string, object, string[][]]>([
    [
      'a column',
      'ALTER TABLE customers RENAME COLUMN email TO contact',
      'customers',
      { id: [], name: [], contact: ['pii'] },
      [['public', 'customers', 'email']],
    ],
    ['a table', 'ALTER TABLE customers RENAME TO people', 'people', plain, [['public', 'customers', 'email']]],
    [
      'both at once',
      'ALTER TABLE customers RENAME TO people; ALTER TABLE people RENAME email TO contact',
      'people',
      { id: [], name: [], contact: ['pii'] },
      [['public', 'customers', 'email']],
    ],
    [
      'a column, whose name another one gets',
      'ALTER TABLE customers RENAME COLUMN email TO contact; ALTER TABLE customers RENAME COLUMN name TO email',
      'customers',
      { id: [], email: ['pii'], contact: ['pii'] },
      [['public', 'customers', 'email']],
    ],
    [
      'a table, in whose place another one comes',
      'ALTER TABLE customers RENAME TO people; CREATE TABLE customers (email text)',
      'people',
      plain,
      [['public', 'customers', 'email']],
    ],
  ])('keeps its labels and its former names: %s', async (_what, change, relation, labels, formerNames) => {
    const kept = new KeptCatalogue(database, { ttlMs: 10 });
    kept.labels = { [email]: 'pii' };
    await kept.view.load();
    await database.exec(change);
    kept.now = 11;
    const catalogue = await kept.view.load();
    expect(labelsOf(catalogue, relation)).toEqual(labels);
    expect(catalogue.relation('public', relation)?.columns[2]?.formerNames).toEqual(formerNames);
    expect(kept.log).toContainEqual(expect.stringContaining('warn: a labelled column was renamed'));
  });

  test('is followed from one name to the next, and forgotten when it is gone', async () => {
    const kept = new KeptCatalogue(database, { ttlMs: 10 });
    kept.labels = { [email]: 'pii' };
    await kept.view.load();
    for (const [from, to] of [
      ['email', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      await database.exec(`ALTER TABLE customers RENAME COLUMN ${from ?? ''} TO ${to ?? ''}`);
      kept.now += 11;
      await kept.view.load();
    }
    const column = (await kept.view.load()).relation('public', 'customers')?.columns[2];
    expect(column).toMatchObject({ name: 'a', labels: ['pii'] });
    expect(column?.formerNames?.map((name) => name[2])).toEqual(['email', 'a', 'b']);
    await database.exec('DROP TABLE customers; CREATE TABLE customers (id int, name text, a text)');
    kept.now += 11;
    expect((await kept.view.load()).relation('public', 'customers')?.columns[2]?.formerNames).toBeUndefined();
  });

  test('so often that it cannot be followed is known no more', async () => {
    const kept = new KeptCatalogue(database, { ttlMs: 10 });
    await kept.view.load();
    for (let index = 0; index < 66; index += 1) {
      await database.exec(`ALTER TABLE orders RENAME COLUMN ${index === 0 ? 'id' : `c${index - 1}`} TO c${index}`);
      kept.now += 11;
      await kept.view.load();
    }
    expect((await kept.view.load()).relation('public', 'orders')).toBeUndefined();
    expect((await kept.view.load()).relation('public', 'customers')).toBeDefined();
  });

  test('what was handed out does not change', async () => {
    const kept = new KeptCatalogue(database, { ttlMs: 10 });
    kept.labels = { [email]: 'pii' };
    const before = await kept.view.load();
    await database.exec('ALTER TABLE customers RENAME COLUMN email TO contact');
    kept.now = 11;
    await kept.view.load();
    expect(labelsOf(before, 'customers')).toEqual(plain);
  });
});
