import type { Subject } from '../../engine/contract.ts';
import { describeError, type Logger } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { ApprovalState } from '../store/tables.ts';
import type { ApprovalAsk, ApprovalOutcome, Approvals, HeldRequest } from './ask.ts';
import { LONGEST_TIMER_MS } from '../time.ts';
import { digestOfAsk } from './digest.ts';
import { groupsOf, unmeetable } from './eligibility.ts';
import { findGrant } from './grants.ts';
import {
  endRequest,
  findRequest,
  moveRequest,
  newRequestId,
  openRequest,
  voteOn,
  type NewRequest,
  type ApprovalRequest,
  type TellOfRequest,
  type Vote,
} from './requests.ts';

export interface ApprovalServiceOptions {
  readonly store: Store;
  /** Id of this gateway. */
  readonly gateway: string;
  /** Everybody who could decide: those that the configuration names. */
  readonly reviewers: () => readonly Subject[];
  /** Id of the bundle in force. */
  readonly revision: () => string;
  readonly logger: Logger;
  /** Told of requests that wait or have been decided. */
  readonly tell?: TellOfRequest;
  readonly clock?: () => Date;
}

/** What all gateways that share a store hear: the id of a request whose state has changed. */
export const APPROVALS_CHANNEL = 'sallyport_approvals';

interface Waiting {
  readonly ask: ApprovalAsk;
  readonly settle: (outcome: ApprovalOutcome) => void;
  timer?: NodeJS.Timeout;
}

/**
 * Asks people, through the store: whoever decides may do so at any gateway that shares it, and word of it comes by
 * NOTIFY. An approval is used once, by the gateway that holds the command, and only by the revision that asked for it.
 */
export class ApprovalService implements Approvals {
  readonly #options: ApprovalServiceOptions;
  readonly #waiting = new Map<string, Waiting>();
  #unlisten: (() => Promise<void>) | undefined;
  #closed = false;

  private constructor(options: ApprovalServiceOptions) {
    this.#options = options;
  }

  /**
   * Begins to listen, and withdraws what this gateway held when it was killed: its clients are gone.
   *
   * @throws the database's error
   */
  static async start(options: ApprovalServiceOptions): Promise<ApprovalService> {
    const service = new ApprovalService(options);
    const { store, gateway } = options;
    const held = await store.db
      .selectFrom('approvals')
      .select(['id', 'state'])
      .where('gateway', '=', gateway)
      .where('mode', '=', 'hold')
      .where('state', 'in', ['waiting', 'approved'])
      .execute();
    for (const { id, state } of held) await endRequest(store.db, id, state, 'withdrawn', service.#now(), options.tell);
    service.#unlisten = await store.listen(
      APPROVALS_CHANNEL,
      (id) => {
        service.#heard(id);
      },
      () => {
        for (const id of service.#waiting.keys()) service.#heard(id);
      },
    );
    return service;
  }

  ask(ask: ApprovalAsk, waiting: () => void): HeldRequest {
    const id = newRequestId();
    const digest = digestOfAsk(ask);
    const created = this.#now();
    let withdrawn = false;
    const outcome = this.#ask(
      { id, digest, gateway: this.#options.gateway, ask, created },
      () => withdrawn,
      waiting,
    ).catch((error: unknown): ApprovalOutcome => {
      this.#options.logger.error({ request: id, error: describeError(error) }, 'approval could not be asked for');
      return { kind: 'unavailable', message: 'The store that keeps requests for approval cannot be reached.' };
    });
    return {
      id,
      digest,
      expires: new Date(created.getTime() + ask.terms.ttlMs),
      outcome,
      withdraw: () => {
        withdrawn = true;
        this.#end(id, 'withdrawn');
      },
    };
  }

  /**
   * Takes a reviewer's word on a request of any gateway.
   *
   * @throws SallyportError SP_APPROVAL_UNKNOWN, SP_APPROVAL_CLOSED, SP_APPROVAL_FORBIDDEN, SP_APPROVAL_UNSEEN
   */
  async decide(id: string, reviewer: Subject, vote: Vote): Promise<ApprovalRequest> {
    const request = await voteOn(this.#options.store.db, id, reviewer, vote, this.#now(), this.#options.tell);
    if (request.state !== 'waiting') await this.#options.store.notify(APPROVALS_CHANNEL, id);
    return request;
  }

  /** Other policies are in force: what waits was asked for by those before. */
  policyChanged(): void {
    const revision = this.#options.revision();
    for (const [id, { ask }] of this.#waiting) if (ask.revision !== revision) this.#end(id, 'superseded');
  }

  /** Withdraws what waits. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#waiting.keys()].map((id) => this.#endNow(id, 'withdrawn')));
    await this.#unlisten?.();
  }

  #now(): Date {
    return this.#options.clock?.() ?? new Date();
  }

  async #ask(request: NewRequest, withdrawn: () => boolean, waiting: () => void): Promise<ApprovalOutcome> {
    const { id, digest, ask, created } = request;
    const { store, reviewers } = this.#options;
    if (this.#closed) return { kind: 'unavailable', message: 'The gateway is shutting down.' };
    const asker = { subject: ask.subject.id, owner: ask.subject.owner ?? null };
    const missing = unmeetable(reviewers(), asker, ask.terms);
    if (missing !== undefined) {
      const groups = missing.approvers.join(', ');
      const who = missing.minimum === 1 ? 'Nobody' : `Fewer than ${missing.minimum}`;
      return { kind: 'unavailable', message: `${who} in ${groups} may approve this.` };
    }
    const grant = await findGrant(store.db, ask, created);
    if (grant !== undefined) return { kind: 'covered', grant: grant.id, reviewers: [grant.granted_by] };
    if (ask.terms.mode === 'resubmit') {
      const before = await this.#sentBefore(digest, ask, created);
      if (before !== undefined) return before;
    }
    await openRequest(store.db, request, this.#options.tell);
    this.#options.logger.info(
      {
        request: id,
        session: ask.session,
        subject: ask.subject.id,
        resource: ask.resource.name,
        approvers: groupsOf(ask.terms),
      },
      'approval asked for',
    );
    if (ask.terms.mode === 'resubmit') return { kind: 'pending', request: id };
    const outcome = this.#wait(id, ask, withdrawn);
    waiting();
    return outcome;
  }

  /** The same command by the same subject: released once if it was approved, and not asked for twice. */
  async #sentBefore(digest: string, ask: ApprovalAsk, now: Date): Promise<ApprovalOutcome | undefined> {
    const { db } = this.#options.store;
    const known = await db
      .selectFrom('approvals')
      .select(['id', 'state'])
      .where('digest', '=', digest)
      .where('subject', '=', ask.subject.id)
      .where('mode', '=', 'resubmit')
      .where('state', 'in', ['approved', 'waiting'])
      .where('expires', '>', now)
      .orderBy('state')
      .execute();
    for (const { id, state } of known) {
      if (state !== 'approved' || !(await moveRequest(db, id, 'approved', 'used', now))) continue;
      const request = await findRequest(db, id);
      return { kind: 'approved', ...wordsOf(request) };
    }
    const waiting = known.find(({ state }) => state === 'waiting');
    return waiting === undefined ? undefined : { kind: 'pending', request: waiting.id };
  }

  #wait(id: string, ask: ApprovalAsk, withdrawn: () => boolean): Promise<ApprovalOutcome> {
    return new Promise((settle) => {
      const waiting: Waiting = { ask, settle };
      this.#waiting.set(id, waiting);
      waiting.timer = setTimeout(
        () => {
          this.#end(id, 'expired');
        },
        Math.min(ask.terms.ttlMs, LONGEST_TIMER_MS),
      ).unref();
      // What happened while the request was written: nobody was listening for it yet.
      if (withdrawn()) this.#end(id, 'withdrawn');
      else if (this.#options.revision() !== ask.revision) this.#end(id, 'superseded');
      else this.#heard(id);
    });
  }

  /** Some gateway says that a request has changed. */
  #heard(id: string): void {
    if (!this.#waiting.has(id)) return;
    this.#look(id).catch((error: unknown) => {
      // The next word, or its end, settles it: a command that nobody can vouch for stays held.
      this.#options.logger.error({ request: id, error: describeError(error) }, 'approval could not be read');
    });
  }

  async #look(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    const request = await findRequest(this.#options.store.db, id);
    if (waiting === undefined || request === undefined) return;
    switch (request.state) {
      case 'approved':
        await this.#use(id, waiting, request);
        return;
      case 'rejected':
        this.#settle(id, { kind: 'rejected', ...wordsOf(request) });
        return;
      case 'withdrawn':
      case 'expired':
      case 'superseded':
        this.#settle(id, { kind: request.state });
        return;
      default: // still waiting, or used by the call that runs beside this one
    }
  }

  async #use(id: string, { ask }: Waiting, request: ApprovalRequest): Promise<void> {
    const { store, revision } = this.#options;
    if (revision() !== ask.revision) {
      await endRequest(store.db, id, 'approved', 'superseded', this.#now(), this.#options.tell);
      this.#settle(id, { kind: 'superseded' });
      return;
    }
    if (await moveRequest(store.db, id, 'approved', 'used', this.#now())) {
      this.#settle(id, { kind: 'approved', ...wordsOf(request) });
    }
  }

  /** Ends a request that waits, unless somebody decides it in this very moment. */
  #end(id: string, state: 'withdrawn' | 'expired' | 'superseded'): void {
    this.#endNow(id, state).catch((error: unknown) => {
      this.#options.logger.error({ request: id, error: describeError(error) }, 'approval could not be ended');
      this.#settle(id, { kind: state });
    });
  }

  async #endNow(id: string, state: Extract<ApprovalState, 'withdrawn' | 'expired' | 'superseded'>): Promise<void> {
    if (!this.#waiting.has(id)) return;
    const { store, tell } = this.#options;
    // An approval that was not used is for nobody else either.
    const ended =
      (await endRequest(store.db, id, 'waiting', state, this.#now(), tell)) ||
      (await endRequest(store.db, id, 'approved', state, this.#now(), tell));
    if (ended) this.#settle(id, { kind: state });
    else await this.#look(id);
  }

  #settle(id: string, outcome: ApprovalOutcome): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.settle(outcome);
  }
}

function wordsOf(request: ApprovalRequest | undefined): { reviewers: string[]; comment: string } {
  const votes = request?.votes ?? [];
  return {
    reviewers: votes.map(({ reviewer }) => reviewer),
    comment: votes
      .map(({ comment }) => comment)
      .filter((comment) => comment !== '')
      .join('; '),
  };
}
