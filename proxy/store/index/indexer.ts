import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { describeError, type Logger } from '../../log.ts';
import type { Tables } from '../tables.ts';
import { Pace } from './pace.ts';
import type { IndexReader, ReadAnswer } from './read-files.ts';
import { forgetFiles, writeRows, type FulfilDuties } from './write-rows.ts';

export interface IndexerOptions {
  readonly db: Kysely<Tables>;
  /** Id of the gateway whose recordings these are: several may share a store. */
  readonly gateway: string;
  /** The recordings. */
  readonly directory: string;
  readonly reader: IndexReader;
  readonly logger: Logger;
  /** How much of the time since the last call the gateway was at work, from 0 to 1: indexing takes of what is left. */
  readonly load?: () => number;
  /** Absent: what decisions ask for is passed over. */
  readonly fulfil?: FulfilDuties;
}

export interface IndexStanding {
  /** Recordings that have grown since they were read. */
  readonly behind: number;
  /** When the index last held all that was recorded before; undefined when it never did. */
  readonly current: Date | undefined;
}

/** How long written recordings are gathered, in milliseconds. */
const GATHER_MS = 200;
/** The same where somebody is to be told of what they hold. */
const URGENT_MS = 20;
/** Statistics are made anew when the index has grown by a fifth: PGlite has nobody else who would. */
const ANALYZE_GROWTH = 0.2;

/**
 * Keeps the index up with the recordings. It reads what stands in the files and never what a gateway meant to write, so
 * the index holds no command without its event, and a crash at any point costs nothing but reading on.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  readonly #pace: Pace;
  readonly #positions = new Map<string, number>();
  readonly #grown = new Set<string>();
  /** Of those, the ones that somebody waits for. */
  readonly #urgent = new Set<string>();
  /** Those of the turn that runs. */
  #reading: readonly string[] = [];
  /** Recordings that cannot be read on: told once, and left alone until the next start. */
  readonly #broken = new Set<string>();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerIsUrgent = false;
  #failing = false;
  #current: Date | undefined;
  #closed = false;
  #commands = 0;
  #analyzed = 0;

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#pace = new Pace({ load: options.load, isAwaited: () => this.#urgent.size > 0 });
  }

  get standing(): IndexStanding {
    return { behind: new Set([...this.#grown, ...this.#reading]).size, current: this.#current };
  }

  /**
   * A recording has grown. Cheap: may be called with every append. `file` is relative to the recordings, with `/`.
   *
   * @param urgent somebody is to be told of what it holds: it is read at once, however busy the gateway is
   */
  touched(file: string, urgent = false): void {
    this.#grown.add(file);
    if (urgent) {
      this.#urgent.add(file);
      this.#pace.hurry();
    }
    if (this.#closed || this.#running !== undefined) return;
    if (this.#timer !== undefined && (this.#timerIsUrgent || !urgent)) return;
    clearTimeout(this.#timer);
    this.#timerIsUrgent = urgent;
    this.#pace.look();
    const soon = urgent && !this.#failing;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#begin();
      },
      soon ? URGENT_MS : GATHER_MS,
    );
    this.#timer.unref();
  }

  /**
   * Compares the index with all recordings, forgets those that are gone or shorter than they were, and reads the rest.
   *
   * @throws the database's error
   */
  async catchUp(): Promise<void> {
    // One reads at a time: two would count the same commands twice.
    while (this.#running !== undefined) await this.#running;
    const running = this.#compare();
    this.#running = running
      .catch(() => undefined)
      .finally(() => {
        this.#ended(false);
      });
    await running;
  }

  async #compare(): Promise<void> {
    const { db, gateway, directory } = this.#options;
    const sizes = await recordingSizes(directory);
    const known = await db
      .selectFrom('indexed_files')
      .select(['file', 'position'])
      .where('gateway', '=', gateway)
      .execute();
    const lost = known
      .filter(({ file, position }) => (sizes.get(file) ?? -1) < Number(position))
      .map(({ file }) => file);
    await forgetFiles(db, gateway, lost);
    this.#positions.clear();
    this.#broken.clear();
    for (const { file, position } of known) if (!lost.includes(file)) this.#positions.set(file, Number(position));
    for (const [file, size] of sizes) if (size > (this.#positions.get(file) ?? 0)) this.#grown.add(file);
    await this.#drain();
  }

  /** Reads what is left, then stops. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pace.close();
    await this.#running;
    await this.#drain().catch((error: unknown) => {
      this.#report(error);
    });
    await this.#options.reader.close();
  }

  #begin(): void {
    let failed = false;
    this.#running ??= this.#drain()
      .catch((error: unknown) => {
        failed = true;
        this.#report(error);
      })
      .finally(() => {
        this.#ended(failed);
      });
  }

  #ended(failed: boolean): void {
    this.#running = undefined;
    // Nobody is served by asking a store that is gone fifty times a second.
    this.#failing = failed;
    const [waiting] = this.#urgent.size > 0 ? this.#urgent : this.#grown;
    if (waiting !== undefined) this.touched(waiting, this.#urgent.size > 0);
  }

  #report(error: unknown): void {
    this.#options.logger.error({ error: describeError(error) }, 'indexing failed; it is tried again');
  }

  async #drain(): Promise<void> {
    const { reader, db, fulfil } = this.#options;
    const began = new Date();
    while (this.#grown.size > 0) {
      const urgent = this.#urgent.size > 0;
      const waiting = urgent ? this.#urgent : this.#grown;
      const turn = this.#pace.turn(waiting.size);
      const files = [...waiting].slice(0, turn.files);
      // What grows while it is read is to be read again.
      for (const file of files) {
        this.#grown.delete(file);
        this.#urgent.delete(file);
      }
      this.#reading = files;
      const started = performance.now();
      try {
        const answer = await reader.read(
          files.map((file) => ({ file, position: this.#positions.get(file) ?? 0, bytes: turn.bytes })),
        );
        if (answer.rows !== undefined) await writeRows(db, answer.rows, fulfil);
        this.#take(answer, urgent);
        await this.#analyze(answer.commands);
      } catch (error) {
        for (const file of files) {
          this.#grown.add(file);
          if (urgent) this.#urgent.add(file);
        }
        throw error;
      } finally {
        this.#reading = [];
      }
      await this.#pace.rest(performance.now() - started);
    }
    this.#current = began;
  }

  /** What was read is written: go on behind it. */
  #take({ positions }: ReadAnswer, urgent: boolean): void {
    for (const { file, position, ended, more, problem } of positions) {
      if (problem !== undefined && !this.#broken.has(file)) {
        this.#broken.add(file);
        this.#options.logger.error({ file, problem }, 'a recording cannot be indexed on');
      }
      if (ended) this.#positions.delete(file);
      else this.#positions.set(file, position);
      if (!more) continue;
      this.#grown.add(file);
      if (urgent) this.#urgent.add(file);
    }
  }

  async #analyze(commands: number): Promise<void> {
    this.#commands += commands;
    if (this.#commands - this.#analyzed < Math.max(1_000, this.#commands * ANALYZE_GROWTH)) return;
    this.#analyzed = this.#commands;
    await sql`analyze commands, sessions`.execute(this.#options.db);
  }
}

async function recordingSizes(directory: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const day of await entriesOf(directory)) {
    for (const name of await entriesOf(join(directory, day))) {
      if (!name.endsWith('.jsonl')) continue;
      const entry = await stat(join(directory, day, name)).catch(() => undefined);
      if (entry?.isFile() === true) sizes.set(`${day}/${name}`, entry.size);
    }
  }
  return sizes;
}

async function entriesOf(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort();
}
