import type { PGlite } from '@electric-sql/pglite';
import { framesOf, message, type Frame } from './frames.ts';
import { readSettings, restoreSettings, type SessionSettings } from './session-settings.ts';

/** One connection's place at the database. */
export interface Seat {
  readonly id: number;
  settings: SessionSettings;
}

/** What the database answered, and whether it is outside of a transaction with nothing left to answer. */
interface Answer {
  readonly bytes: Buffer;
  readonly idle: boolean;
}

/** Messages that are answered with ReadyForQuery. */
const ends = new Set(['', 'Q', 'S', 'F']);

/**
 * PGlite is PostgreSQL with one session. This makes it look like one session per connection: connections take turns, a
 * turn lasts until the database is idle again (so a transaction is never mixed with another's statements), and each
 * connection finds its own settings and role when its turn comes. What stays shared: temporary tables, SQL-level
 * PREPARE, advisory locks. A connection that leaves a transaction open makes the others wait.
 */
export class SharedDatabase {
  readonly #database: PGlite;
  #owner: Seat | undefined;
  #last: Seat | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(database: PGlite) {
    this.#database = database;
  }

  /**
   * Sends one message, when the seat's turn has come.
   *
   * @throws Error when the database itself fails; it cannot be used any more
   */
  async send(seat: Seat, frame: Frame): Promise<Buffer> {
    await this.#take(seat);
    const { bytes, idle } = await this.#execute(frame.type, frame.bytes);
    if (idle) this.#release();
    return bytes;
  }

  /** Gives the seat up: what it left open is rolled back and `goodbye` is sent. */
  async leave(seat: Seat, goodbye: readonly Buffer[]): Promise<void> {
    if (goodbye.length > 0 || this.#owner === seat) {
      await this.#take(seat);
      await this.#execute('S', message('S'));
      await this.#execute('Q', message('Q', 'ROLLBACK'));
      for (const bytes of goodbye) await this.#execute(String.fromCharCode(bytes[0] ?? 0), bytes);
      await this.#execute('S', message('S'));
      this.#release();
    }
    if (this.#last === seat) this.#last = undefined;
  }

  async #execute(type: string, bytes: Buffer): Promise<Answer> {
    const parts: Buffer[] = [];
    await this.#database.execProtocolRawStream(bytes, { onRawData: (data) => parts.push(Buffer.from(data)) });
    const frames = framesOf(Buffer.concat(parts));
    const ready = frames.findLast((frame) => frame.type === 'Z');
    // After an error in the extended protocol PGlite says ReadyForQuery at once, and again at Sync. PostgreSQL does not.
    const spoken = ends.has(type) ? frames : frames.filter((frame) => frame.type !== 'Z');
    return {
      bytes: Buffer.concat(spoken.map((frame) => frame.bytes)),
      idle: ends.has(type) && ready?.bytes[5] === 0x49,
    };
  }

  async #take(seat: Seat): Promise<void> {
    while (this.#owner !== undefined && this.#owner !== seat)
      await new Promise<void>((turn) => this.#waiting.push(turn));
    if (this.#owner === seat) return;
    this.#owner = seat;
    if (this.#last === seat) return;
    if (this.#last !== undefined) this.#last.settings = await readSettings(this.#database);
    await restoreSettings(this.#database, seat.settings);
    this.#last = seat;
  }

  #release(): void {
    this.#owner = undefined;
    this.#waiting.shift()?.();
  }
}
