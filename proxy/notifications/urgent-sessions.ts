/** Which sessions have something in their recordings that a channel is to be told of, and is to be read soon. */
export class UrgentSessions {
  readonly #channels: ReadonlySet<string>;
  readonly #sessions = new Set<string>();

  constructor(channels: ReadonlySet<string>) {
    this.#channels = channels;
  }

  /** As FulfillerOptions.tells. */
  tells(channel: string, session: string): boolean {
    if (!this.#channels.has(channel)) return false;
    this.#sessions.add(session);
    return true;
  }

  /** A recording has grown: whether it was to be read soon. `<day>/<session>.jsonl`. */
  take(file: string): boolean {
    if (this.#sessions.size === 0) return false;
    const [, session = ''] = /([^/]+)\.jsonl$/.exec(file) ?? [];
    return this.#sessions.delete(session);
  }
}
