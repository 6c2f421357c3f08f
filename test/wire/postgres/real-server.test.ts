import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import type { Command } from '../../../engine/contract.ts';
import type { GateSession } from '../../../proxy/protocol.ts';
import { createPostgresProtocol } from '../../../proxy/protocols/postgres/index.ts';
import { installations } from '../../e2e/support/installations.ts';
import { startPostgres, targetUsers, type PostgresServer } from '../../e2e/support/postgres-server.ts';
import { RecordingGate } from './support/recording-gate.ts';
import { startRelay, type TestRelay } from './support/relay.ts';

/** What the model target cannot prove: that real servers answer the replaced statements as the machine expects. */

const { found, missing } = installations();
if (found.length === 0) console.warn(`left out: ${missing.join(', ')}`);

/** Denies what drops or deletes, and hands the states that commands were judged in to the test. */
const denies = (command: Command): boolean => command.effects.includes('drop') || command.effects.includes('delete');

describe.each(found)('$name', (installation) => {
  let server: PostgresServer;
  let relay: TestRelay;
  const gates: RecordingGate[] = [];

  beforeAll(async () => {
    server = await startPostgres(installation);
    const dialect = await createPostgresDialect();
    relay = await startRelay({
      protocol: createPostgresProtocol({ dialect }),
      target: { host: server.host, port: server.port, tls: 'disable', ...targetUsers.scram, database: 'postgres' },
      gate: (): GateSession => {
        const gate = new RecordingGate(denies);
        gates.push(gate);
        return gate;
      },
    });
    await withClient(async (client) => {
      await client.query('CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)');
    });
  });

  afterAll(async () => {
    await relay.close();
    await server.remove();
  });

  async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: relay.port,
      user: 'agent',
      password: 'token',
      database: 'x',
    });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  const denied = { code: '42501', severity: 'ERROR', hint: 'Ask for a reviewed migration.' };

  it('denials leave a session outside of transactions as it was', async () => {
    await withClient(async (client) => {
      await expect(client.query('DROP TABLE t')).rejects.toMatchObject(denied);
      await expect(client.query('DELETE FROM t WHERE a = $1', [1])).rejects.toMatchObject(denied);
      await expect(client.query('SELECT 1; DROP TABLE t')).rejects.toMatchObject(denied);
      expect((await client.query('SELECT count(*)::int AS n FROM t')).rows).toEqual([{ n: 2 }]);
    });
  });

  it('denials fail a transaction, and its savepoints mend it', async () => {
    await withClient(async (client) => {
      await client.query('BEGIN');
      await client.query('INSERT INTO t VALUES (3)');
      await client.query('SAVEPOINT s');
      await expect(client.query('DROP TABLE t')).rejects.toMatchObject(denied);
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
      await expect(client.query('DROP TABLE t')).rejects.toMatchObject(denied);
      await client.query('ROLLBACK TO s');
      expect((await client.query('SELECT count(*)::int AS n FROM t')).rows).toEqual([{ n: 3 }]);
      await expect(client.query({ text: 'DELETE FROM t', name: 'd' })).rejects.toMatchObject(denied);
      expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
      expect((await client.query('SELECT count(*)::int AS n FROM t')).rows).toEqual([{ n: 2 }]);
    });
  });

  it('a pipelining driver gets each answer in its place', async () => {
    const sql = postgres({ host: '127.0.0.1', port: relay.port, user: 'agent', pass: 'token', database: 'x', max: 1 });
    try {
      const answers = await Promise.allSettled([
        sql`SELECT 1 AS a`,
        sql`DELETE FROM t WHERE a = ${1}`,
        sql`SELECT ${2}::int AS a`,
        sql`DROP TABLE t`.simple(),
        sql`SELECT count(*)::int AS a FROM t`,
        sql`SELECT 1/0`,
        sql`SELECT 3 AS a`,
      ]);
      const told = answers.map((one) => (one.status === 'fulfilled' ? [...one.value] : codeOf(one.reason)));
      expect(told).toEqual([[{ a: 1 }], '42501', [{ a: 2 }], '42501', [{ a: 2 }], '22012', [{ a: 3 }]]);
    } finally {
      await sql.end();
    }
  });

  it('a statement that does not parse is pointed at', async () => {
    await withClient(async (client) => {
      await expect(client.query('SELEC 1')).rejects.toMatchObject({ severity: 'ERROR' });
      expect((await client.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
    });
  });

  it.each([
    'SET standard_conforming_strings = off',
    "SELECT set_config('standard_conforming_strings', 'off', false)",
    "SELECT pg_catalog.set_config('client_encoding', 'SJIS', true)",
    'ALTER ROLE postgres SET standard_conforming_strings = off',
    "ALTER DATABASE postgres SET client_encoding = 'LATIN1'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET standard_conforming_strings = off AS 'SELECT 1'",
    "SET NAMES 'latin1'",
  ])('%s is refused', async (text) => {
    await withClient(async (client) => {
      await expect(client.query(text)).rejects.toMatchObject({ code: '42501' });
      await expect(client.query(text, [])).rejects.toMatchObject({ code: '42501' });
      expect((await client.query('SHOW standard_conforming_strings')).rows).toEqual([
        { standard_conforming_strings: 'on' },
      ]);
    });
  });

  it('a hidden change of standard_conforming_strings ends the session', async () => {
    const error = new Promise<unknown>((resolve) => {
      void withClient(async (client) => {
        client.on('error', resolve);
        await client.query("DO $$ BEGIN EXECUTE 'SET standard_conforming_strings = o' || 'ff'; END $$").catch(resolve);
        await client.query('SELECT 1').catch(resolve);
      }).catch(resolve);
    });
    await expect(error).resolves.toMatchObject({ severity: 'FATAL', code: '42501' });
  });

  // After each list the state that the next command is judged in must be what the server itself says.
  it.each([
    ['SET ROLE reader'],
    ['SET ROLE reader', 'RESET ROLE'],
    ['SET ROLE reader', 'RESET ALL'],
    ['SET ROLE reader', 'DISCARD ALL'],
    ['SET SESSION AUTHORIZATION reader'],
    ['SET ROLE reader', 'SET SESSION AUTHORIZATION DEFAULT'],
    ['BEGIN', 'SET LOCAL ROLE reader'],
    ['BEGIN', 'SET LOCAL ROLE reader', 'COMMIT'],
    ['BEGIN', 'SET ROLE reader', 'ROLLBACK'],
    ['BEGIN', 'SET ROLE reader', 'COMMIT AND CHAIN', 'ROLLBACK'],
    ['BEGIN', 'SAVEPOINT s', 'SET ROLE reader', 'ROLLBACK TO s'],
    ['BEGIN', 'SET ROLE reader', 'SAVEPOINT s', 'SET ROLE NONE', 'RELEASE s'],
    ['SET ROLE reader; BEGIN; SET ROLE NONE', 'ROLLBACK'],
    ['SET ROLE reader; COMMIT; SET ROLE NONE; SELECT 1/0'],
    ['SET ROLE reader; SELECT 1/0'],
    ['BEGIN', 'SET ROLE reader', 'SELECT 1/0', 'COMMIT'],
    ["SELECT set_config('role', 'reader', false)"],
    ['SET search_path = a, "B c", public'],
    ['BEGIN; SET LOCAL search_path TO x', 'COMMIT'],
    ["SET work_mem = '1MB'", 'BEGIN', "SET LOCAL work_mem = '2MB'"],
  ])('state after %s', async (...statements) => {
    await withClient(async (client) => {
      for (const text of statements) await client.query(text).catch(() => undefined);
      const truth = await client.query<{ role: string; path: string[]; mem: string }>(
        "SELECT current_user AS role, string_to_array(current_setting('search_path'), ', ') AS path, current_setting('work_mem') AS mem",
      );
      const state = gates.at(-1)?.judgements.at(-1)?.state;
      expect(state?.role).toBe(truth.rows[0]?.role);
      if (state?.search_path !== undefined) {
        expect(state.search_path.map(quoted)).toEqual(truth.rows[0]?.path);
      }
      const memory = state?.settings['work_mem'];
      if (memory !== undefined) expect(memory).toBe(truth.rows[0]?.mem);
    });
  });
});

function quoted(name: string): string {
  return /^[a-z]+$/.test(name) ? name : `"${name}"`;
}

function codeOf(reason: unknown): unknown {
  return reason instanceof postgres.PostgresError ? reason.code : reason;
}
