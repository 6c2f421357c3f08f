import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import type { Store } from '../store.ts';
import type { Tables } from '../tables.ts';
import { lockDirectory } from './directory-lock.ts';
import { pgliteDialect } from './pglite-driver.ts';
import { PgliteClient } from './worker-client.ts';

/**
 * The store in a directory of the gateway's own, without a server.
 *
 * @throws SallyportError SP_STORE_LOCKED, SP_STORE_UNAVAILABLE
 */
export async function openPglite(directory: string): Promise<Store> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(join(directory, 'lock'));
  let client: PgliteClient;
  try {
    client = await PgliteClient.open(join(directory, 'pglite'));
  } catch (error) {
    unlock();
    throw error;
  }
  const db = new Kysely<Tables>({ dialect: pgliteDialect(client) });
  return {
    db,
    kind: 'pglite',
    // Both take their turn: within somebody else's transaction they would be taken back with it. The connection to a
    // thread is not lost, so nothing is missed.
    async listen(channel, heard) {
      const stop = await db.connection().execute(() => client.listen(channel, heard));
      return () => db.connection().execute(stop);
    },
    async notify(channel, payload) {
      await sql`select pg_notify(${channel}, ${payload})`.execute(db);
    },
    async close() {
      await db.destroy();
      await client.close();
      unlock();
    },
  };
}
