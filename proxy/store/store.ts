import { Migrator, type Kysely } from 'kysely';
import { SallyportError } from '../../engine/errors.ts';
import { describeError, type Logger } from '../log.ts';
import { migrations } from './migrations.ts';
import { openPglite } from './pglite/pglite-database.ts';
import { openPostgres } from './postgres-database.ts';
import type { Tables } from './tables.ts';

/** A database with the store's tables in it, and word between the gateways that share it. */
export interface Store {
  readonly db: Kysely<Tables>;
  /** `pglite`: in this gateway's own data directory; `postgres`: may be shared by several gateways. */
  readonly kind: 'pglite' | 'postgres';
  /**
   * Hears what any gateway that shares the store notifies (LISTEN). `missed` is called when the connection that listens
   * was lost and stands again: whatever was said in the meantime was not heard.
   *
   * @returns a function that stops listening
   */
  listen(channel: string, heard: (payload: string) => void, missed?: () => void): Promise<() => Promise<void>>;
  /** Tells all gateways, this one too. `payload` is at most 8,000 bytes (NOTIFY's own limit). */
  notify(channel: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

/** Where the store is. */
export type StoreLocation =
  | { readonly kind: 'pglite'; readonly directory: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly connections?: number };

/**
 * Opens the store, and brings its tables up to date under a lock of the database: several gateways may start at once.
 *
 * @throws SallyportError SP_STORE_UNAVAILABLE when it cannot be opened, SP_STORE_LOCKED when another process has the
 *   directory, SP_STORE_MIGRATION when its tables are newer than this version or cannot be brought up to date
 */
export async function openStore(location: StoreLocation, logger: Logger): Promise<Store> {
  const store =
    location.kind === 'pglite' ? await openPglite(location.directory) : await openPostgres(location, logger);
  try {
    await migrate(store.db);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    migrationTableName: 'sallyport_migrations',
    migrationLockTableName: 'sallyport_migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  throw new SallyportError(
    'SP_STORE_MIGRATION',
    `The store could not be brought up to date${failed === undefined ? '' : ` (${failed})`}: ${describeError(error)}`,
    {
      help: 'A store that a newer version of Sallyport wrote needs that version.',
      cause: error,
    },
  );
}
