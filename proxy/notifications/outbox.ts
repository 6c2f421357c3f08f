import { sql, type Kysely, type Selectable } from 'kysely';
import { SallyportError } from '../../engine/errors.ts';
import type { NotificationState, OutboxTable, Tables } from '../store/tables.ts';
import type { Channel } from './channel.ts';
import { OUTBOX_CHANNEL } from './enqueue.ts';

export type OutboxRow = Selectable<OutboxTable>;

/**
 * The next of a channel, in order.
 *
 * @param after those behind this one, or all; what was sent a moment ago need not be stepped over
 * @throws the database's error
 */
export async function nextWaiting(
  db: Kysely<Tables>,
  channel: string,
  most: number,
  after: OutboxRow['id'] = 0,
): Promise<OutboxRow[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('channel', '=', channel)
    .where('state', '=', 'waiting')
    .where('id', '>', after)
    .orderBy('id')
    .limit(most)
    .execute();
}

/** What an attempt came to. */
export type Attempt =
  | { readonly state: 'dead'; readonly at: Date; readonly error: string }
  | { readonly state: 'waiting'; readonly nextAttempt: Date; readonly error: string };

/** The receiver has them. @throws the database's error */
export async function recordSent(db: Kysely<Tables>, rows: readonly OutboxRow[], at: Date): Promise<void> {
  if (rows.length === 0) return;
  await db
    .updateTable('outbox')
    .set(({ eb }) => ({
      state: 'sent',
      attempts: eb('attempts', '+', 1),
      error: null,
      next_attempt: null,
      finished: at,
    }))
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .where('state', '=', 'waiting')
    .execute();
}

/** The receiver does not have it. @throws the database's error */
export async function recordFailure(db: Kysely<Tables>, { id, attempts }: OutboxRow, attempt: Attempt): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      state: attempt.state,
      attempts: attempts + 1,
      error: attempt.error,
      next_attempt: attempt.state === 'waiting' ? attempt.nextAttempt : null,
      finished: attempt.state === 'waiting' ? null : attempt.at,
    })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute();
}

/**
 * Drops the oldest of what waits beyond a channel's backlog; the one that is sent next says how many.
 *
 * @returns how many were dropped @throws the database's error
 */
export async function dropBacklog(db: Kysely<Tables>, { name, backlog }: Channel, now: Date): Promise<number> {
  if (backlog === undefined) return 0;
  const { most, ageMs } = backlog;
  const oldest = ageMs === undefined ? undefined : new Date(now.getTime() - ageMs);
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ id: string | number }>`
      update outbox set state = 'dropped', finished = ${now}, error = 'the backlog was full'
      where channel = ${name} and state = 'waiting' and (
        id <= (select id from outbox where channel = ${name} and state = 'waiting' order by id desc
               offset ${most ?? Number.MAX_SAFE_INTEGER} limit 1)
        or time < ${oldest ?? null}::timestamptz)
      returning id`.execute(transaction);
    if (rows.length > 0) await countLeftOut(transaction, name, rows.length);
    return rows.length;
  });
}

async function countLeftOut(db: Kysely<Tables>, channel: string, count: number): Promise<void> {
  const { rows } = await sql`
    update outbox set left_out = left_out + ${count}
    where id = (select min(id) from outbox where channel = ${channel} and state = 'waiting')
    returning id`.execute(db);
  if (rows.length > 0) return;
  await sql`update notification_channels set left_out = left_out + ${count} where channel = ${channel}`.execute(db);
}

/** How long sent notifications, and those that were given up, can be looked at. */
const KEPT = { sent: '1 day', others: '30 days' } as const;

/** @throws the database's error */
export async function forgetFinished(db: Kysely<Tables>): Promise<void> {
  await sql`
    delete from outbox where state <> 'waiting' and
      finished < now() - (case state when 'sent' then ${KEPT.sent} else ${KEPT.others} end)::interval`.execute(db);
}

export interface OutboxFilter {
  readonly channel?: string;
  readonly state?: NotificationState;
  readonly limit: number;
}

/** The newest first. @throws the database's error */
export async function listOutbox(db: Kysely<Tables>, { channel, state, limit }: OutboxFilter): Promise<OutboxRow[]> {
  let query = db.selectFrom('outbox').selectAll();
  if (channel !== undefined) query = query.where('channel', '=', channel);
  if (state !== undefined) query = query.where('state', '=', state);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/**
 * Lets one that was given up be sent after all, before what has come since.
 *
 * @throws SallyportError SP_NOTIFICATION_UNKNOWN, SP_NOTIFICATION_SENT
 */
export async function retryNotification(db: Kysely<Tables>, id: string): Promise<OutboxRow> {
  const { rows } = await sql<OutboxRow>`
    update outbox set state = 'waiting', attempts = 0, next_attempt = null, finished = null
    where id::text = ${id} and state <> 'sent' returning *`.execute(db);
  const [row] = rows;
  if (row !== undefined) {
    await sql`select pg_notify(${OUTBOX_CHANNEL}, ${row.channel})`.execute(db);
    return row;
  }
  const known = await sql`select 1 from outbox where id::text = ${id}`.execute(db);
  throw known.rows.length === 0
    ? new SallyportError('SP_NOTIFICATION_UNKNOWN', `There is no notification ${id}.`)
    : new SallyportError('SP_NOTIFICATION_SENT', `The notification ${id} was sent already.`);
}
