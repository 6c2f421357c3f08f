import { randomInt } from 'node:crypto';

/** The key that a client shows on a connection of its own to cancel what its session runs. */
export interface CancelKey {
  readonly processId: number;
  readonly secret: number;
}

export interface Cancellable {
  cancel(): void;
}

/**
 * The cancel keys of one protocol instance's sessions. The gateway hands out keys of its own, so that a client can
 * cancel nothing but its own session, and never learns the target's.
 */
export class CancelKeys {
  readonly #sessions = new Map<number, { readonly secret: number; readonly session: Cancellable }>();

  issue(session: Cancellable): CancelKey {
    let processId: number;
    do processId = randomInt(1, 2 ** 31);
    while (this.#sessions.has(processId));
    const secret = randomInt(-(2 ** 31), 2 ** 31);
    this.#sessions.set(processId, { secret, session });
    return { processId, secret };
  }

  revoke(key: CancelKey): void {
    this.#sessions.delete(key.processId);
  }

  /** As PostgreSQL does, nothing tells the peer whether the key was right. */
  cancel(key: CancelKey): void {
    const found = this.#sessions.get(key.processId);
    if (found?.secret === key.secret) found.session.cancel();
  }
}
