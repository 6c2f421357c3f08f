import { sql, type Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';

/**
 * Who sends for a channel. A lease in the store and no lock of the database's: that would hold a connection for as long
 * as a receiver takes to answer, and PGlite has one. A gateway that dies holds it for its rest, and no longer.
 */
export type Lease = { readonly mine: true } | { readonly mine: false; readonly freeInMs: number };

/** Takes a channel's lease, or holds on to it. By the database's clock. @throws the database's error */
export async function takeLease(db: Kysely<Tables>, channel: string, sender: string, forMs: number): Promise<Lease> {
  const { rows } = await sql`
    insert into notification_channels (channel, sender, sender_until)
    values (${channel}, ${sender}, clock_timestamp() + ${forMs} * interval '1 millisecond')
    on conflict (channel) do update set sender = excluded.sender, sender_until = excluded.sender_until
    where notification_channels.sender = excluded.sender
      or notification_channels.sender_until is null or notification_channels.sender_until < clock_timestamp()
    returning channel`.execute(db);
  if (rows.length > 0) return { mine: true };
  const { rows: held } = await sql<{ free_in: number | null }>`
    select extract(epoch from sender_until - clock_timestamp())::float8 * 1000 as free_in
    from notification_channels where channel = ${channel}`.execute(db);
  return { mine: false, freeInMs: Math.max(held[0]?.free_in ?? 0, 0) };
}

/** @throws the database's error */
export async function releaseLease(db: Kysely<Tables>, channel: string, sender: string): Promise<void> {
  await db
    .updateTable('notification_channels')
    .set({ sender: null, sender_until: null })
    .where('channel', '=', channel)
    .where('sender', '=', sender)
    .execute();
}
