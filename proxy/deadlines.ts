import type { RelayLimits } from './limits.ts';
import type { ProtocolSession } from './protocol.ts';

/**
 * What one client may keep the gateway waiting for. One timer of the gateway asks all of them: a thousand idle
 * connections cost no timers, and a chunk costs a flag and no look at the clock.
 */
export class Deadlines {
  readonly #limits: RelayLimits;
  readonly #acceptedAt: number;
  #lastHeard: number;
  #heard = false;
  #established = false;

  /** `now` in milliseconds, monotonic, here and below. */
  constructor(limits: RelayLimits, now: number) {
    this.#limits = limits;
    this.#acceptedAt = now;
    this.#lastHeard = now;
  }

  /** The client sent something. */
  heard(): void {
    this.#heard = true;
  }

  get established(): boolean {
    return this.#established;
  }

  /** The client was let in, and the target is ready for it. */
  establish(): void {
    this.#established = true;
  }

  /** @returns what took too long, if anything did */
  expired(session: ProtocolSession, now: number): string | undefined {
    if (this.#heard) {
      this.#heard = false;
      this.#lastHeard = now;
    }
    const { handshakeMs, heldMs, idleMs } = this.#limits;
    const silence = now - this.#lastHeard;
    if (!this.#established) return now - this.#acceptedAt > handshakeMs ? 'The handshake' : undefined;
    if (session.holding === true) return silence > heldMs ? 'The rest of a message' : undefined;
    return session.idle && silence > idleMs ? 'The next command' : undefined;
  }
}

/** How often deadlines are looked at: often enough for the shortest of them, at most once a second. */
export function checkIntervalMs({ handshakeMs, heldMs, idleMs }: RelayLimits): number {
  return Math.max(10, Math.min(1_000, handshakeMs / 4, heldMs / 4, idleMs / 4));
}
