import { once } from 'node:events';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asReviewer, waitingFor } from './support/api.ts';
import { describeEachServer, describeWithTool } from './support/each-server.ts';
import { databaseError, directly, queryRows, runLibpq, withPg } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { eventually, type Output } from './support/processes.ts';
import { createShop } from './support/shop.ts';
import * as frontend from './support/wire/frames.ts';
import { errorText, shape, WireClient } from './support/wire/wire-client.ts';

/** The limits of ../policies/limits, which the client's application name chooses. */
type Limit = 'race' | 'rows' | 'bytes' | 'seconds' | 'rate' | 'session' | 'columns';

const MANY = 'SELECT generate_series(1, 5000000) AS i';

describeEachServer('limits', (server) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'limits');
    gateway = await startGateway({
      server,
      database,
      policies: 'test/e2e/policies/limits',
      configuration: { store: undefined, api: { address: '127.0.0.1:0', auditors: ['keepers'] } },
    });
  });
  afterAll(() => gateway.stop());

  const limited = <T>(limit: Limit, work: (client: pg.Client) => Promise<T>): Promise<T> =>
    withPg(gateway.endpoint('ada'), work, { application_name: limit });

  const failed = async (work: Promise<unknown>): Promise<Partial<pg.DatabaseError>> => {
    const { severity, code, message, detail, hint } = await databaseError(work);
    return {
      ...(severity !== undefined && { severity }),
      ...(code !== undefined && { code }),
      message,
      ...(detail !== undefined && { detail }),
      ...(hint !== undefined && { hint }),
    };
  };

  /** The connection can be used, and what comes next is not hit by a cancel request. */
  const usable = async (client: pg.Client): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      expect((await client.query<{ n: number }>('SELECT 7 AS n')).rows).toEqual([{ n: 7 }]);
    }
  };

  const count = async (table: string): Promise<number> =>
    Number((await queryRows(directly(server, database), `SELECT count(*) AS n FROM ${table}`))[0]?.['n']);

  describe('rows', () => {
    const texts: [string, string, unknown[]?][] = [
      ['a query, whose rest is never sent', MANY],
      ['a query that the target has completed', 'SELECT i FROM generate_series(1, 4) AS i'],
      ['the extended protocol, stopped', 'SELECT generate_series($1::int, 5000000) AS i', [1]],
      ['the extended protocol, completed', 'SELECT i FROM generate_series(1, 4) AS i WHERE i > $1', [0]],
      ['a function that gives rows', 'SELECT * FROM regexp_split_to_table($1, $2)', ['a b c d e', ' ']],
    ];
    it.each(texts)('%s ends with an error, and the connection goes on', async (_, text, values = []) => {
      await limited('rows', async (client) => {
        const rows: unknown[] = [];
        const query = new pg.Query<{ i: number }>({ text, values });
        query.on('row', (row) => rows.push(row));
        const end = once(query, 'end');
        client.query(query);
        const error = await databaseError(end);
        expect(error).toMatchObject({
          severity: 'ERROR',
          code: '54000',
          message: 'The statement gives more than 3 rows, which is its limit.',
          detail: expect.stringMatching(/^decision [0-9a-f-]+\.\d+, revision \w+$/) as string,
        });
        expect(rows).toHaveLength(3);
        await usable(client);
      });
    });

    it('as many as the limit pass', () =>
      limited('rows', async (client) => {
        expect((await client.query('SELECT generate_series(1, 3)')).rows).toHaveLength(3);
        expect((await client.query('SELECT generate_series(1, $1::int)', [3])).rows).toHaveLength(3);
      }));

    it('a portal counts over its executions', async () => {
      // node-postgres, which can fetch in parts, sends no Sync behind an error then, and waits for ever.
      const client = await WireClient.login({ ...gateway.endpoint('ada'), parameters: { application_name: 'rows' } });
      const open = [frontend.parse('SELECT generate_series(1, 9)'), frontend.bind()];
      client.send(...open, frontend.execute('', 2), frontend.flush);
      expect(shape(await client.take(({ type }) => type === 's'))).toBe('12DDs');
      client.send(frontend.execute('', 2), frontend.flush);
      expect(shape(await client.take(({ type }) => type === 'E'))).toBe('DE');
      expect(shape(await client.exchange(frontend.sync))).toBe('Z');
      expect(shape(await client.exchange(frontend.extendedQuery('SELECT generate_series(1, 3)')))).toBe('12TDDDCZ');
      client.end();
    });

    it("a cursor's FETCH has the limit, each time", () =>
      limited('rows', async (client) => {
        await client.query('BEGIN');
        await client.query(`DECLARE c CURSOR FOR ${MANY}`);
        expect((await client.query('FETCH 3 FROM c')).rows).toHaveLength(3);
        expect((await client.query('FETCH 3 FROM c')).rows).toHaveLength(3);
        expect(await failed(client.query('FETCH 4 FROM c'))).toMatchObject({ code: '54000' });
        expect(await failed(client.query('SELECT 1'))).toMatchObject({ code: '25P02' });
        await client.query('ROLLBACK');
        await usable(client);
      }));

    it('of several statements each has the limit, and what is behind the one above it does not run', () =>
      limited('rows', async (client) => {
        await client.query('CREATE TABLE IF NOT EXISTS several (id int)');
        const fine: unknown = await client.query('SELECT generate_series(1, 3); SELECT generate_series(1, 3)');
        expect(fine).toHaveLength(2);
        expect(await failed(client.query(`SELECT 1; ${MANY}; INSERT INTO several VALUES (1)`))).toMatchObject({
          code: '54000',
        });
        expect(await count('several')).toBe(0);
        await usable(client);
      }));

    it('what a statement changed is undone in a transaction and in the extended protocol, and else told', () =>
      limited('rows', async (client) => {
        await client.query('CREATE TABLE IF NOT EXISTS changed (id int)');
        const insert = 'INSERT INTO changed SELECT generate_series(1, 4) RETURNING id';
        // In the extended protocol, outside of a transaction.
        expect(await failed(client.query(`${insert} + $1::int`, [0]))).toMatchObject({
          code: '54000',
          detail: expect.stringMatching(
            /^The target had completed it; what it changed was undone\. decision /,
          ) as string,
        });
        expect(await count('changed')).toBe(0);
        // In a transaction, by a Query.
        await client.query('BEGIN');
        expect(await failed(client.query(insert))).toMatchObject({ code: '54000' });
        expect(await failed(client.query('SELECT 1'))).toMatchObject({ code: '25P02' });
        await client.query('COMMIT');
        expect(await count('changed')).toBe(0);
        // By a Query of its own: the target had committed before it told.
        expect(await failed(client.query(insert))).toMatchObject({
          code: '54000',
          detail: expect.stringMatching(/^The target had completed it before .*: what it changed stays\./) as string,
        });
        expect(await count('changed')).toBe(4);
        await usable(client);
      }));

    it('COPY … TO STDOUT is ended', async () => {
      const client = await WireClient.login({ ...gateway.endpoint('ada'), parameters: { application_name: 'rows' } });
      const messages = await client.exchange(frontend.query(`COPY (${MANY}) TO STDOUT`));
      expect(messages.map(({ type }) => type).join('')).toBe('HdddEZ');
      expect(messages.slice(1, 4).map(({ body }) => body.toString())).toEqual(['1\n', '2\n', '3\n']);
      const binary = await client.exchange(
        frontend.query('COPY (SELECT generate_series(1, 3)) TO STDOUT (FORMAT binary)'),
      );
      expect(binary.filter(({ type }) => type === 'E').map(errorText)).toEqual([]);
      expect(binary.at(-2)?.body.toString()).toBe('COPY 3\0');
      client.end();
    });
  });

  describe('bytes', () => {
    it('a wide row is not let through', () =>
      limited('bytes', async (client) => {
        expect(await failed(client.query("SELECT repeat('x', 4000)"))).toMatchObject({
          code: '54000',
          message: 'The statement moves more than 4000 bytes, which is its limit.',
        });
        expect((await client.query("SELECT repeat('x', 3000) AS t")).rows).toHaveLength(1);
        await usable(client);
      }));

    it('COPY … FROM STDIN is failed, and nothing of it stays', async () => {
      await queryRows(directly(server, database), 'CREATE TABLE loaded (word text)');
      const client = await WireClient.login({ ...gateway.endpoint('ada'), parameters: { application_name: 'bytes' } });
      const line = frontend.copyData(`${'x'.repeat(99)}\n`);
      const copy = async (begin: Buffer, lines: number, end: Buffer): Promise<string> => {
        client.send(begin);
        const begun = await client.take(({ type }) => type === 'G');
        client.send(...Array.from({ length: lines }, () => line));
        return shape([...begun, ...(await client.exchange(frontend.copyDone, end))]);
      };
      const simple = frontend.query('COPY loaded FROM STDIN');
      const nothing = Buffer.alloc(0);
      expect(await copy(simple, 40, nothing)).toBe('GCZ');
      expect(await count('loaded')).toBe(40);
      expect(await copy(simple, 41, nothing)).toBe('GEZ');
      expect(await copy(simple, 20_000, nothing)).toBe('GEZ');
      const extended = frontend.extendedQuery('COPY loaded FROM STDIN');
      expect(await copy(extended, 20_000, frontend.sync)).toBe('12nGEZ');
      expect(await copy(extended, 1, frontend.sync)).toBe('12nGCZ');
      expect(await count('loaded')).toBe(41);
      client.end();
    });
  });

  describe('seconds', () => {
    it.each([
      ['a query', (client: pg.Client) => client.query('SELECT pg_sleep(60)')],
      ['the extended protocol', (client: pg.Client) => client.query('SELECT pg_sleep($1)', [60])],
      ['the second of two statements', (client: pg.Client) => client.query('SELECT 1; SELECT pg_sleep(60)')],
    ])('%s is stopped', async (_, run) => {
      await limited('seconds', async (client) => {
        expect(await failed(run(client))).toMatchObject({
          severity: 'ERROR',
          code: '57014',
          message: 'The statement takes longer than 0.4 seconds, which is its limit.',
        });
        await usable(client);
      });
    });

    it('that are up just when the statement ends: the cancel request comes late, and hits nothing else', () =>
      limited('race', async (client) => {
        let stopped = 0;
        for (let round = 0; round < 40; round += 1) {
          const race = client.query(`SELECT pg_sleep(${(25 + (round % 10)) / 1_000}) AS race`);
          await race.catch((error: unknown) => {
            expect(error).toMatchObject({ code: '57014', message: expect.stringContaining('0.03 seconds') as string });
            stopped += 1;
          });
          await client.query('SELECT pg_sleep(0.005)');
        }
        expect(stopped).toBeGreaterThan(0);
      }));

    it('do not run while the command waits for approval, and hold once it is approved', () =>
      limited('seconds', async (client) => {
        const running = failed(
          client.query('DELETE FROM orders WHERE id = -1 AND pg_sleep(60) IS NULL OR pg_sleep(60) IS NULL'),
        );
        const { id } = await waitingFor(gateway, 'DELETE FROM orders WHERE id = -1 AND');
        await new Promise((resolve) => setTimeout(resolve, 600));
        await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
        expect(await running).toMatchObject({
          code: '57014',
          message: expect.stringContaining('0.4 seconds') as string,
        });
        await usable(client);
      }));
  });

  it('pipelines keep their order, with a statement above its limit among them', async () => {
    const { host, port, user, password } = gateway.endpoint('ada');
    const sql = postgres({
      host,
      port,
      user,
      password,
      database,
      max: 1,
      fetch_types: false,
      connection: { application_name: 'rows' },
    });
    try {
      const sizes = Array.from({ length: 40 }, (_, at) => (at % 4 === 1 ? 100_000 : at % 4));
      const results = await Promise.allSettled(sizes.map((size) => sql`SELECT generate_series(1, ${size}::int) AS i`));
      // postgres.js leaves room for the rows of a statement that failed in the result of the next one.
      const got = results.map((one) => (one.status === 'fulfilled' ? one.value.filter(Boolean).length : 'refused'));
      expect(got).toEqual(sizes.map((size) => (size > 3 ? 'refused' : size)));
    } finally {
      await sql.end();
    }
  });

  it('statements per minute are the subject’s, over all of its connections', async () => {
    const one = (): Promise<unknown> => limited('rate', (client) => client.query('SELECT 1; SELECT 2'));
    await one();
    await one();
    await limited('rate', async (client) => {
      // Both, or none of them: four have been sent.
      expect(await failed(client.query('SELECT 1; SELECT 2'))).toMatchObject({
        code: '53400',
        message: 'ada may send 5 statements a minute through this gateway.',
        hint: expect.stringMatching(/^Try again in \d+ seconds\.$/) as string,
      });
      expect((await client.query('SELECT 3 AS n')).rows).toEqual([{ n: 3 }]);
      expect(await failed(client.query('SELECT 4'))).toMatchObject({ code: '53400' });
    });
  });

  it('a session ends when its time is up, and what it runs is stopped', async () => {
    const ended = await limited('session', async (client) => failed(client.query('SELECT pg_sleep(60)')));
    expect(ended).toMatchObject({
      severity: 'FATAL',
      code: '57P05',
      message: 'The session has lasted 1 second, which is its limit.',
    });
    await eventually('the target to stop', async () => {
      const rows = await queryRows(
        directly(server, database),
        `SELECT 1 FROM pg_stat_activity WHERE datname = '${database}' AND query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()`,
      );
      return rows.length === 0 ? true : undefined;
    });
  });

  it('a limit that nobody knows is a denial', () =>
    limited('columns', async (client) => {
      expect(await failed(client.query('SELECT 1'))).toMatchObject({
        code: '42501',
        message: expect.stringMatching(/^The policy limits "columns", which nobody here can measure/) as string,
      });
    }));

  it('the recordings say what happened', async () => {
    await gateway.stop('keep');
    const verified = await gateway.verifyRecordings();
    expect(verified.code).toBe(0);
    const results = gateway
      .recordings()
      .flatMap(({ events }) => events)
      .filter((event) => event.type === 'result');
    const rows = results.filter(({ code }) => code === 'SP_LIMIT_ROWS');
    expect(rows.length).toBeGreaterThan(10);
    expect(new Set(rows.map((event) => event.rows))).toEqual(new Set([3, 1]));
    const kept = rows.filter(({ status, tag }) => status === 'ok' && tag?.startsWith('INSERT') === true);
    expect(kept.map(({ tag }) => tag)).toEqual(['INSERT 0 4']);
    const times = results.filter(({ code }) => code === 'SP_LIMIT_SECONDS');
    expect(times.filter(({ status }) => status === 'cancelled').length).toBeGreaterThan(3);
    // Of those that raced with their end some were complete.
    for (const { message } of times.filter(({ status }) => status === 'ok')) {
      expect(message).toContain('The target had completed it before it could be stopped');
    }
  });
});

describeWithTool('psql', 'limits in psql', (server, program) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'psql_limits');
    gateway = await startGateway({ server, database, policies: 'test/e2e/policies/limits' });
  });
  afterAll(() => gateway.stop());

  const run = (limit: Limit, args: readonly string[], input = ''): Promise<Output> =>
    runLibpq(program, gateway.endpoint('ada'), ['-X', '-At', ...args], { input, env: { PGAPPNAME: limit } });

  it('shows the error and goes on', async () => {
    const script = `${MANY};\n\\copy (${MANY}) TO STDOUT\nSELECT 7;\n`;
    const { stdout, stderr } = await run('rows', [], script);
    expect(stdout).toBe('1\n2\n3\n7\n');
    expect(stderr.match(/The statement gives more than 3 rows, which is its limit\./g)).toHaveLength(2);
  });

  it('\\copy … from is failed', async () => {
    const lines = Array.from({ length: 1_000 }, (_, at) => `line ${at}`).join('\n');
    const script = `CREATE TEMP TABLE lines (line text);\n\\copy lines from stdin\n${lines}\n\\.\nSELECT count(*) FROM lines;\n`;
    const { stdout, stderr } = await run('bytes', ['-q'], script);
    expect(stderr).toContain('The statement moves more than 4000 bytes, which is its limit.');
    expect(stdout).toBe('0\n');
  });

  it('time is up', async () => {
    const { stdout, stderr } = await run('seconds', ['-c', 'SELECT pg_sleep(60)', '-c', 'SELECT 7']);
    expect(stderr).toContain('ERROR:  The statement takes longer than 0.4 seconds, which is its limit.');
    expect(stdout).toBe('7\n');
  });
});
