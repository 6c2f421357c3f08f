import { randomBytes } from 'node:crypto';
import { targetUsers, withClient } from './postgres-server.ts';
import type { SuiteServer } from './suite-server.ts';

/** A database of its own for gateways that share a store. */
export interface StoreDatabase {
  readonly name: string;
  /** As the configuration takes it. */
  readonly url: string;
  /** Nobody gets in, and who is in is thrown out: the store cannot be reached. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function createStoreDatabase({ port }: SuiteServer): Promise<StoreDatabase> {
  const name = `store_${randomBytes(4).toString('hex')}`;
  const ask = (text: string): Promise<unknown> =>
    withClient({ port, database: 'postgres' }, (client) => client.query(text));
  await ask(`CREATE DATABASE ${name}`);
  const { user, password } = targetUsers.scram;
  return {
    name,
    url: `postgresql://${user}:${password}@127.0.0.1:${port}/${name}`,
    async shut() {
      await ask(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    },
    async open() {
      await ask(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    },
  };
}
