import fs from 'node:fs';
import pg from 'pg';
import { run, start, type Output, type Running } from './processes.ts';
import { targetUsers, type ServerInfo } from './postgres-server.ts';

/** Where a client connects to and as whom: a server itself, or a gateway in front of it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PEM file to trust; with it clients ask for TLS and check the server's name. */
  readonly caFile?: string;
}

/** Straight to the server, as the user that the gateway logs in as. */
export function directly(server: ServerInfo, database: string): Endpoint {
  return { host: '127.0.0.1', port: server.port, ...targetUsers.scram, database };
}

/** The environment that libpq (psql, pgbench, pg_dump, psycopg) reads its connection from. */
export function libpqEnvironment(endpoint: Endpoint): Record<string, string> {
  return {
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGUSER: endpoint.user,
    PGPASSWORD: endpoint.password,
    PGDATABASE: endpoint.database,
    PGCONNECT_TIMEOUT: '10',
    ...(endpoint.caFile === undefined
      ? { PGSSLMODE: 'prefer' }
      : { PGSSLMODE: 'verify-full', PGSSLROOTCERT: endpoint.caFile }),
  };
}

/** Runs one of libpq's programs. */
export function runLibpq(
  program: string,
  endpoint: Endpoint,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  } = {},
): Promise<Output> {
  return run(program, args, { ...options, env: { ...libpqEnvironment(endpoint), ...options.env } });
}

export function startLibpq(program: string, endpoint: Endpoint, args: readonly string[]): Running {
  return start(program, args, { env: libpqEnvironment(endpoint) });
}

/** Runs psql over a script on standard input, without the person's own settings, stopping at nothing. */
export function psql(
  program: string,
  endpoint: Endpoint,
  script: string,
  args: readonly string[] = [],
): Promise<Output> {
  return runLibpq(program, endpoint, ['-X', '-q', ...args], { input: script });
}

/** Opens a node-postgres client, lets `work` use it, closes it. */
export async function withPg<T>(
  endpoint: Endpoint,
  work: (client: pg.Client) => Promise<T>,
  options: pg.ClientConfig = {},
): Promise<T> {
  const client = new pg.Client({
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.user,
    password: endpoint.password,
    database: endpoint.database,
    ...(endpoint.caFile === undefined ? {} : { ssl: { ca: fs.readFileSync(endpoint.caFile, 'utf8') } }),
    ...options,
  });
  // A connection that the other side ends is what some specifications want to see.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** One statement in a session of its own; gives its rows. */
export async function queryRows(
  endpoint: Endpoint,
  text: string,
  options: pg.ClientConfig = {},
): Promise<Record<string, unknown>[]> {
  return withPg(
    endpoint,
    async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(text);
      return rows;
    },
    options,
  );
}

/** The server's (or the gateway's) error that some work must end with. */
export async function databaseError(work: Promise<unknown>): Promise<pg.DatabaseError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  }
  throw new Error('this was to fail');
}
