import type { Obligation } from '../../engine/contract.ts';
import { SallyportError, type ErrorCode } from '../../engine/errors.ts';
import { plural } from '../../engine/plural.ts';
import { LONGEST_TIMER_MS } from '../time.ts';
import { readLimits, type Quantity } from './quantities.ts';

/** Why something is refused, or cannot be promised, for a limit's sake. */
export interface LimitRefusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const OF_SESSIONS: ReadonlySet<string> = new Set<Quantity>(['sessions', 'session_seconds']);

/** What one open session is held to. */
export class SessionLimits {
  readonly subject: string;
  readonly #openSessions: () => number;
  readonly #left: () => void;
  readonly #openedAt = performance.now();
  #seconds = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #end: ((error: SallyportError) => void) | undefined;
  #over: SallyportError | undefined;
  #gone = false;

  /** `openSessions`: the subject's, this one among them. */
  constructor(subject: string, openSessions: () => number, left: () => void) {
    this.subject = subject;
    this.#openSessions = openSessions;
    this.#left = left;
  }

  /**
   * Fulfils the `limit` obligation of the decision that opens the session.
   *
   * @returns why the session is refused: SP_LIMIT_SESSIONS, or SP_OBLIGATION_UNKNOWN for what is no session's limit
   */
  open(obligation: Obligation): LimitRefusal | undefined {
    const limits = readLimits(obligation);
    if (typeof limits === 'string') return { code: 'SP_OBLIGATION_UNKNOWN', message: limits };
    const other = Object.keys(limits).find((quantity) => !OF_SESSIONS.has(quantity));
    if (other !== undefined) {
      return {
        code: 'SP_OBLIGATION_UNKNOWN',
        message: `The policy limits ${other} when a session opens; that is a limit of commands.`,
        hint: 'Move the rule to a package outside of policy.session.',
      };
    }
    const { sessions, session_seconds: seconds } = limits;
    if (sessions !== undefined && this.#openSessions() > sessions) {
      return {
        code: 'SP_LIMIT_SESSIONS',
        message: `${this.subject} may have ${plural(sessions, 'session')} open at once on this gateway.`,
        hint: 'End another session first.',
      };
    }
    if (seconds !== undefined) this.atMost(seconds);
    return undefined;
  }

  /**
   * The session may last that long, from its opening. The least ever asked for holds.
   *
   * @returns the error that it ends with, if that time is over
   */
  atMost(seconds: number): SallyportError | undefined {
    if (seconds < this.#seconds && !this.#gone) {
      this.#seconds = seconds;
      this.#arm();
    }
    return this.#over;
  }

  /** Who ends the session when its time is over: called once. */
  whenOver(end: (error: SallyportError) => void): void {
    this.#end = end;
    if (this.#over !== undefined) end(this.#over);
  }

  /** The session has ended, or was never let in. Idempotent. */
  leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#left();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const left = this.#seconds * 1_000 - (performance.now() - this.#openedAt);
    if (left <= 0) {
      this.#expire();
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#expire();
      },
      Math.min(Math.ceil(left), LONGEST_TIMER_MS),
    ).unref();
  }

  #expire(): void {
    if (this.#over !== undefined || this.#gone) return;
    this.#over = new SallyportError(
      'SP_LIMIT_SESSION_SECONDS',
      `The session has lasted ${plural(this.#seconds, 'second')}, which is its limit.`,
      { help: 'Open another session, or ask the owners of the policy for a longer one.' },
    );
    this.#end?.(this.#over);
  }
}
