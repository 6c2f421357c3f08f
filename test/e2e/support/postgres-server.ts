import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { certificateForLocalhost } from './certificates.ts';
import { serverUser, settle, type Installation } from './installations.ts';
import { freePort } from './network.ts';
import { eventually, run, start, type Running } from './processes.ts';

/** What a test needs to know of a running server. Plain data: it crosses from the setup to the test processes. */
export interface ServerInfo {
  readonly name: string;
  readonly major: number;
  readonly host: string;
  readonly port: number;
  /** PEM file: the certificate that the server shows. */
  readonly certificateFile: string;
  /** Folder of the server's own log, in its JSON format. */
  readonly logFolder: string;
  /** A folder that the server's user may write to. */
  readonly scratchFolder: string;
}

export interface PostgresServer extends ServerInfo {
  /** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one. */
  stop(signal?: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  restart(): Promise<void>;
  /** Stops the server and removes all that it wrote. */
  remove(): Promise<void>;
}

/** The target's users, by how they must authenticate. All are superusers: the server itself would stop nothing. */
export const targetUsers = {
  scram: { user: 'gateway_scram', password: 'target-scram-password' },
  md5: { user: 'gateway_md5', password: 'target-md5-password' },
  trust: { user: 'gateway_trust', password: '' },
  /** Let in over TLS only. */
  tls: { user: 'gateway_tls', password: 'target-tls-password' },
} as const;

const superuser = 'postgres';

const hostRules = `
local   all all            trust
host    all ${superuser}   127.0.0.1/32 trust
host    all gateway_trust  127.0.0.1/32 trust
host    all gateway_md5    127.0.0.1/32 md5
hostssl all gateway_tls    127.0.0.1/32 scram-sha-256
hostnossl all gateway_tls  127.0.0.1/32 reject
host    all all            127.0.0.1/32 scram-sha-256
`;

const roles = `
SET password_encryption = 'scram-sha-256';
CREATE ROLE gateway_scram SUPERUSER LOGIN PASSWORD '${targetUsers.scram.password}';
CREATE ROLE gateway_tls SUPERUSER LOGIN PASSWORD '${targetUsers.tls.password}';
CREATE ROLE gateway_trust SUPERUSER LOGIN;
CREATE ROLE reader NOLOGIN;
SET password_encryption = 'md5';
CREATE ROLE gateway_md5 SUPERUSER LOGIN PASSWORD '${targetUsers.md5.password}';
`;

/** Settings: quick rather than durable. With `log`, every statement that reaches the server is written down. */
function settings(port: number, folder: string, log: boolean, more: readonly string[]): string {
  const base = [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = '${folder}'`,
    'max_connections = 200',
    'fsync = off',
    'full_page_writes = off',
    'ssl = on',
    `ssl_cert_file = '${path.join(folder, 'server.crt')}'`,
    `ssl_key_file = '${path.join(folder, 'server.key')}'`,
  ];
  const logging = [
    'logging_collector = on',
    'log_destination = jsonlog',
    `log_directory = '${path.join(folder, 'log')}'`,
    "log_filename = 'server.log'",
    'log_file_mode = 0644',
    'log_statement = all',
    'log_min_error_statement = error',
  ];
  return [...base, ...(log ? logging : []), ...more].join('\n') + '\n';
}

/** Makes a cluster in a temporary folder and starts it on a free port. */
export async function startPostgres(
  installation: Installation,
  options: { readonly log?: boolean; readonly settings?: readonly string[] } = {},
): Promise<PostgresServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-pg-'));
  const user = serverUser();
  const own = (file: string) => {
    if (user !== undefined) fs.chownSync(file, user.uid, user.gid);
  };
  try {
    fs.chmodSync(folder, 0o755);
    own(folder);
    const { bin } = await settle(installation, folder);
    const data = path.join(folder, 'data');
    const scratchFolder = path.join(folder, 'scratch');
    fs.mkdirSync(scratchFolder);
    own(scratchFolder);
    const initdb = await run(
      path.join(bin, 'initdb'),
      ['-D', data, '-U', superuser, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
      { ...user, cwd: folder, timeoutMs: 60_000 },
    );
    if (initdb.code !== 0) throw new Error(`initdb failed: ${initdb.stderr}${initdb.stdout}`);
    const { key, certificate } = await certificateForLocalhost();
    const port = await freePort();
    const write = (file: string, text: string, mode: number) => {
      fs.writeFileSync(file, text, { mode });
      own(file);
    };
    write(path.join(folder, 'server.key'), key, 0o600);
    write(path.join(folder, 'server.crt'), certificate, 0o644);
    write(path.join(data, 'pg_hba.conf'), hostRules, 0o600);
    const configuration = settings(port, folder, options.log ?? false, options.settings ?? []);
    fs.appendFileSync(path.join(data, 'postgresql.conf'), configuration);

    let server: Running | undefined;
    const launch = async () => {
      const started = start(path.join(bin, 'postgres'), ['-D', data], { ...user, cwd: folder });
      server = started;
      await eventually(`${installation.name} to accept connections`, () => answers(port, started), 60_000);
    };
    const stop = async (signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT') => {
      const ended = server;
      server = undefined;
      ended?.kill(signal);
      await ended?.done;
    };
    await launch();
    await withClient({ port, database: 'postgres', user: superuser }, (client) => client.query(roles));
    return {
      name: installation.name,
      major: installation.major,
      host: '127.0.0.1',
      port,
      certificateFile: path.join(folder, 'server.crt'),
      logFolder: path.join(folder, 'log'),
      scratchFolder,
      stop,
      async restart() {
        await stop();
        await launch();
      },
      async remove() {
        await stop();
        fs.rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function answers(port: number, server: Running): Promise<true | undefined> {
  if (server.child.exitCode !== null) throw new Error(`the server stopped: ${server.output().stderr}`);
  try {
    return await withClient({ port, database: 'postgres', user: superuser }, () => true);
  } catch {
    return undefined;
  }
}

/** Connects past the gateway, as the server's own superuser unless told otherwise, and closes again. */
export async function withClient<T>(
  at: { readonly port: number; readonly database: string; readonly user?: string; readonly password?: string },
  work: (client: pg.Client) => T | Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: at.port,
    database: at.database,
    user: at.user ?? superuser,
    ...(at.password === undefined ? {} : { password: at.password }),
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
