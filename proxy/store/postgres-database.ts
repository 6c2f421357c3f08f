import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { SallyportError } from '../../engine/errors.ts';
import { describeError, type Logger } from '../log.ts';
import { PostgresListener } from './postgres-listener.ts';
import type { Store, StoreLocation } from './store.ts';
import type { Tables } from './tables.ts';

/**
 * The store in a PostgreSQL, which several gateways may share. The URL is libpq's (`postgresql://user:password@host/db`).
 *
 * @throws SallyportError SP_STORE_UNAVAILABLE
 */
export async function openPostgres(
  { url, connections = 5 }: Extract<StoreLocation, { kind: 'postgres' }>,
  logger: Logger,
): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 10_000,
    application_name: 'sallyport store',
  });
  // An idle connection that breaks is replaced with the next query.
  pool.on('error', (error) => {
    logger.warn({ error: describeError(error) }, 'store connection lost');
  });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await sql`select 1`.execute(db);
  } catch (cause) {
    await db.destroy();
    throw new SallyportError('SP_STORE_UNAVAILABLE', `The store cannot be reached: ${describeError(cause)}`, {
      help: 'store.url must lead to a PostgreSQL in which the gateway may make tables.',
      cause,
    });
  }
  const listener = new PostgresListener(url, logger);
  return {
    db,
    kind: 'postgres',
    listen: (channel, heard, missed) => listener.listen(channel, heard, missed),
    async notify(channel, payload) {
      await sql`select pg_notify(${channel}, ${payload})`.execute(db);
    },
    async close() {
      await listener.close();
      await db.destroy();
    },
  };
}
