import { plural } from '../../engine/plural.ts';
import { RateWindow } from './rate-window.ts';
import { SessionLimits, type LimitRefusal } from './session-limits.ts';

/** What one gateway counts per subject, and its open sessions' limits. Nothing of it is shared between gateways. */
export class LimitKeeper {
  readonly #sessions = new Map<string, SessionLimits>();
  /** Open sessions by subject. */
  readonly #open = new Map<string, number>();
  readonly #rates = new Map<string, RateWindow>();

  /** Every session of an authenticated subject enters, before policy is asked about it, and leaves in the end. */
  enter(session: { readonly id: string; readonly subject: string }): SessionLimits {
    const { id, subject } = session;
    this.#open.set(subject, this.#openOf(subject) + 1);
    const limits = new SessionLimits(
      subject,
      () => this.#openOf(subject),
      () => {
        this.#sessions.delete(id);
        const left = this.#openOf(subject) - 1;
        if (left > 0) this.#open.set(subject, left);
        else this.#open.delete(subject);
      },
    );
    this.#sessions.set(id, limits);
    return limits;
  }

  /** undefined for a session that did not enter, or has left. */
  session(id: string): SessionLimits | undefined {
    return this.#sessions.get(id);
  }

  /**
   * Counts a statement of a subject that may have `most` a minute.
   *
   * @returns the way to take it back, should the statement not be released; or why it may not be
   */
  count(subject: string, most: number): { readonly undo: () => void } | LimitRefusal {
    const now = performance.now();
    let window = this.#rates.get(subject);
    if (window === undefined) this.#rates.set(subject, (window = new RateWindow()));
    if (window.count(now) >= most) {
      const wait = Math.ceil(window.freeIn(now, most) / 1_000);
      return {
        code: 'SP_RATE_LIMITED',
        message: `${subject} may send ${plural(most, 'statement')} a minute through this gateway.`,
        hint: Number.isFinite(wait) ? `Try again in ${plural(wait, 'second')}.` : 'The policy lets none through.',
      };
    }
    const counts = window;
    const bucket = counts.add(now);
    return {
      undo: () => {
        counts.undo(bucket);
      },
    };
  }

  #openOf(subject: string): number {
    return this.#open.get(subject) ?? 0;
  }
}
