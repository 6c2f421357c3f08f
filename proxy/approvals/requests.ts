import { randomBytes } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import type { ApprovalsTable, ApprovalState, ApprovalVotesTable, Tables } from '../store/tables.ts';
import type { ApprovalAsk } from './ask.ts';
import { bodyOf, type ApprovalBody } from './body.ts';
import { isAgreed, objectionTo } from './eligibility.ts';

/** A request for approval as the store has it. */
export interface ApprovalRequest extends Omit<Selectable<ApprovalsTable>, 'body'> {
  readonly body: ApprovalBody;
  readonly votes: readonly Selectable<ApprovalVotesTable>[];
}

/** A reviewer's word. */
export interface Vote {
  readonly verdict: 'approve' | 'reject';
  readonly comment: string;
  /** What cannot be shown was acknowledged. */
  readonly acknowledged: boolean;
}

type Database = Kysely<Tables> | Transaction<Tables>;

/** Hears of a request that waits or has been decided, in the transaction that made it so. */
export type TellOfRequest = (db: Transaction<Tables>, request: ApprovalRequest) => Promise<void>;

/** Short enough to be read out: `apr-` and 10 characters without vowels or look-alikes (49 bits). */
export function newRequestId(): string {
  const letters = '23456789bcdfghjkmnpqrstvwxz';
  // 27 letters do not divide 256: what would favour the first ones is drawn again.
  let id = '';
  while (id.length < 10)
    for (const byte of randomBytes(16)) if (byte < 243 && id.length < 10) id += letters[byte % 27] ?? '';
  return `apr-${id}`;
}

export interface NewRequest {
  readonly id: string;
  readonly digest: string;
  readonly gateway: string;
  readonly ask: ApprovalAsk;
  readonly created: Date;
}

/** @throws the database's error */
export async function insertRequest(db: Database, { id, digest, gateway, ask, created }: NewRequest): Promise<void> {
  const { subject, resource, terms, session, revision } = ask;
  await db
    .insertInto('approvals')
    .values({
      id,
      digest,
      state: 'waiting',
      mode: terms.mode,
      gateway,
      session,
      subject: subject.id,
      subject_kind: subject.kind,
      owner: subject.owner ?? null,
      resource: resource.name,
      revision,
      body: JSON.stringify(bodyOf(ask)),
      created,
      expires: new Date(created.getTime() + terms.ttlMs),
    })
    .execute();
}

/** @returns undefined when there is none of that id @throws the database's error */
export async function findRequest(db: Database, id: string): Promise<ApprovalRequest | undefined> {
  const row = await db.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const votes = await db.selectFrom('approval_votes').selectAll().where('approval', '=', id).orderBy('time').execute();
  return { ...row, body: JSON.parse(row.body) as ApprovalBody, votes };
}

/**
 * Moves a request from one state to another, if it is still there: of several that try, one does.
 *
 * @returns whether this call did it @throws the database's error
 */
export async function moveRequest(
  db: Database,
  id: string,
  from: ApprovalState,
  to: ApprovalState,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('approvals')
    .set({ state: to, ...(to === 'used' ? { used: now } : { decided: now }) })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** As `moveRequest`, and tells of it. */
export async function endRequest(
  db: Kysely<Tables>,
  id: string,
  from: ApprovalState,
  to: ApprovalState,
  now: Date,
  tell?: TellOfRequest,
): Promise<boolean> {
  if (tell === undefined) return moveRequest(db, id, from, to, now);
  return db.transaction().execute(async (transaction) => {
    const moved = await moveRequest(transaction, id, from, to, now);
    const request = moved ? await findRequest(transaction, id) : undefined;
    if (request !== undefined) await tell(transaction, request);
    return moved;
  });
}

/** As `insertRequest`, and tells of it. */
export async function openRequest(db: Kysely<Tables>, request: NewRequest, tell?: TellOfRequest): Promise<void> {
  if (tell === undefined) {
    await insertRequest(db, request);
    return;
  }
  await db.transaction().execute(async (transaction) => {
    await insertRequest(transaction, request);
    const opened = await findRequest(transaction, request.id);
    if (opened !== undefined) await tell(transaction, opened);
  });
}

/**
 * Takes a reviewer's word, and decides the request when that is enough.
 *
 * @throws SallyportError SP_APPROVAL_UNKNOWN, SP_APPROVAL_CLOSED, SP_APPROVAL_FORBIDDEN, SP_APPROVAL_UNSEEN
 */
export async function voteOn(
  db: Kysely<Tables>,
  id: string,
  reviewer: Subject,
  vote: Vote,
  now: Date,
  tell?: TellOfRequest,
): Promise<ApprovalRequest> {
  return db.transaction().execute(async (transaction) => {
    // Locked, so that two reviewers' words are counted one after the other.
    await transaction.selectFrom('approvals').select('id').where('id', '=', id).forUpdate().execute();
    const request = await findRequest(transaction, id);
    requireOpen(request, id, now);
    requireEligible(request, reviewer, vote);
    await transaction
      .insertInto('approval_votes')
      .values({ approval: id, reviewer: reviewer.id, reviewer_groups: reviewer.groups, ...vote, time: now })
      .execute();
    const state = stateAfter(request, reviewer, vote);
    if (state !== 'waiting') await moveRequest(transaction, id, 'waiting', state, now);
    if (state === 'approved') await approved(transaction, request, reviewer, now);
    const decided = await findRequest(transaction, id);
    if (decided === undefined) throw new SallyportError('SP_APPROVAL_UNKNOWN');
    if (state !== 'waiting') await tell?.(transaction, decided);
    return decided;
  });
}

function requireOpen(request: ApprovalRequest | undefined, id: string, now: Date): asserts request is ApprovalRequest {
  if (request === undefined) throw new SallyportError('SP_APPROVAL_UNKNOWN', `There is no request ${id}.`);
  const state = request.state === 'waiting' && request.expires <= now ? 'expired' : request.state;
  if (state !== 'waiting') throw new SallyportError('SP_APPROVAL_CLOSED', `The request ${id} is ${state}.`);
}

function requireEligible(request: ApprovalRequest, reviewer: Subject, { verdict, acknowledged }: Vote): void {
  const objection = objectionTo(reviewer, request, request.body.terms);
  if (objection !== undefined) throw new SallyportError('SP_APPROVAL_FORBIDDEN', objection);
  if (request.votes.some((vote) => vote.reviewer === reviewer.id)) {
    throw new SallyportError('SP_APPROVAL_CLOSED', `${reviewer.id} has decided about this request already.`);
  }
  const unseen = request.body.cautions.filter(({ acknowledge }) => acknowledge);
  if (verdict === 'approve' && !acknowledged && unseen.length > 0) {
    throw new SallyportError('SP_APPROVAL_UNSEEN', unseen.map(({ message }) => message).join(' '), {
      help: 'Approve it with --acknowledge ("acknowledge": true) if it may run all the same.',
    });
  }
}

/** One rejection is enough. */
function stateAfter(
  request: ApprovalRequest,
  reviewer: Subject,
  { verdict }: Vote,
): 'approved' | 'rejected' | 'waiting' {
  if (verdict === 'reject') return 'rejected';
  const before = request.votes.map((vote): Subject => ({
    id: vote.reviewer,
    kind: 'human',
    groups: vote.reviewer_groups,
    claims: {},
  }));
  return isAgreed([...before, reviewer], request.body.terms) ? 'approved' : 'waiting';
}

/** What an approval brings along. */
async function approved(db: Database, request: ApprovalRequest, reviewer: Subject, now: Date): Promise<void> {
  if (request.body.terms.window !== undefined) await insertGrant(db, request, reviewer, now);
  if (request.mode === 'hold') return;
  // Whoever is to come again has the whole time for it, however long the reviewers took.
  const expires = new Date(now.getTime() + request.body.terms.ttlMs);
  await db.updateTable('approvals').set({ expires }).where('id', '=', request.id).execute();
}

async function insertGrant(db: Database, request: ApprovalRequest, reviewer: Subject, now: Date): Promise<void> {
  const { window } = request.body.terms;
  if (window === undefined) return;
  const asked = request.body.commands.flatMap(({ effects, reasons }) => (reasons.length > 0 ? effects : []));
  await db
    .insertInto('grants')
    .values({
      id: request.id.replace(/^apr-/, 'grant-'),
      approval: request.id,
      subject: request.subject,
      resource: request.resource,
      effects: [...new Set(window.effects.length > 0 ? window.effects : asked)],
      revision: request.revision,
      granted_by: reviewer.id,
      created: now,
      expires: new Date(now.getTime() + window.durationMs),
    })
    .execute();
}
