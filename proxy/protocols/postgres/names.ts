import type { Batch } from './pending.ts';

/** What a name of a prepared statement or portal stands for, as far as the target's answers are known. */
export interface NameEntry<T> {
  readonly key: string;
  /** `undefined`: the name was closed. */
  readonly value: T | undefined;
  readonly batch: Batch;
  /** The target has confirmed it. */
  settled: boolean;
  /** What the name stands for again if the target refuses the change. */
  previous: NameEntry<T> | undefined;
}

/** NAMEDATALEN - 1: PostgreSQL keeps statements and portals under the first 63 bytes of their names. */
const NAME_BYTES = 63;

/** The key under which PostgreSQL keeps a name: two names with one key are one statement. */
export function nameKey(name: string): string {
  if (name.startsWith('\0')) return name; // a key already: no name holds a NUL
  // A UTF-16 unit takes at most three bytes.
  if (name.length * 3 <= NAME_BYTES) return name;
  const bytes = Buffer.from(name);
  return bytes.length <= NAME_BYTES ? name : `\0${bytes.toString('latin1', 0, NAME_BYTES)}`;
}

/**
 * The names of one namespace as the client's stream of messages leaves them. A change counts at once for the messages
 * behind it in the same batch (if it fails, the target skips them), and is undone when the target refuses it.
 */
export class NameTable<T> {
  readonly #entries = new Map<string, NameEntry<T>>();

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): NameEntry<T> | undefined {
    return this.#entries.get(nameKey(name));
  }

  put(name: string, value: T | undefined, batch: Batch): NameEntry<T> {
    const key = nameKey(name);
    const entry: NameEntry<T> = { key, value, batch, settled: false, previous: this.#entries.get(key) };
    this.#entries.set(key, entry);
    return entry;
  }

  /** The target did what was asked. */
  confirm(entry: NameEntry<T>): void {
    entry.settled = true;
    entry.previous = undefined;
    if (entry.value === undefined && this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  /** The target did not do it. `lost`: what the name stood for before is gone all the same. */
  revert(entry: NameEntry<T>, lost = false): void {
    if (lost) entry.previous = undefined;
    const latest = this.#entries.get(entry.key);
    if (latest !== entry) {
      // A later change stands on this one: it now stands on what was before.
      for (let later = latest; later !== undefined; later = later.previous) {
        if (later.previous === entry) later.previous = entry.previous;
      }
      return;
    }
    if (entry.previous === undefined) this.#entries.delete(entry.key);
    else this.#entries.set(entry.key, entry.previous);
  }

  delete(name: string): void {
    this.#entries.delete(nameKey(name));
  }

  /** Forgets what batches up to this one made. */
  deleteUpTo(batch: Batch): void {
    for (const [key, entry] of this.#entries) {
      if (entry.batch.id <= batch.id) this.#entries.delete(key);
    }
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }
}
