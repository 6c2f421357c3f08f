import { sql, type Kysely, type Transaction } from 'kysely';
import type { Tables } from '../tables.ts';
import type { PackedRows } from './packed-rows.ts';
import type { Duties } from './recording-duties.ts';

/** Does what recorded decisions ask for, or sees to it, in the transaction that says that they were read. */
export type FulfilDuties = (db: Transaction<Tables>, duties: Duties) => Promise<void>;

/**
 * Writes what was read of some recordings, and how far, in one transaction: the index never holds a row whose recording
 * it would read again. One statement a table, whatever the number of rows.
 *
 * @throws the database's error; nothing is written then
 */
export async function writeRows(db: Kysely<Tables>, rows: PackedRows, fulfil?: FulfilDuties): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (rows.sessions !== '[]') await insertSessions(transaction, rows.sessions);
    if (rows.commands !== '[]') await insertCommands(transaction, rows.commands);
    if (rows.results !== '[]') await updateResults(transaction, rows.results);
    await countCommands(transaction, rows.counts);
    await insertPositions(transaction, rows.positions);
    if (rows.duties !== undefined) await fulfil?.(transaction, rows.duties);
  });
}

async function insertSessions(db: Transaction<Tables>, json: string): Promise<void> {
  await sql`
    insert into sessions select * from json_populate_recordset(null::sessions, ${json}::json)
    on conflict (id) do nothing`.execute(db);
  await sql`
    insert into subjects (id, kind, first_seen, last_seen)
    select subject, min(subject_kind), min(started), max(started)
    from json_populate_recordset(null::sessions, ${json}::json) group by subject
    on conflict (id) do update set
      kind = excluded.kind,
      first_seen = least(subjects.first_seen, excluded.first_seen),
      last_seen = greatest(subjects.last_seen, excluded.last_seen)`.execute(db);
}

async function insertCommands(db: Transaction<Tables>, json: string): Promise<void> {
  await sql`
    insert into commands select * from json_populate_recordset(null::commands, ${json}::json)
    on conflict (session, seq) do nothing`.execute(db);
}

/** Answers to commands that came with an earlier read. */
async function updateResults(db: Transaction<Tables>, json: string): Promise<void> {
  await sql`
    update commands set status = new.status, tag = new.tag, rows = new.rows, bytes = new.bytes,
      error_code = new.error_code, duration_ms = new.duration_ms
    from json_populate_recordset(null::commands, ${json}::json) as new
    where commands.session = new.session and commands.seq = new.seq`.execute(db);
}

async function countCommands(db: Transaction<Tables>, json: string): Promise<void> {
  await sql`
    update sessions set
      commands = new.commands + case when new.ended is null then sessions.commands else 0 end,
      denied = new.denied + case when new.ended is null then sessions.denied else 0 end,
      ended = new.ended, end_reason = new.end_reason,
      decision = coalesce(new.decision, sessions.decision),
      decision_id = coalesce(new.decision_id, sessions.decision_id),
      rules = coalesce(new.rules, sessions.rules)
    from json_populate_recordset(null::sessions, ${json}::json) as new
    where sessions.id = new.id`.execute(db);
}

async function insertPositions(db: Transaction<Tables>, json: string): Promise<void> {
  await sql`
    insert into indexed_files select * from json_populate_recordset(null::indexed_files, ${json}::json)
    on conflict (gateway, file) do update set
      position = excluded.position, next_seq = excluded.next_seq, ended = excluded.ended`.execute(db);
}

/** Takes all recordings of a gateway out of the index. */
export async function forgetGateway(db: Kysely<Tables>, gateway: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const table of ['commands', 'sessions', 'indexed_files'] as const) {
      await transaction.deleteFrom(table).where('gateway', '=', gateway).execute();
    }
  });
}

/** Takes recordings out of the index, with their sessions and commands. */
export async function forgetFiles(db: Kysely<Tables>, gateway: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  await db.transaction().execute(async (transaction) => {
    const list = sql`any(${[...files]}::text[])`;
    const forgotten = transaction
      .selectFrom('indexed_files')
      .select('session')
      .where('gateway', '=', gateway)
      .where(sql<boolean>`file = ${list}`);
    await transaction.deleteFrom('commands').where('session', 'in', forgotten).execute();
    await transaction.deleteFrom('sessions').where('id', 'in', forgotten).execute();
    await transaction
      .deleteFrom('indexed_files')
      .where('gateway', '=', gateway)
      .where(sql<boolean>`file = ${list}`)
      .execute();
  });
}
