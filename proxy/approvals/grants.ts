import { sql, type Kysely, type Selectable } from 'kysely';
import { SallyportError } from '../../engine/errors.ts';
import type { GrantsTable, Tables } from '../store/tables.ts';
import type { ApprovalAsk } from './ask.ts';

export type Grant = Selectable<GrantsTable>;

/**
 * A grant in force that covers all commands of a message that ask for approval. A grant of another revision covers
 * nothing: its reviewers knew other rules.
 *
 * @throws the database's error
 */
export async function findGrant(
  db: Kysely<Tables>,
  { subject, resource, revision, commands }: ApprovalAsk,
  now: Date,
): Promise<Grant | undefined> {
  const asked = commands.filter(({ reasons }) => reasons.length > 0);
  // An effect that is not named cannot be covered, and an incomplete command's effects are not known.
  if (asked.some(({ command }) => !command.complete || command.effects.length === 0)) return undefined;
  const effects = [...new Set(asked.flatMap(({ command }) => command.effects))];
  return db
    .selectFrom('grants')
    .selectAll()
    .where('subject', '=', subject.id)
    .where('resource', '=', resource.name)
    .where('revision', '=', revision)
    .where('revoked', 'is', null)
    .where('expires', '>', now)
    .where(sql<boolean>`effects @> ${effects}::text[]`)
    .orderBy('expires', 'desc')
    .executeTakeFirst();
}

/** Grants in force, or all of them; the newest first. @throws the database's error */
export async function listGrants(db: Kysely<Tables>, now: Date, all: boolean): Promise<Grant[]> {
  let query = db.selectFrom('grants').selectAll();
  if (!all) query = query.where('revoked', 'is', null).where('expires', '>', now);
  return query.orderBy('created', 'desc').limit(1_000).execute();
}

/** @returns undefined when there is none of that id @throws the database's error */
export async function grantOf(db: Kysely<Tables>, id: string): Promise<Grant | undefined> {
  return db.selectFrom('grants').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Ends a grant now. @throws SallyportError SP_APPROVAL_UNKNOWN, SP_APPROVAL_CLOSED */
export async function revokeGrant(db: Kysely<Tables>, id: string, by: string, now: Date): Promise<Grant> {
  const revoked = await db
    .updateTable('grants')
    .set({ revoked: now, revoked_by: by })
    .where('id', '=', id)
    .where('revoked', 'is', null)
    .where('expires', '>', now)
    .returningAll()
    .executeTakeFirst();
  if (revoked !== undefined) return revoked;
  throw (await grantOf(db, id)) === undefined
    ? new SallyportError('SP_APPROVAL_UNKNOWN', `There is no grant ${id}.`)
    : new SallyportError('SP_APPROVAL_CLOSED', `The grant ${id} has ended already.`);
}
