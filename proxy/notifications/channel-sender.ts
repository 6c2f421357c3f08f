import { describeError, type Logger } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { Channel } from './channel.ts';
import { deliver, type Delivery } from './deliver.ts';
import { releaseLease, takeLease } from './lease.ts';
import { dropBacklog, nextWaiting, recordFailure, recordSent, type Attempt, type OutboxRow } from './outbox.ts';
import { readNotice, renderBody } from './render.ts';

/** Milliseconds. */
export interface SenderTimes {
  /** Before the second attempt; doubled with each failure, up to `retryMost`. Each is shortened by chance by up to a half. */
  readonly retryFirst: number;
  readonly retryMost: number;
  /** For one attempt. */
  readonly timeout: number;
  /** How long a channel is nobody else's; longer than an attempt. */
  readonly lease: number;
}

export const defaultTimes: SenderTimes = { retryFirst: 500, retryMost: 30_000, timeout: 10_000, lease: 20_000 };

export interface ChannelSenderOptions {
  readonly store: Store;
  readonly gateway: string;
  readonly channel: Channel;
  readonly logger: Logger;
  readonly times?: SenderTimes;
}

/** Rows that are in memory at once. */
const ROWS_A_TURN = 50;
/** After so many the outbox is read from its beginning again: a retried one, or another gateway's, goes first. */
const ROWS_A_PASS = 1_000;
/** What was sent is recorded at once for several, and at least so often, in milliseconds: a crash repeats no more. */
const UNRECORDED_MS = 1_000;
/** How often what a receiver refuses is tried: a mistake in its configuration may be mended in the meantime. */
const MOST_REFUSALS = 3;

/**
 * Sends what waits for one channel, one after the other and in order: what fails is tried again before anything behind
 * it. Each is sent at least once, always with the same id. Of several gateways one sends at a time.
 */
export class ChannelSender {
  readonly #options: ChannelSenderOptions;
  readonly #times: SenderTimes;
  readonly #gone = new AbortController();
  #running: Promise<void> | undefined;
  #asked = 0;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(options: ChannelSenderOptions) {
    this.#options = options;
    this.#times = options.times ?? defaultTimes;
  }

  /** There may be something to send. Cheap. */
  wake(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (this.#gone.signal.aborted) return;
    this.#running ??= this.#run();
  }

  /** Stops in the middle: what waits is sent after the next start. */
  async close(): Promise<void> {
    this.#gone.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Until nobody has asked since the last look. Never rejects. */
  async #run(): Promise<void> {
    let wait: number | undefined;
    let asked: number;
    do {
      asked = this.#asked;
      try {
        wait = await this.#turn();
      } catch (error) {
        const { logger, channel } = this.#options;
        logger.error({ channel: channel.name, error: describeError(error) }, 'the outbox could not be read');
        wait = this.#times.retryMost;
      }
    } while (asked !== this.#asked && !this.#gone.signal.aborted);
    // Nothing comes between this look and the end: what is asked for then begins anew.
    this.#running = undefined;
    if (wait !== undefined) this.#wakeIn(wait);
  }

  #wakeIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#gone.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.wake();
    }, milliseconds);
    this.#timer.unref();
  }

  /** @returns after how many milliseconds to come again; undefined when nothing waits */
  async #turn(): Promise<number | undefined> {
    const { store, channel, gateway, logger } = this.#options;
    const lease = await takeLease(store.db, channel.name, gateway, this.#times.lease);
    if (!lease.mine) return lease.freeInMs + 10;
    try {
      const dropped = await dropBacklog(store.db, channel, new Date());
      if (dropped > 0) logger.warn({ channel: channel.name, dropped }, 'notifications dropped: the backlog was full');
      return await this.#sendWaiting();
    } finally {
      await releaseLease(store.db, channel.name, gateway);
    }
  }

  async #sendWaiting(): Promise<number | undefined> {
    const { store, channel } = this.#options;
    const lease = { taken: performance.now() };
    let last: OutboxRow['id'] | undefined;
    let passed = 0;
    for (;;) {
      const rows = await nextWaiting(store.db, channel.name, ROWS_A_TURN, last);
      if (rows.length === 0 && last === undefined) return undefined;
      passed += rows.length;
      last = passed < ROWS_A_PASS ? rows.at(-1)?.id : undefined;
      if (last === undefined) passed = 0;
      const wait = await this.#send(rows, lease);
      if (wait !== undefined || this.#gone.signal.aborted) return wait;
    }
  }

  /**
   * Sends some, in order, up to the first that the receiver does not take.
   *
   * @returns how long to wait before the next attempt; undefined when these are done with
   */
  async #send(rows: readonly OutboxRow[], lease: { taken: number }): Promise<number | undefined> {
    const { store, channel, gateway } = this.#options;
    const sent: OutboxRow[] = [];
    let recorded = performance.now();
    try {
      for (const row of rows) {
        const wait = (row.next_attempt?.getTime() ?? 0) - Date.now();
        if (wait > 0) return wait;
        if (performance.now() - lease.taken > this.#times.lease - this.#times.timeout) {
          const next = await takeLease(store.db, channel.name, gateway, this.#times.lease);
          if (!next.mine) return next.freeInMs + 10;
          lease.taken = performance.now();
        }
        const delivery = await this.#deliver(row);
        if (delivery.kind === 'delivered') {
          this.#recovered();
          sent.push(row);
        } else if (!this.#gone.signal.aborted) {
          const attempt = this.#failed(row, delivery);
          await recordFailure(store.db, row, attempt);
          if (attempt.state === 'waiting') return attempt.nextAttempt.getTime() - Date.now();
        }
        if (this.#gone.signal.aborted) return undefined;
        if (performance.now() - recorded > UNRECORDED_MS) {
          await recordSent(store.db, sent.splice(0), new Date());
          recorded = performance.now();
        }
      }
      return undefined;
    } finally {
      await recordSent(store.db, sent, new Date());
    }
  }

  #deliver(row: OutboxRow): Promise<Delivery> {
    const { channel } = this.#options;
    const id = `${row.source}@${row.channel}`;
    const body = renderBody({ id, time: row.time, notice: readNotice(row.data), leftOut: row.left_out }, channel);
    return deliver(channel, id, body, { timeoutMs: this.#times.timeout, signal: this.#gone.signal, now: new Date() });
  }

  #failed(row: OutboxRow, delivery: Exclude<Delivery, { kind: 'delivered' }>): Attempt {
    const attempt = this.#nextOf(row, delivery, new Date());
    const { id, channel } = row;
    const { logger } = this.#options;
    const fields = { channel, notification: String(id), error: attempt.error };
    // The first failure and the recovery are told, not each attempt between them; and each one that is given up.
    if (attempt.state === 'dead') logger.error(fields, 'a notification was refused and is given up');
    else if (!this.#failing) logger.warn(fields, 'notifications cannot be sent; they are kept and tried again');
    this.#failing = true;
    return attempt;
  }

  #recovered(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.logger.info({ channel: this.#options.channel.name }, 'notifications are sent again');
  }

  #nextOf(row: OutboxRow, delivery: Exclude<Delivery, { kind: 'delivered' }>, at: Date): Attempt {
    if (delivery.kind === 'refused' && row.attempts + 1 >= MOST_REFUSALS)
      return { state: 'dead', at, error: delivery.why };
    const doubled = Math.min(this.#times.retryFirst * 2 ** Math.min(row.attempts, 30), this.#times.retryMost);
    const wait = Math.max(doubled * (0.5 + Math.random() / 2), delivery.kind === 'later' ? (delivery.afterMs ?? 0) : 0);
    return { state: 'waiting', nextAttempt: new Date(at.getTime() + wait), error: delivery.why };
  }
}
