import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, serverUser } from '../e2e/support/installations.ts';
import { freePort } from '../e2e/support/network.ts';
import { targetUsers } from '../e2e/support/postgres-server.ts';
import { eventually, start, type Running } from '../e2e/support/processes.ts';

/** A way from the client to the server. */
export interface BenchPath {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The process in the middle. */
  readonly pid?: number;
  readonly stop: () => Promise<void>;
}

export const database = 'postgres';

export function direct(port: number): BenchPath {
  return { name: 'direct', port, ...targetUsers.trust, database, stop: () => Promise.resolve() };
}

export async function barePipe(targetPort: number): Promise<BenchPath> {
  const port = await freePort();
  const script = fileURLToPath(new URL('pipe.js', import.meta.url));
  const program = start(process.execPath, [script, String(port), String(targetPort)]);
  await listens(port, program);
  return { name: 'bare Node pipe', port, ...targetUsers.trust, database, ...middle(program) };
}

/** Debian's pgbouncer with session pooling: every client has a server connection of its own, as with Sallyport. */
export async function pgbouncer(targetPort: number, folder: string): Promise<BenchPath | undefined> {
  const binary = findProgram('pgbouncer');
  if (binary === undefined) return undefined;
  const port = await freePort();
  const user = serverUser();
  const configuration = path.join(folder, 'pgbouncer.ini');
  fs.writeFileSync(
    configuration,
    `[databases]
${database} = host=127.0.0.1 port=${targetPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = session
default_pool_size = 2000
max_client_conn = 2000
max_db_connections = 0
ignore_startup_parameters = extra_float_digits
logfile = ${path.join(folder, 'pgbouncer.log')}
log_connections = 0
log_disconnections = 0
`.replace(`port=${targetPort}`, `port=${targetPort} user=${targetUsers.trust.user}`),
  );
  if (user !== undefined) fs.chownSync(folder, user.uid, user.gid);
  // pgbouncer, too, refuses to run as root.
  const program = start(binary, ['-q', configuration], { ...user });
  await listens(port, program);
  return { name: 'pgbouncer', port, ...targetUsers.trust, database, ...middle(program) };
}

export function middle(program: Running): Pick<BenchPath, 'stop'> & { pid: number } {
  const pid = program.child.pid;
  if (pid === undefined) throw new Error('the process has no id');
  return {
    pid,
    async stop() {
      program.kill('SIGTERM');
      await program.done;
    },
  };
}

async function listens(port: number, program: Running): Promise<void> {
  await eventually(`port ${port} to listen`, () => {
    if (program.child.exitCode !== null) throw new Error(`it stopped: ${program.output().stderr}`);
    return new Promise<true | undefined>((resolve) => {
      const probe = net.connect(port, '127.0.0.1');
      probe.once('connect', () => {
        probe.destroy();
        resolve(true);
      });
      probe.once('error', () => {
        resolve(undefined);
      });
    });
  });
}
