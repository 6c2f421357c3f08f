import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Catalogue } from '../../engine/catalogue.ts';
import { createCatalogues, type Catalogues } from '../../proxy/catalogue/catalogues.ts';
import type { CatalogueView } from '../../proxy/catalogue/view.ts';
import type { GatewayTarget } from '../../proxy/sessions.ts';
import { describeEachServer, describeWithTool } from './support/each-server.ts';
import { startPgbouncer, type Pooler } from './support/pgbouncer.ts';
import { targetUsers, withClient } from './support/postgres-server.ts';
import { createShop, dropShop } from './support/shop.ts';

const labels = { 'shop.public.customers.email': ['pii'] };

const objects = `
  CREATE SCHEMA "Big Shop";
  CREATE TABLE "Big Shop"."Order Lines" ("Line No" int, "say ""hi""" text);
  CREATE TABLE sizes (w int, h int, area int GENERATED ALWAYS AS (w * h) STORED);
  CREATE TABLE visits (day date, email text) PARTITION BY RANGE (day);
  CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
  CREATE TYPE address AS (street text, city text);
  CREATE TYPE span AS RANGE (subtype = float8);
  CREATE VIEW who AS SELECT id, email FROM customers;
  CREATE VIEW who_again AS SELECT w.email, o.total FROM who w JOIN orders o ON o.customer_id = w.id;
  CREATE FUNCTION mail_of(customer int, OUT email text, OUT name text) LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
    AS $$ BEGIN SELECT c.email, c.name INTO email, name FROM customers c WHERE id = customer; END $$;
  CREATE FUNCTION all_mails(VARIADIC ids int[]) RETURNS TABLE (id int, email text) LANGUAGE sql
    AS 'SELECT id, email FROM customers WHERE id = ANY (ids)';
  CREATE AGGREGATE longest(text) (sfunc = textcat, stype = text);
  CREATE FUNCTION same(text, text) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
  CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
  CREATE EXTENSION IF NOT EXISTS plpgsql;
  CREATE ROLE catalogue_reader_NAME LOGIN PASSWORD 'reader-password';
`;

describeEachServer("a target's catalogue", (server) => {
  let database: string;
  let catalogues: Catalogues;
  let now = 0;
  const log: string[] = [];
  const note = (_fields: object, message: string): void => {
    log.push(message);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const scram: GatewayTarget = {
    host: '127.0.0.1',
    port: server.port,
    user: targetUsers.scram.user,
    password: () => targetUsers.scram.password,
    tls: { mode: 'disable' },
  };

  beforeAll(async () => {
    database = await createShop(server, 'catalogue');
    await withClient({ port: server.port, database }, (client) => client.query(objects.replace('NAME', database)));
  });
  afterAll(async () => {
    await dropShop(server, database);
    await withClient({ port: server.port, database: 'postgres' }, (client) =>
      client.query(`DROP ROLE catalogue_reader_${database}`),
    );
  });

  function viewOf(target: GatewayTarget, options: { ttlMs?: number; timeoutMs?: number } = {}): CatalogueView {
    const { ttlMs = 1_000, timeoutMs = 15_000 } = options;
    log.length = 0;
    catalogues = createCatalogues({
      labels: () => labels,
      logger,
      clock: () => now,
    });
    const resource = { name: 'shop', protocol: 'postgres', environment: '', labels: {} };
    return catalogues.view({ resource, target, catalogue: { ttlMs, limits: { timeoutMs } } }, database);
  }

  const change = (text: string): Promise<unknown> =>
    withClient({ port: server.port, database }, (client) => client.query(text));

  describe('holds', () => {
    let catalogue: Catalogue;
    beforeAll(async () => {
      catalogue = await viewOf(scram).load();
    });

    test.each<[string, string, string, unknown]>([
      ['a table', 'public', 'customers', { kind: 'table', temporary: false, children: [] }],
      ['names as they are', 'Big Shop', 'Order Lines', { columns: [{ name: 'Line No' }, { name: 'say "hi"' }] }],
      ['generated columns', 'public', 'sizes', { columns: [{}, {}, { name: 'area', generated: '(w * h)' }] }],
      [
        'a partitioned table',
        'public',
        'visits',
        { kind: 'partitioned_table', children: [expect.any(Number) as number] },
      ],
      ['a sequence', 'public', 'canary_sequence', { kind: 'sequence' }],
      ['a composite type', 'public', 'address', { kind: 'composite_type' }],
      [
        'a view',
        'public',
        'who',
        { kind: 'view', definition: expect.stringContaining('FROM public.customers') as string },
      ],
      ['a view over a view', 'public', 'who_again', { definition: expect.stringContaining('public.who w') as string }],
      ['a materialized view', 'public', 'revenue', { kind: 'materialized_view' }],
      ["the target's own", 'pg_catalog', 'pg_class', { kind: 'table' }],
      ['the standard’s own', 'information_schema', 'columns', { kind: 'view' }],
    ])('%s', (_what, schema, name, expected) => {
      expect(catalogue.relation(schema, name)).toMatchObject(expected as object);
    });

    test('columns with their types and labels', () => {
      const columns = catalogue.relation('public', 'customers')?.columns.map(({ name, attribute, type, labels }) => {
        return [name, attribute, `${type.schema}.${type.name}`, labels];
      });
      expect(columns).toEqual([
        ['id', 1, 'pg_catalog.int4', []],
        ['name', 2, 'pg_catalog.text', []],
        ['email', 3, 'public.email_address', ['pii']],
        ['card_number', 4, 'pg_catalog.text', []],
        ['notes', 5, 'pg_catalog.jsonb', []],
        ['created_at', 6, 'pg_catalog.timestamptz', []],
      ]);
    });

    test('functions with what goes in and out, what they are made of, and where they look names up', () => {
      expect(catalogue.functions('public', 'mail_of')).toEqual([
        {
          schema: 'public',
          name: 'mail_of',
          kind: 'function',
          language: 'plpgsql',
          volatility: 'stable',
          inputs: [{ name: 'customer', type: 'int4' }],
          outputs: [
            { name: 'email', type: 'text' },
            { name: 'name', type: 'text' },
          ],
          returns: { schema: 'pg_catalog', name: 'record', set: false },
          source: expect.stringContaining('FROM customers c') as string,
          searchPath: ['public', 'pg_temp'],
        },
      ]);
      expect(catalogue.functions('public', 'all_mails')).toMatchObject([
        {
          inputs: [{ name: 'ids', type: '_int4' }],
          outputs: [{ name: 'id' }, { name: 'email' }],
          returns: { set: true },
        },
      ]);
      expect(catalogue.functions('public', 'longest')).toMatchObject([{ kind: 'aggregate' }]);
      expect(catalogue.functions('public', 'close_orders')).toMatchObject([{ kind: 'procedure', language: 'sql' }]);
      expect(catalogue.functions('pg_catalog', 'jsonb_each')).toMatchObject([
        { outputs: [{ name: 'key' }, { name: 'value' }] },
      ]);
    });

    test.skipIf(server.major < 14)('bodies in standard SQL as the target prints them', async () => {
      await change('CREATE FUNCTION mails() RETURNS SETOF text BEGIN ATOMIC SELECT email FROM customers; END');
      const [mails] = (await viewOf(scram).load()).functions('public', 'mails');
      expect(mails?.source).toContain('FROM public.customers');
      await change('DROP FUNCTION mails');
    });

    test('types and operators', () => {
      expect(catalogue.type('public', 'email_address')).toMatchObject({ kind: 'domain', base: { name: 'text' } });
      expect(catalogue.type('public', 'order_status')).toMatchObject({ kind: 'enum' });
      expect(catalogue.type('public', 'span')).toMatchObject({ kind: 'range' });
      expect(catalogue.type('public', '_address')).toMatchObject({ kind: 'array', base: { name: 'address' } });
      const { relation = 0 } = catalogue.type('public', 'customers') ?? {};
      expect(catalogue.relationByOid(relation)?.name).toBe('customers');
      expect(catalogue.operators('public', '===')).toEqual([
        { schema: 'public', name: '===', procedure: ['public', 'same'] },
      ]);
    });

    test('the schemas that names are looked up in', () => {
      expect(catalogue.searchPath).toEqual(['pg_catalog', 'public']);
    });

    test('nothing that is not there, and no temporary tables of others', async () => {
      await withClient({ port: server.port, database }, async (client) => {
        await client.query('CREATE TEMP TABLE passing (id int)');
        const { rows } = await client.query<{ oid: number }>(`SELECT 'passing'::regclass::oid::int AS oid`);
        const read = await viewOf(scram).load();
        expect(read.relationByOid(rows[0]?.oid ?? 0)).toBeUndefined();
        expect(read.relation('public', 'nowhere')).toBeUndefined();
      });
    });
  });

  describe('is read', () => {
    test.each<[string, Partial<GatewayTarget>]>([
      ['with SCRAM', {}],
      ['with MD5', { user: targetUsers.md5.user, password: () => targetUsers.md5.password }],
      ['without a password', { user: targetUsers.trust.user }],
      ['over TLS where the target has it', { tls: { mode: 'prefer' } }],
      [
        'over TLS alone',
        { user: targetUsers.tls.user, password: () => targetUsers.tls.password, tls: { mode: 'require' } },
      ],
      [
        'over TLS, of a checked certificate',
        { host: 'localhost', tls: { mode: 'verify-full', ca: fs.readFileSync(server.certificateFile, 'utf8') } },
      ],
    ])('%s', async (_what, more) => {
      const { password, ...rest } = { ...scram, ...more };
      const target = more.user === targetUsers.trust.user ? rest : { ...rest, ...(password && { password }) };
      const catalogue = await viewOf(target).load();
      expect(log).toEqual([]);
      expect(catalogue.relation('public', 'customers')).toBeDefined();
    });

    test('by somebody who may read nothing of the tables themselves', async () => {
      const user = `catalogue_reader_${database}`;
      const catalogue = await viewOf({ ...scram, user, password: () => 'reader-password' }).load();
      expect(catalogue.relation('vault', 'secrets')?.columns).toHaveLength(2);
      expect(catalogue.relation('public', 'who')?.definition).toBeDefined();
    });

    test.each<[string, Partial<GatewayTarget>]>([
      ['a wrong password', { password: () => 'wrong' }],
      ['no password where one is asked for', { user: targetUsers.md5.user, password: () => '' }],
      ['a certificate of somebody else', { host: 'localhost', tls: { mode: 'verify-full' } }],
      [
        'a certificate for another name',
        { tls: { mode: 'verify-full', ca: fs.readFileSync(server.certificateFile, 'utf8'), serverName: 'db.example' } },
      ],
      ['a user who gets in without TLS only', { user: targetUsers.tls.user, password: () => targetUsers.tls.password }],
      ['nobody who listens', { port: 1 }],
    ])('not with %s: nothing is known then', async (_what, more) => {
      const catalogue = await viewOf({ ...scram, ...more }).load();
      expect(catalogue.relation('public', 'customers')).toBeUndefined();
      expect(log).toHaveLength(1);
    });
  });

  describe('while another session changes a table', () => {
    test('is known but for what cannot be printed before that has ended, and is whole afterwards', async () => {
      const view = viewOf(scram);
      await withClient({ port: server.port, database }, async (client) => {
        await client.query(
          'BEGIN; ALTER TABLE customers ADD COLUMN later text; ALTER TABLE sizes ADD COLUMN later text',
        );
        const during = await view.load();
        expect(log).toEqual([]);
        expect(during.relation('public', 'customers')?.columns).toHaveLength(6);
        expect(during.relation('public', 'who')).toMatchObject({ kind: 'view' });
        expect(during.relation('public', 'who')?.definition).toBeUndefined();
        expect(during.relation('public', 'who_again')?.definition).toBeDefined();
        expect(during.relation('public', 'sizes')).toBeUndefined();
        await client.query('ROLLBACK');
      });
      now += 1_001;
      const after = await view.load();
      expect(after.relation('public', 'who')?.definition).toBeDefined();
      expect(after.relation('public', 'sizes')?.columns).toHaveLength(3);
    });

    test('sees what was changed past the gateway when its time is over', async () => {
      const view = viewOf(scram);
      const before = await view.load();
      await change('ALTER TABLE canary ADD COLUMN more text');
      expect(view.current).toBe(before);
      now += 1_001;
      expect((await view.load()).relation('public', 'canary')?.columns).toHaveLength(3);
      await change('ALTER TABLE canary DROP COLUMN more');
      now += 1_001;
      expect((await view.load()).relation('public', 'canary')?.columns).toHaveLength(2);
    });
  });

  test('a target that does not answer is given up', async () => {
    await withClient({ port: server.port, database }, async (client) => {
      await client.query('BEGIN; LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE');
      const catalogue = await viewOf(scram, { timeoutMs: 2_000 }).load();
      expect(catalogue.relation('public', 'customers')).toBeUndefined();
      expect(log).toHaveLength(1);
      await client.query('ROLLBACK');
    });
  });
});

describeWithTool('pgbouncer', "a target's catalogue behind a pooler", (server, program) => {
  let database: string;
  let pooler: Pooler;
  beforeAll(async () => {
    database = await createShop(server, 'pooled');
    pooler = await startPgbouncer(program, server, database);
  });
  afterAll(async () => {
    await pooler.stop();
    await dropShop(server, database);
  });

  test('is read in one transaction, and leaves nothing behind', async () => {
    let now = 0;
    const failures: string[] = [];
    const silent = (): undefined => undefined;
    const catalogues = createCatalogues({
      labels: () => undefined,
      clock: () => now,
      logger: { debug: silent, info: silent, warn: silent, error: (_fields, message) => failures.push(message) },
    });
    const view = catalogues.view(
      {
        resource: { name: 'shop', protocol: 'postgres', environment: '', labels: {} },
        target: { host: '127.0.0.1', port: pooler.port, user: targetUsers.trust.user, tls: { mode: 'prefer' } },
        catalogue: { ttlMs: 10 },
      },
      database,
    );
    const first = await view.load();
    expect(first.relation('public', 'customers')).toBeDefined();
    now = 11;
    expect(await view.load()).toBe(first);
    expect(failures).toEqual([]);
    const settings = await withClient({ port: pooler.port, database }, async (client) => {
      const { rows } = await client.query<{ path: string; timeout: string }>(
        `SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout`,
      );
      return rows;
    });
    expect(settings).toEqual([{ path: '"$user", public', timeout: '0' }]);
  });
});
