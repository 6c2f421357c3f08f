import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachServer } from './support/each-server.ts';
import { directly, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { createShop } from './support/shop.ts';

type Sql = postgres.Sql;

/** As in node-postgres.test.ts. postgres.js asks for array types when it connects, prepares by itself and pipelines. */
const conversations: Record<string, (sql: Sql) => Promise<unknown>> = {
  'every type': (sql) => sql`SELECT * FROM kinds`,
  'parameters and lists': (sql) =>
    sql`SELECT ${42}::int AS i, ${'t'}::text AS t, ${[1, 2]}::int[] AS a, ${sql.json({ a: 1 })} AS j`,
  'the same statement many times, prepared by itself': async (sql) => {
    const results = [];
    for (let id = 1; id < 5; id++) results.push([...(await sql`SELECT name FROM customers WHERE id = ${id}`)]);
    return results;
  },
  'a pipeline': async (sql) => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => sql<{ n: number }[]>`SELECT ${i}::int AS n`));
    return results.map((rows) => rows[0]?.n);
  },
  'a pipeline with an error in it': async (sql) => {
    const results = await Promise.allSettled([sql`SELECT 1 AS n`, sql`SELECT 1 / 0 AS n`, sql`SELECT 3 AS n`]);
    return results.map((result) => (result.status === 'fulfilled' ? [...result.value] : codeOf(result.reason)));
  },
  'a transaction with a savepoint': (sql) =>
    sql.begin(async (tx) => {
      await tx`UPDATE orders SET total = 1`;
      const inner = await tx.savepoint((sp) => sp`SELECT 1 / 0`).catch(codeOf);
      const rows = await tx`SELECT sum(total) AS total FROM orders`;
      await tx`UPDATE orders SET total = 5 WHERE id = 3`;
      return [inner, [...rows]];
    }),
  'a cursor': async (sql) => {
    const parts: number[] = [];
    await sql`SELECT i FROM generate_series(1, 25) AS i`.cursor(10, (rows) => {
      parts.push(rows.length);
    });
    return parts;
  },
  'describe': async (sql) => {
    const { types, columns } = await sql`SELECT name FROM customers WHERE id = ${1}`.describe();
    return { types, columns: columns.map(({ name, type }) => ({ name, type })) };
  },
  'the simple protocol': (sql) => sql`SELECT 1 AS a; SELECT 2 AS b`.simple(),
  'COPY to a stream': async (sql) => {
    let text = '';
    const stream: Readable = await sql`COPY (SELECT id, name FROM customers ORDER BY id) TO STDOUT`.readable();
    for await (const chunk of stream) text += String(chunk);
    return text;
  },
  'COPY from a stream': async (sql) => {
    await sql`CREATE TEMP TABLE loaded (a int, b text)`;
    const stream = await sql`COPY loaded FROM STDIN`.writable();
    await pipeline(Readable.from(['1\tone\n', '2\tt', 'wo\n']), stream);
    return sql`SELECT * FROM loaded ORDER BY a`;
  },
  'COPY from a stream that breaks off': async (sql) => {
    await sql`CREATE TEMP TABLE broken (a int)`;
    const stream = await sql`COPY broken FROM STDIN`.writable();
    const closed = once(stream, 'close').catch(() => undefined);
    stream.on('error', () => undefined);
    stream.write('1\n');
    stream.destroy(new Error('the client changed its mind'));
    await closed;
    return sql`SELECT count(*)::int AS n FROM broken`;
  },
}; // prettier-ignore

describeEachServer('postgres.js through the gateway', (server) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'postgres_js');
    gateway = await startGateway({ server, database });
  });
  afterAll(() => gateway.stop());

  it.each(Object.entries(conversations))('%s: the same as without it', async (_, converse) => {
    const direct = await withSql(directly(server, database), converse);
    const seen = await withSql(gateway.endpoint('ada'), converse);
    expect(seen).toEqual(direct);
  });

  describe('denials in a pipeline', () => {
    it('are answered in their place, and the rest goes on', async () => {
      const outcome = await withSql(gateway.endpoint('agent'), async (sql) => {
        const results = await Promise.allSettled([
          sql`SELECT 1 AS n`,
          sql`DELETE FROM orders WHERE id = ${1}`,
          sql`SELECT 2 AS n`,
          sql`DROP TABLE orders`.simple(),
          sql`SELECT count(*)::int AS n FROM orders`,
        ]);
        return results.map((result) => (result.status === 'fulfilled' ? [...result.value] : codeOf(result.reason)));
      });
      expect(outcome).toEqual([[{ n: 1 }], '42501', [{ n: 2 }], '42501', [{ n: 4 }]]);
    });

    it('fail their transaction', async () => {
      const work = withSql(gateway.endpoint('ada'), (sql) =>
        sql.begin(async (tx) => {
          await tx`UPDATE orders SET total = 1000`;
          await tx`TRUNCATE orders`;
        }),
      );
      await expect(work).rejects.toMatchObject({ code: '42501', hint: 'Ask for a reviewed migration.' });
      const rows = await withSql(directly(server, database), (sql) => sql`SELECT 1 FROM orders WHERE total = 1000`);
      expect(rows).toHaveLength(0);
    });
  });
});

async function withSql<T>(endpoint: Endpoint, work: (sql: Sql) => Promise<T>): Promise<T> {
  const { host, port, user, password, database } = endpoint;
  const sql = postgres({ host, port, user, password, database, max: 1, onnotice: () => undefined });
  try {
    const result = await work(sql);
    // Plain copies: results carry the connection's own objects.
    return Array.isArray(result) ? (structuredCloneRows(result) as T) : result;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function structuredCloneRows(rows: readonly unknown[]): unknown[] {
  return rows.map((row) => (Array.isArray(row) ? structuredCloneRows(row) : row));
}

function codeOf(error: unknown): string {
  return error instanceof postgres.PostgresError ? error.code : String(error);
}
