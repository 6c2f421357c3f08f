import { sql, type Transaction } from 'kysely';
import type { Tables } from '../store/tables.ts';
import type { Channel } from './channel.ts';
import type { NewNotification } from './notice.ts';

/** What all gateways that share a store hear: the name of a channel that has something to send. */
export const OUTBOX_CHANNEL = 'sallyport_outbox';

const MINUTE_MS = 60_000;

/** By name, the channels that are configured. */
export type ChannelRates = ReadonlyMap<string, Pick<Channel, 'perMinute'>>;

interface ChannelCount {
  minute: number;
  queued: number;
  leftOut: number;
}

/**
 * Puts notifications into the outbox, in the order of their times, within a transaction of the caller's: they are there
 * when what they tell of is, or not at all. What is there already is not put there again. Beyond a channel's rate they are left
 * out and counted, and the next one says how many.
 *
 * @throws the database's error
 */
export async function enqueue(
  db: Transaction<Tables>,
  notifications: readonly NewNotification[],
  channels: ChannelRates,
): Promise<void> {
  // In one order, so that two gateways that lock several channels never wait for each other.
  const names = [...new Set(notifications.map(({ channel }) => channel))].sort();
  for (const name of names) {
    const channel = channels.get(name);
    if (channel === undefined) continue;
    const count = await lockChannel(db, name);
    const fresh = await notYetThere(
      db,
      name,
      notifications.filter((one) => one.channel === name),
    );
    const { rows, after } = withinRate(fresh, count, channel.perMinute);
    if (rows.length > 0) await insertRows(db, name, rows);
    await db
      .updateTable('notification_channels')
      .set({ minute: new Date(after.minute), queued: after.queued, left_out: after.leftOut })
      .where('channel', '=', name)
      .execute();
    await sql`select pg_notify(${OUTBOX_CHANNEL}, ${name})`.execute(db);
  }
}

/**
 * Queues what recordings tell of. What happened before the outbox was made is past: a store that was lost and is made
 * anew must not tell everything again.
 *
 * @throws the database's error
 */
export async function enqueueRecorded(
  db: Transaction<Tables>,
  notifications: readonly NewNotification[],
  channels: ChannelRates,
): Promise<void> {
  if (notifications.length === 0) return;
  const { rows } = await sql<{ timestamp: string }>`
    select timestamp from sallyport_migrations where name = '004-outbox'`.execute(db);
  const since = Date.parse(rows[0]?.timestamp ?? '');
  const fresh = notifications.filter(({ time }) => !(Date.parse(time) < since));
  if (fresh.length > 0) await enqueue(db, fresh, channels);
}

/** Whoever puts something into a channel does so alone: numbers are then given in the order in which they are seen. */
async function lockChannel(db: Transaction<Tables>, name: string): Promise<ChannelCount> {
  await db
    .insertInto('notification_channels')
    .values({ channel: name })
    .onConflict((conflict) => conflict.column('channel').doNothing())
    .execute();
  const { minute, queued, left_out } = await db
    .selectFrom('notification_channels')
    .select(['minute', 'queued', 'left_out'])
    .where('channel', '=', name)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { minute: minute?.getTime() ?? 0, queued, leftOut: left_out };
}

async function notYetThere(
  db: Transaction<Tables>,
  name: string,
  notifications: readonly NewNotification[],
): Promise<NewNotification[]> {
  const sources = notifications.map(({ source }) => source);
  const known = await db
    .selectFrom('outbox')
    .select('source')
    .where('channel', '=', name)
    .where(sql<boolean>`source = any(${sources}::text[])`)
    .execute();
  const there = new Set(known.map(({ source }) => source));
  return notifications
    .filter(({ source }) => !there.has(source))
    .sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

type NewRow = NewNotification & { readonly leftOut: number };

/** Counts by the minute in which something happened: what is read late, after a crash, is not left out for that. */
function withinRate(
  notifications: readonly NewNotification[],
  before: ChannelCount,
  perMinute: number,
): { readonly rows: readonly NewRow[]; readonly after: ChannelCount } {
  const after = { ...before };
  const rows: NewRow[] = [];
  for (const one of notifications) {
    const minute = Math.floor(Date.parse(one.time) / MINUTE_MS) * MINUTE_MS;
    if (minute > after.minute) Object.assign(after, { minute, queued: 0 });
    if (after.queued >= perMinute) {
      after.leftOut += 1;
      continue;
    }
    rows.push({ ...one, leftOut: after.leftOut });
    after.queued += 1;
    after.leftOut = 0;
  }
  return { rows, after };
}

async function insertRows(db: Transaction<Tables>, channel: string, rows: readonly NewRow[]): Promise<void> {
  const json = JSON.stringify(
    rows.map(({ source, time, notice, leftOut }, n) => ({
      n,
      source,
      time,
      data: JSON.stringify(notice),
      left_out: leftOut,
    })),
  );
  await sql`
    insert into outbox (channel, source, time, data, left_out, state, attempts)
    select ${channel}, source, time, data, left_out, 'waiting', 0
    from json_to_recordset(${json}::json) as new (n int, source text, time timestamptz, data text, left_out int)
    order by n
    on conflict (channel, source) do nothing`.execute(db);
}
