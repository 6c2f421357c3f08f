import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { serverUser } from './installations.ts';
import { freePort } from './network.ts';
import { targetUsers } from './postgres-server.ts';
import { eventually, start } from './processes.ts';

export interface Pooler {
  readonly port: number;
  stop(): Promise<void>;
}

/** PgBouncer before one database of a server: a connection of the server's is a client's for one transaction. */
export async function startPgbouncer(program: string, target: { port: number }, database: string): Promise<Pooler> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-pgbouncer-'));
  const user = serverUser();
  const port = await freePort();
  const configuration = path.join(folder, 'pgbouncer.ini');
  fs.writeFileSync(
    configuration,
    `[databases]
${database} = host=127.0.0.1 port=${target.port} user=${targetUsers.trust.user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
logfile = ${path.join(folder, 'pgbouncer.log')}
`,
  );
  if (user !== undefined) fs.chownSync(folder, user.uid, user.gid);
  const running = start(program, ['-q', configuration], { ...user });
  await eventually(
    'pgbouncer to listen',
    () =>
      new Promise<true | undefined>((resolve) => {
        const probe = net.connect(port, '127.0.0.1');
        probe.once('connect', () => {
          probe.destroy();
          resolve(true);
        });
        probe.once('error', () => {
          resolve(undefined);
        });
      }),
  );
  return {
    port,
    async stop() {
      running.kill('SIGTERM');
      await running.done;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
