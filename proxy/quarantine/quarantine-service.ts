import { SallyportError } from '../../engine/errors.ts';
import { describeError, type Logger } from '../log.ts';
import type { Store } from '../store/store.ts';
import { quarantineError, type NewQuarantine } from './quarantine.ts';
import { impose, inForce, QUARANTINE_CHANNEL, release, type Quarantine } from './quarantines.ts';

/** What the gateway asks before it lets somebody in. */
export interface Admission {
  /** @throws SallyportError SP_SUBJECT_QUARANTINED; SP_STORE_UNAVAILABLE when it cannot be known (fail closed) */
  admit(subject: string): Promise<void>;
  /** As far as this gateway has heard. @throws SallyportError SP_SUBJECT_QUARANTINED */
  requireFree(subject: string): void;
  /** Who ends the sessions of a subject when it is barred. */
  onBarred(end: (subject: string, error: SallyportError) => void): void;
}

/** Who bars a subject because a policy says so. Synchronous: from then on nobody lets it in here. */
export interface Barring {
  bar(quarantine: NewQuarantine): SallyportError;
}

export interface QuarantineOptions {
  /** Absent: what is barred is barred at this gateway, until it stops. */
  readonly store?: Store;
  readonly logger: Logger;
  /** How long the store may take to say whether somebody is barred, in milliseconds. Default 5,000. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 5_000;

/**
 * Keeps subjects out. The store has them, so that they stay out after a restart and at each gateway that shares it; word of
 * it comes by NOTIFY. With a shared store nobody is let in without asking it: a gateway that cannot reach it has not
 * heard of the last ones either.
 */
export class QuarantineService implements Admission, Barring {
  readonly #options: QuarantineOptions;
  readonly #barred = new Map<string, NewQuarantine>();
  /** Of those, the ones that the store has not taken yet. */
  readonly #unkept = new Set<string>();
  #end: (subject: string, error: SallyportError) => void = () => undefined;
  #unlisten: (() => Promise<void>) | undefined;

  private constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** @throws the database's error */
  static async start(options: QuarantineOptions): Promise<QuarantineService> {
    const service = new QuarantineService(options);
    service.#unlisten = await options.store?.listen(
      QUARANTINE_CHANNEL,
      (subject) => {
        service.#reread(subject);
      },
      () => {
        service.#reread();
      },
    );
    await service.#read();
    return service;
  }

  onBarred(end: (subject: string, error: SallyportError) => void): void {
    this.#end = end;
  }

  async admit(subject: string): Promise<void> {
    this.requireFree(subject);
    const { store } = this.#options;
    // This gateway is the only one that writes into its own directory, so it has heard of everything.
    if (store?.kind !== 'postgres') return;
    const [found] = await this.#ask(inForce(store.db, subject));
    if (found !== undefined) throw quarantineError(asNew(found));
  }

  /** As far as this gateway has heard. */
  isBarred(subject: string): boolean {
    return this.#barred.has(subject);
  }

  requireFree(subject: string): void {
    const found = this.#barred.get(subject);
    if (found !== undefined) throw quarantineError(found);
  }

  bar(quarantine: NewQuarantine): SallyportError {
    const { subject } = quarantine;
    const error = quarantineError(this.#barred.get(subject) ?? quarantine);
    if (this.#barred.has(subject)) return error;
    this.#barred.set(subject, quarantine);
    this.#unkept.add(subject);
    const { logger, store } = this.#options;
    const { reason, imposedBy, decision } = quarantine;
    logger.error(
      { subject, reason, by: imposedBy, decision, until: store === undefined ? 'this gateway stops' : 'released' },
      'subject quarantined',
    );
    // The session that asked is told by its own refusal, which comes first.
    setImmediate(() => {
      this.#end(subject, error);
    });
    this.#keep(quarantine);
    return error;
  }

  /**
   * Somebody bars a subject by hand.
   *
   * @throws SallyportError SP_SUBJECT_QUARANTINED when it is barred already; the database's error
   */
  async quarantine(quarantine: NewQuarantine): Promise<void> {
    const store = this.#requireStore();
    if (!(await this.#impose(store, quarantine))) {
      const [found] = await inForce(store.db, quarantine.subject);
      if (found !== undefined) throw quarantineError(asNew(found));
    }
    await this.#read(quarantine.subject);
  }

  /** @throws SallyportError SP_SUBJECT_UNKNOWN when it is not barred; the database's error */
  async release(subject: string, by: { readonly id: string; readonly comment: string }): Promise<Quarantine> {
    const store = this.#requireStore();
    const barred = this.#barred.get(subject);
    // Written down first, so that its decision is not heard again.
    if (barred !== undefined && this.#unkept.has(subject)) await this.#impose(store, barred);
    const released = await release(store.db, subject, by, new Date());
    await this.#read(subject);
    this.#options.logger.warn({ subject, by: by.id }, 'subject released');
    return released;
  }

  async close(): Promise<void> {
    await this.#unlisten?.();
  }

  #requireStore(): Store {
    const { store } = this.#options;
    if (store === undefined) throw new SallyportError('SP_STORE_UNAVAILABLE', 'This gateway has no store.');
    return store;
  }

  /** Should the store fail, the recording has it, and the index brings it there later. */
  #keep(quarantine: NewQuarantine): void {
    const { store, logger } = this.#options;
    if (store === undefined) return;
    this.#impose(store, quarantine).catch((error: unknown) => {
      const { subject } = quarantine;
      logger.error({ subject, error: describeError(error) }, 'a quarantine is kept here, and not yet in the store');
    });
  }

  async #impose({ db }: Store, quarantine: NewQuarantine): Promise<boolean> {
    const imposed = await db.transaction().execute((transaction) => impose(transaction, quarantine));
    this.#unkept.delete(quarantine.subject);
    return imposed;
  }

  #reread(subject?: string): void {
    this.#read(subject).catch((error: unknown) => {
      this.#options.logger.error({ error: describeError(error) }, 'quarantines could not be read');
    });
  }

  /** What the store says of a subject, or of all. */
  async #read(subject?: string): Promise<void> {
    const { store } = this.#options;
    if (store === undefined) return;
    const found = new Map((await inForce(store.db, subject)).map((one) => [one.subject, asNew(one)]));
    const asked = subject === undefined ? [...this.#barred.keys(), ...found.keys()] : [subject];
    for (const one of new Set(asked)) {
      const barred = found.get(one);
      if (barred !== undefined) {
        this.#unkept.delete(one);
        this.#barred.set(one, barred);
        this.#end(one, quarantineError(barred));
      } else if (!this.#unkept.has(one)) this.#barred.delete(one);
    }
  }

  async #ask<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const patience = this.#options.patienceMs ?? PATIENCE_MS;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${patience} ms`));
      }, patience);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (cause) {
      throw new SallyportError('SP_STORE_UNAVAILABLE', 'It cannot be known whether the subject is quarantined.', {
        help: 'Sessions are opened again when the store of the gateway answers.',
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

function asNew({ subject, reason, imposed_by, decision, since }: Quarantine): NewQuarantine {
  return { subject, reason, imposedBy: imposed_by, since, ...(decision === null ? {} : { decision }) };
}
