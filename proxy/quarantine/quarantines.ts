import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import { SallyportError } from '../../engine/errors.ts';
import { APPROVALS_CHANNEL } from '../approvals/approval-service.ts';
import type { QuarantinesTable, Tables } from '../store/tables.ts';
import type { NewQuarantine } from './quarantine.ts';

export type Quarantine = Selectable<QuarantinesTable>;

/** What all gateways that share a store hear: the id of a subject that was barred or released. */
export const QUARANTINE_CHANNEL = 'sallyport_quarantine';

/** As `revoked_by` names it. */
const REVOKED_BY = 'quarantine';

/**
 * Bars a subject, in a transaction: what it has asked for is withdrawn, its grants end, and all gateways hear of it. One
 * that is barred already stays so, for its first reason; a decision that was heard before is not heard again.
 *
 * @returns whether this call did it @throws the database's error
 */
export async function impose(db: Transaction<Tables>, quarantine: NewQuarantine): Promise<boolean> {
  const { subject, reason, imposedBy, decision, since } = quarantine;
  // A decision that is heard of late was judged by whoever has released the subject since.
  if (decision !== undefined && (await releasedSince(db, subject, since))) return false;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('quarantines')
    .values({ subject, reason: storable(reason), imposed_by: storable(imposedBy), decision: decision ?? null, since })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  const withdrawn = await db
    .updateTable('approvals')
    .set({ state: 'withdrawn', decided: since })
    .where('subject', '=', subject)
    .where('state', 'in', ['waiting', 'approved'])
    .returning('id')
    .execute();
  await db
    .updateTable('grants')
    .set({ revoked: since, revoked_by: REVOKED_BY })
    .where('subject', '=', subject)
    .where('revoked', 'is', null)
    .where('expires', '>', since)
    .execute();
  for (const { id } of withdrawn) await sql`select pg_notify(${APPROVALS_CHANNEL}, ${id})`.execute(db);
  await sql`select pg_notify(${QUARANTINE_CHANNEL}, ${subject})`.execute(db);
  return true;
}

async function releasedSince(db: Transaction<Tables>, subject: string, since: Date): Promise<boolean> {
  const found = await db
    .selectFrom('quarantines')
    .select('id')
    .where('subject', '=', subject)
    .where('released', '>=', since)
    .executeTakeFirst();
  return found !== undefined;
}

/**
 * Lets a subject in again. What it had asked for, and its grants, do not come back.
 *
 * @throws SallyportError SP_SUBJECT_UNKNOWN when it is not barred
 */
export async function release(
  db: Kysely<Tables>,
  subject: string,
  by: { readonly id: string; readonly comment: string },
  now: Date,
): Promise<Quarantine> {
  const released = await db
    .updateTable('quarantines')
    .set({ released: now, released_by: by.id, release_comment: storable(by.comment) })
    .where('subject', '=', subject)
    .where('released', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (released === undefined) throw new SallyportError('SP_SUBJECT_UNKNOWN', `${subject} is not quarantined.`);
  await sql`select pg_notify(${QUARANTINE_CHANNEL}, ${subject})`.execute(db);
  return released;
}

/** Those in force: of one subject, or of all. @throws the database's error */
export async function inForce(db: Kysely<Tables>, subject?: string): Promise<Quarantine[]> {
  let query = db.selectFrom('quarantines').selectAll().where('released', 'is', null);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  return query.orderBy('since', 'desc').execute();
}

/** All of one subject, the newest first. @throws the database's error */
export async function historyOf(db: Kysely<Tables>, subject: string): Promise<Quarantine[]> {
  return db
    .selectFrom('quarantines')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('id', 'desc')
    .limit(100)
    .execute();
}

/** PostgreSQL's text holds no NUL. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
