import { serialize } from 'pg-protocol';
import { SallyportError } from '../../../engine/errors.ts';
import { exceeded, limitReached, type LimitReached, type StatementQuantity } from '../../limits/statement-limits.ts';
import type { SessionHost } from '../../protocol.ts';
import { LONGEST_TIMER_MS } from '../../time.ts';
import type { CancelKey } from './cancel-keys.ts';
import type { Pending, PendingQueue } from './pending.ts';

/** Ends a COPY … FROM STDIN in the client's place. */
export const COPY_FAIL: Uint8Array = serialize.copyFail('sallyport: a limit is reached');

export interface LimitWatchOptions {
  readonly host: Pick<SessionHost, 'after' | 'sendOutOfBand' | 'limits'>;
  readonly pending: PendingQueue;
  /** The target's own key, for cancel requests. */
  readonly targetKey: CancelKey | undefined;
  /** Fails a COPY … FROM STDIN that the target takes data for, rather than cancelling it. @returns false if none runs */
  readonly failCopy: () => boolean;
  /** The client's next message may go on; not called while the target's bytes are worked on. */
  readonly resume: () => void;
  /** The session cannot go on. */
  readonly fail: (error: SallyportError) => void;
}

/** A statement that has reached a limit. */
export interface Over {
  /** The message whose answer is under way: the statement's own, or the Sync behind it. */
  pending: Pending;
  /** Index of the command. */
  readonly command: number;
  readonly limit: LimitReached;
  /** What went to the client. */
  readonly rows: number;
  readonly bytes: number;
  /** The tag of its completion: the target had finished it before it could be stopped. */
  completed: string | undefined;
  /** The target was sent something that fails, so that the transaction ends as the client will think it has. */
  undoing: boolean;
  /** The client has been told. */
  told: boolean;
}

/**
 * Holds statements to the policy's limits, one at a time: what is limited runs alone. It goes to the target when nothing
 * else runs there, and nothing that runs follows it before it is answered and, where it had to be cancelled, before the
 * cancel request is known to have arrived. So a cancel that comes late finds nothing else to hit.
 */
export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #running: Pending | undefined;
  /** When the command that runs now began. Milliseconds, monotonic. */
  #since = 0;
  #timer: (() => void) | undefined;
  #over: Over | undefined;
  /** It has been told to stop. */
  #stopped = false;
  /** A cancel request is under way. */
  #cancelling = false;
  #bound: (() => void) | undefined;
  #flushedAt: Pending | undefined;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** What is limited must wait until the target runs nothing else. */
  get quiet(): boolean {
    return this.#options.pending.running === 0 && !this.busy;
  }

  get busy(): boolean {
    return this.#running !== undefined || this.#cancelling;
  }

  /** The target has been told to stop what runs, or is about to be. */
  get stopping(): boolean {
    return this.#over !== undefined || this.#cancelling;
  }

  /** Whether the client's next message must wait. A Sync may follow what only reads: it has nothing to undo. */
  bars(sync: boolean): boolean {
    const running = this.#running;
    if (running === undefined || this.#cancelling || this.#over !== undefined) return this.busy;
    return !(sync && running.kind === 'execute' && !running.batch.writes && this.#options.pending.last === running);
  }

  /** Makes the target answer what a message waits for, where it would keep its answers until a Sync. */
  flush(push: (bytes: Uint8Array) => void): void {
    const { last } = this.#options.pending;
    if (last === undefined || last === this.#flushedAt || answersByItself(last)) return;
    this.#flushedAt = last;
    push(serialize.flush());
  }

  /** The message goes to the target. */
  begin(pending: Pending): void {
    if (pending.limits === undefined) return;
    this.#running = pending;
    this.#arm(pending, 0);
  }

  /** That command is complete; the next one of the same message runs. */
  completed(pending: Pending, command: number): void {
    if (pending === this.#running && this.#over === undefined) this.#arm(pending, command + 1);
  }

  /** The limit that is reached, whichever message's answer is under way. */
  get reached(): Over | undefined {
    return this.#over;
  }

  /** The limit that the message at hand has reached. */
  over(pending: Pending | undefined): Over | undefined {
    return pending !== undefined && this.#over?.pending === pending ? this.#over : undefined;
  }

  /** Whether `rows` and `bytes` more are too much for the client to get. */
  refuses(pending: Pending, rows: number, bytes: number): boolean {
    if (this.#over?.pending === pending) return true;
    const limits = limitsOf(pending, pending.completed);
    if (limits === undefined) return false;
    const { used } = pending;
    const quantity = exceeded(limits, {
      rows: used.rows + pending.rows + pending.copied + rows,
      bytes: used.bytes + pending.bytes + bytes,
      milliseconds: 0,
    });
    if (quantity === undefined) return false;
    this.#reach(pending, quantity);
    return true;
  }

  /** To be called when everything that has come from the target is worked on: it may have ended the statement itself. */
  stop(): void {
    const { host, targetKey, failCopy } = this.#options;
    if (this.#over === undefined || this.#over.completed !== undefined || this.#stopped) return;
    this.#stopped = true;
    if (failCopy() || targetKey === undefined) return;
    this.#cancelling = true;
    host.sendOutOfBand(serialize.cancel(targetKey.processId, targetKey.secret), (taken) => {
      this.#cancelling = false;
      if (!taken) this.#giveUp('The target could not be told to stop.');
      else if (this.#running === undefined) this.#settled();
      this.#options.resume();
    });
  }

  /** The answer to a message is whole, or will not come. */
  finish(pending: Pending): void {
    if (pending !== this.#running && pending !== this.#over?.pending) return;
    this.#timer?.();
    this.#timer = undefined;
    const { executes } = pending;
    if (executes !== undefined) {
      executes.used = {
        rows: pending.used.rows + pending.rows,
        bytes: pending.used.bytes + pending.bytes,
        milliseconds: pending.used.milliseconds + (performance.now() - this.#since),
      };
    }
    this.#running = undefined;
    this.#over = undefined;
    if (!this.#cancelling) this.#settled();
  }

  /** The client has been told, and a Sync had gone to the target before: its answer may have to be undone yet. */
  follow(sync: Pending, over: Over): void {
    over.pending = sync;
    this.#running = sync;
    this.#over = over;
  }

  /** The session is over. */
  end(): void {
    this.#timer?.();
    this.#bound?.();
  }

  #arm(pending: Pending, command: number): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#since = performance.now();
    const seconds = limitsOf(pending, command)?.seconds;
    if (seconds === undefined) return;
    const left = Math.min(Math.max(0, seconds * 1_000 - pending.used.milliseconds), LONGEST_TIMER_MS);
    this.#timer = this.#options.host.after(left, () => {
      if (this.#running !== pending || this.#over !== undefined) return;
      this.#reach(pending, 'seconds');
      this.stop();
    });
  }

  #reach(pending: Pending, quantity: StatementQuantity): void {
    const command = pending.completed;
    const { host } = this.#options;
    this.#stopped = false;
    this.#over = {
      pending,
      command,
      limit: limitReached(quantity, limitsOf(pending, command) ?? {}),
      rows: pending.rows + pending.copied,
      bytes: pending.bytes,
      completed: undefined,
      undoing: false,
      told: false,
    };
    this.#bound = host.after(host.limits.stopMs, () => {
      this.#giveUp('The target does not stop.');
    });
  }

  /** Nothing is under way any more that could hit what comes next. */
  #settled(): void {
    this.#bound?.();
    this.#bound = undefined;
  }

  #giveUp(why: string): void {
    this.#bound?.();
    const { code = 'SP_LIMIT_TIME', message = '' } = this.#over?.limit ?? {};
    const words = `${message} ${why}`.trim();
    this.#options.fail(new SallyportError(code, words, { help: 'The session ends. Open another one.' }));
  }
}

/** The target sends its answers at once when it is ready for the next query. */
function answersByItself({ kind }: Pending): boolean {
  return kind === 'query' || kind === 'function' || kind === 'sync';
}

function limitsOf({ kind, limits }: Pending, command: number): NonNullable<Pending['limits']>[number] {
  return limits?.[kind === 'query' ? command : 0];
}
