import { readFileSync } from 'node:fs';
import { Client, type ClientConfig } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startDatabaseServer, type DatabaseServer } from '../../cli/demo/database-server.ts';
import { openConnection } from '../../proxy/catalogue/connection.ts';
import { readCatalogue } from '../../proxy/catalogue/read-catalogue.ts';

let server: DatabaseServer;
const failures: unknown[] = [];
const clients: Client[] = [];

beforeAll(async () => {
  server = await startDatabaseServer({
    setup: readFileSync(new URL('../../examples/quickstart/shop.sql', import.meta.url), 'utf8'),
    password: 'open sesame',
    refuses: (text) => (text.startsWith('COPY') ? "the demo can't COPY" : undefined),
    onFailure: (error) => failures.push(error),
  });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  expect(failures).toEqual([]);
});

afterAll(() => server.close());

async function connect(changes: ClientConfig = {}): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'shop',
    password: 'open sesame',
    database: 'shop',
    ...changes,
  });
  await client.connect();
  clients.push(client);
  return client;
}

async function value(client: Client, text: string, values?: unknown[]): Promise<unknown> {
  const { rows } = await client.query<unknown[]>({
    text,
    rowMode: 'array',
    ...(values === undefined ? {} : { values }),
  });
  return rows[0]?.[0];
}

describe('the demo database', () => {
  test('holds the shop', async () => {
    const client = await connect();
    expect(await value(client, 'SELECT count(*)::int FROM customers')).toBe(4);
    expect(await value(client, 'SELECT sold::int FROM revenue WHERE product = $1', ['Notebook'])).toBe(13);
  });

  test('has its catalogue read, also while others are connected', async () => {
    const client = await connect();
    const target = {
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      password: () => 'open sesame',
      tls: { mode: 'disable' },
    } as const;
    const connection = await openConnection(target, 'shop', 10_000);
    const catalogue = await readCatalogue(connection.run, { resource: 'shop' });
    await connection.close();
    expect(catalogue.relation('public', 'customers')?.columns.map(({ name }) => name)).toContain('email');
    // What the reading set for itself is gone with it.
    expect(await value(client, "SELECT current_setting('search_path')")).toBe('public');
  });

  test('lets nobody in without the password', async () => {
    await expect(connect({ password: 'guess' })).rejects.toMatchObject({ code: '28P01' });
  });

  test('says no to TLS, so that a client that prefers it goes on without', async () => {
    await expect(connect({ ssl: true })).rejects.toThrow('does not support SSL');
  });

  test('goes on after an error in the extended protocol', async () => {
    const client = await connect();
    await expect(client.query('SELECT $1::int + nonsense', ['1'])).rejects.toMatchObject({ code: '42703' });
    const answers = await Promise.allSettled([
      client.query('SELECT $1::int', ['x']),
      client.query('SELECT 2'),
      client.query('SELECT $1::int', ['3']),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  test('refuses what it cannot do, in a correct state of the transaction', async () => {
    const client = await connect();
    await client.query('BEGIN');
    await expect(client.query('COPY orders FROM STDIN')).rejects.toMatchObject({
      code: '0A000',
      message: "the demo can't COPY",
    });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    await expect(client.query({ text: 'COPY orders FROM STDIN', values: [] })).rejects.toMatchObject({ code: '0A000' });
    expect(await value(client, 'SELECT 1')).toBe(1);
  });
});

describe('connections that share the demo database', () => {
  test('see each other’s committed changes, and never the inside of a transaction', async () => {
    const [ada, bob] = await Promise.all([connect(), connect()]);
    await ada.query('BEGIN');
    await ada.query("INSERT INTO products VALUES (10, 'Lens', 1, 1)");
    const seen = value(bob, 'SELECT count(*)::int FROM products WHERE id = 10');
    await ada.query('ROLLBACK');
    expect(await seen).toBe(0);
  });

  test('keep their settings and their role to themselves', async () => {
    const [ada, bob] = await Promise.all([connect(), connect()]);
    await ada.query("SET search_path = pg_catalog; SET application_name = 'ada'; CREATE ROLE clerk; SET ROLE clerk");
    expect(await value(bob, "SELECT current_setting('application_name')")).not.toBe('ada');
    expect(await value(bob, 'SELECT current_user')).not.toBe('clerk');
    expect(await value(bob, 'SELECT count(*)::int FROM customers')).toBe(4);
    expect(await value(ada, 'SHOW application_name')).toBe('ada');
    expect(await value(ada, 'SHOW search_path')).toBe('pg_catalog');
    expect(await value(ada, 'SELECT current_user')).toBe('clerk');
    await ada.query('RESET ROLE; DROP ROLE clerk');
  });

  test('may give their prepared statements the same name', async () => {
    const [ada, bob] = await Promise.all([connect(), connect()]);
    const first = await ada.query({ name: 's', text: 'SELECT 1 AS one' });
    const second = await bob.query({ name: 's', text: 'SELECT 2 AS two' });
    const again = await ada.query({ name: 's', text: 'SELECT 1 AS one' });
    expect([first.rows, second.rows, again.rows]).toEqual([[{ one: 1 }], [{ two: 2 }], [{ one: 1 }]]);
  });

  test('leave nothing open behind them', async () => {
    const ada = await connect();
    await ada.query('BEGIN');
    await ada.query('DELETE FROM orders');
    await ada.end();
    clients.splice(clients.indexOf(ada), 1);
    const bob = await connect();
    expect(await value(bob, 'SELECT count(*)::int FROM orders')).toBe(6);
  });
});
