import { describeError, type Logger } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { Channel } from './channel.ts';
import { deliver, type Delivery } from './deliver.ts';
import { releaseLease, takeLease } from './lease.ts';
import { dropBacklog, nextWaiting, recordAttempt, type Attempt, type OutboxRow } from './outbox.ts';
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
const ROWS_A_TURN = 20;
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
    const { store, channel, gateway } = this.#options;
    let taken = performance.now();
    for (;;) {
      const rows = await nextWaiting(store.db, channel.name, ROWS_A_TURN);
      if (rows.length === 0) return undefined;
      for (const row of rows) {
        if (this.#gone.signal.aborted) return undefined;
        const wait = (row.next_attempt?.getTime() ?? 0) - Date.now();
        if (wait > 0) return wait;
        if (performance.now() - taken > this.#times.lease - this.#times.timeout) {
          const lease = await takeLease(store.db, channel.name, gateway, this.#times.lease);
          if (!lease.mine) return lease.freeInMs + 10;
          taken = performance.now();
        }
        const next = await this.#attempt(row);
        if (next !== undefined) return next;
      }
    }
  }

  /** @returns how long to wait before the next attempt; undefined when this one is done with */
  async #attempt(row: OutboxRow): Promise<number | undefined> {
    const { store, channel } = this.#options;
    const now = new Date();
    const id = `${row.source}@${row.channel}`;
    const body = renderBody({ id, time: row.time, notice: readNotice(row.data), leftOut: row.left_out }, channel);
    const delivery = await deliver(channel, id, body, {
      timeoutMs: this.#times.timeout,
      signal: this.#gone.signal,
      now,
    });
    if (this.#gone.signal.aborted && delivery.kind !== 'delivered') return undefined;
    const attempt = this.#outcome(row, delivery, new Date());
    this.#report(row, attempt);
    await recordAttempt(store.db, row, attempt);
    return attempt.state === 'waiting' ? attempt.nextAttempt.getTime() - Date.now() : undefined;
  }

  #outcome(row: OutboxRow, delivery: Delivery, at: Date): Attempt {
    if (delivery.kind === 'delivered') return { state: 'sent', at };
    if (delivery.kind === 'refused' && row.attempts + 1 >= MOST_REFUSALS)
      return { state: 'dead', at, error: delivery.why };
    const doubled = Math.min(this.#times.retryFirst * 2 ** Math.min(row.attempts, 30), this.#times.retryMost);
    const wait = Math.max(doubled * (0.5 + Math.random() / 2), delivery.kind === 'later' ? (delivery.afterMs ?? 0) : 0);
    return { state: 'waiting', nextAttempt: new Date(at.getTime() + wait), error: delivery.why };
  }

  /** The first failure and the recovery, not each attempt between them; each one that is given up. */
  #report({ id, channel }: OutboxRow, attempt: Attempt): void {
    const { logger } = this.#options;
    if (attempt.state === 'sent') {
      if (this.#failing) logger.info({ channel }, 'notifications are sent again');
      this.#failing = false;
      return;
    }
    const fields = { channel, notification: String(id), error: attempt.error };
    if (attempt.state === 'dead') logger.error(fields, 'a notification was refused and is given up');
    else if (!this.#failing) logger.warn(fields, 'notifications cannot be sent; they are kept and tried again');
    this.#failing = true;
  }
}
