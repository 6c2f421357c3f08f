import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachServer } from './support/each-server.ts';
import { databaseError, directly, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { createShop } from './support/shop.ts';

/** Each conversation gives data that must be the same through the gateway as without it. */
const conversations: Record<string, (client: pg.Client) => Promise<unknown>> = {
  'rows and fields of every type, as text': async (client) => picture(await client.query('SELECT * FROM kinds')),
  'parameters of many types': async (client) =>
    picture(
      await client.query('SELECT $1::int AS i, $2::text AS t, $3::jsonb AS j, $4::int[] AS a, $5::bytea AS b, $6::text AS n', [
        42,
        "it's $1; DROP TABLE orders --",
        { a: [1, null] },
        [1, 2],
        Buffer.from([0, 255]),
        null,
      ]),
    ),
  'results in binary': async (client) => {
    // @types/pg does not know `binary` in a query's configuration.
    const query: pg.QueryConfig & { binary: true } = {
      text: 'SELECT 1::int AS i, 2.5::float8 AS f, $1::text AS t',
      values: ['x'],
      binary: true,
    };
    return picture(await client.query(query));
  },
  'a named statement, used again': async (client) => {
    const named = (id: number) => client.query({ name: 'by-id', text: 'SELECT name FROM customers WHERE id = $1', values: [id] });
    return [picture(await named(1)), picture(await named(2)), picture(await named(99))];
  },
  'several statements in one message': async (client) => {
    const results: unknown = await client.query('SELECT 1 AS a; SELECT name FROM customers WHERE id = 2; CREATE TEMP TABLE t (a int)');
    return Array.isArray(results) ? results.map((result: pg.QueryResult) => picture(result)) : 'one result';
  },
  'a portal that is fetched in parts': async (client) => {
    const query = { text: 'SELECT i FROM generate_series(1, 25) AS i WHERE i > $1', values: [3], rows: 10 };
    return (await client.query<{ i: number }>(query)).rows.map((row) => row.i);
  },
  'an empty statement and one that is only a comment': async (client) => [
    picture(await client.query('')),
    picture(await client.query('-- nothing')),
  ],
  'every field of an error': async (client) => [
    await failure(client.query("INSERT INTO customers (name, email) VALUES ('x', 'ada@example.com')")),
    await failure(client.query("INSERT INTO customers (name, email) VALUES ($1, $2)", ['x', 'no address'])),
    await failure(client.query('SELECT nothing FROM customers')),
    await failure(client.query('SELECT $1::int', ['no number'])),
    await failure(client.query('SELEC 1')),
    await failure(client.query("DO $$ BEGIN RAISE EXCEPTION 'own words' USING ERRCODE = 'SP123', HINT = 'own hint'; END $$")),
  ],
  'a failed transaction': async (client) => {
    await client.query('BEGIN');
    const first = await failure(client.query('SELECT 1 / 0'));
    const second = await failure(client.query('SELECT 1'));
    await client.query('ROLLBACK');
    return [first, second, picture(await client.query('SELECT 1 AS one'))];
  },
  'notices': async (client) => {
    const notices: unknown[] = [];
    client.on('notice', (notice) => notices.push({ message: notice.message, code: notice.code }));
    await client.query("DO $$ BEGIN RAISE NOTICE 'hear %', 'this'; END $$");
    await client.query('DROP TABLE IF EXISTS nowhere').catch(() => undefined);
    return notices;
  },
  'LISTEN and NOTIFY': async (client) => {
    const heard = new Promise<unknown>((resolve) => {
      client.on('notification', ({ channel, payload }) => {
        resolve({ channel, payload });
      });
    });
    await client.query('LISTEN news');
    await client.query("SELECT pg_notify('news', $1)", ['extra']);
    return heard;
  },
  'a result of some megabytes': async (client) => {
    const { rows } = await client.query<{ t: string }>("SELECT repeat(i::text, 1000) AS t FROM generate_series(1, 3000) AS i");
    return [rows.length, rows.reduce((sum, row) => sum + row.t.length, 0)];
  },
  'a parameter of a megabyte': async (client) => {
    const { rows } = await client.query<{ n: number }>('SELECT length($1::text) AS n', ['é'.repeat(1_000_000)]);
    return rows;
  },
  'many statements one behind the other': async (client) => {
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => client.query<{ n: number }>('SELECT $1::int + 1 AS n', [i])),
    );
    return results.map((result) => result.rows[0]?.n);
  },
  'a timeout of the server': async (client) => {
    await client.query("SET statement_timeout = '50ms'");
    return failure(client.query('SELECT pg_sleep(5)'));
  },
  'writing and reading back in a transaction': async (client) => {
    await client.query('BEGIN');
    const inserted = await client.query("INSERT INTO orders (customer_id, total, tags) VALUES ($1, $2, $3) RETURNING customer_id, total, tags", [
      1,
      '12.50',
      ['a', 'b "c"'],
    ]);
    const changed = await client.query('UPDATE orders SET total = total + 1 WHERE customer_id = $1', [1]);
    await client.query('ROLLBACK');
    return [picture(inserted), changed.rowCount, changed.command];
  },
}; // prettier-ignore

describeEachServer('node-postgres through the gateway', (server) => {
  let gateway: Gateway;
  let database: string;
  let through: Endpoint;

  beforeAll(async () => {
    database = await createShop(server, 'node_pg');
    gateway = await startGateway({ server, database });
    through = gateway.endpoint('keeper');
  });
  afterAll(() => gateway.stop());

  it.each(Object.entries(conversations))('%s: the same as without it', async (_, converse) => {
    const direct = await withPg(directly(server, database), converse);
    const seen = await withPg(through, converse);
    expect(seen).toEqual(direct);
  });

  it('a pool serves many at once', async () => {
    const { host, port, user, password } = through;
    const pool = new pg.Pool({ host, port, user, password, database, max: 10 });
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) => pool.query<{ n: number }>('SELECT $1::int AS n', [i])),
    );
    await pool.end();
    expect(results.map((result) => result.rows[0]?.n)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('pipelining: denied statements are answered in their place', async () => {
    const outcome = await withPg(
      gateway.endpoint('agent'),
      async (client) => {
        const results = await Promise.allSettled([
          client.query('SELECT 1 AS n'),
          client.query('DELETE FROM orders WHERE id = $1', [1]),
          client.query('SELECT $1::int AS n', [2]),
          client.query('DROP TABLE orders'),
          client.query('SELECT count(*)::int AS n FROM orders'),
        ]);
        return results.map((result) => (result.status === 'fulfilled' ? result.value.rows : codeOf(result.reason)));
      },
      { pipeline: true },
    );
    expect(outcome).toEqual([[{ n: 1 }], '42501', [{ n: 2 }], '42501', [{ n: 4 }]]);
  });

  describe('a denied statement', () => {
    it('rejects with the rule’s words, the decision’s id and the way out', async () => {
      const error = await withPg(gateway.endpoint('ada'), (client) => failure(client.query('TRUNCATE orders')));
      expect(error).toMatchObject({
        severity: 'ERROR',
        code: '42501',
        message: 'truncate is not for ada',
        hint: 'Ask for a reviewed migration.',
      });
      expect(error['detail']).toContain('SHOP-001');
    });

    it.each([
      ['simple', []],
      ['with a parameter', [1]],
    ] as const)('leaves the connection usable (%s)', async (_, values) => {
      await withPg(gateway.endpoint('agent'), async (client) => {
        const text = values.length > 0 ? 'DELETE FROM orders WHERE id = $1' : 'DELETE FROM orders';
        expect(await failure(client.query(text, [...values]))).toMatchObject({ code: '42501' });
        expect((await client.query('SELECT count(*)::int AS n FROM orders')).rows).toEqual([{ n: 4 }]);
      });
    });

    it('does not tell the columns that it would give', async () => {
      await withPg(gateway.endpoint('agent'), async (client) => {
        const { code } = await failure(
          client.query({ name: 'peek', text: 'SELECT * FROM vault.secrets WHERE id = $1', values: [1] }),
        );
        expect(code).toBe('42501');
      });
    });

    it('may be prepared, but a named statement that was denied does not exist', async () => {
      await withPg(gateway.endpoint('agent'), async (client) => {
        const config = { name: 'bad', text: 'DELETE FROM orders WHERE id = $1', values: [1] };
        expect(await failure(client.query(config))).toMatchObject({ code: '42501' });
        expect(await failure(client.query(config))).toMatchObject({ code: '42501' });
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      });
    });
  });
});

function picture(result: pg.QueryResult): unknown {
  const { command, rowCount, rows, fields } = result;
  return { command, rowCount, rows, fields };
}

/** What a driver shows of an error, apart from its stack. */
async function failure(work: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await databaseError(work);
  return { ...Object.fromEntries(Object.entries(error)), message: error.message };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : String(error);
}
