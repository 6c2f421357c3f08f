import { createHash } from 'node:crypto';

/** Where a recorded command stands, as an example of its kind. */
export interface Example {
  readonly file: string;
  /** From 1. */
  readonly row: number;
  readonly session: string;
  readonly subject: string;
  readonly resource: string;
  /** As recorded, secrets cut out; the beginning of a long one. */
  readonly text: string;
}

export interface Group {
  count: number;
  /** The first one, by file and row. */
  example: Example;
}

/** What a table writes down of itself, and reads again. */
export interface GroupTableState {
  /** The share of keys that is kept: one in 2^`halvings`. */
  readonly halvings: number;
  readonly groups: readonly (readonly [key: string, count: number, example: Example])[];
}

/**
 * Counts by key, with the first example of each. Bounded, and still the same in whatever order things are added or
 * tables merged: when there are more keys than fit, the half of them whose hash is greater is dropped, and never taken
 * in again; so what is kept depends on the set of keys alone, and its counts are exact.
 */
export class GroupTable {
  readonly #capacity: number;
  readonly #groups = new Map<string, Group>();
  #halvings = 0;

  constructor(capacity = 20_000) {
    this.#capacity = capacity;
  }

  get halvings(): number {
    return this.#halvings;
  }

  get size(): number {
    return this.#groups.size;
  }

  /** `example` is asked for only where it could be the first. */
  add(key: string, position: Position, example: () => Example): void {
    const group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#halvings > 0 && !isKept(key, this.#halvings)) return;
      this.#insert(key, { count: 1, example: example() });
      return;
    }
    group.count += 1;
    if (comparePositions(position, group.example) < 0) group.example = example();
  }

  merge(other: GroupTableState): void {
    this.#halve(other.halvings);
    for (const [key, count, example] of other.groups) {
      if (!isKept(key, this.#halvings)) continue;
      const group = this.#groups.get(key);
      if (group === undefined) this.#insert(key, { count, example });
      else {
        group.count += count;
        if (comparePositions(example, group.example) < 0) group.example = example;
      }
    }
  }

  #insert(key: string, group: Group): void {
    this.#groups.set(key, group);
    while (this.#groups.size > this.#capacity) this.#halve(this.#halvings + 1);
  }

  #halve(halvings: number): void {
    if (halvings <= this.#halvings) return;
    this.#halvings = halvings;
    for (const key of this.#groups.keys()) if (!isKept(key, halvings)) this.#groups.delete(key);
  }

  /** Most frequent first, by key where that is equal. */
  ranked(): [key: string, group: Group][] {
    return [...this.#groups].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  }

  state(): GroupTableState {
    const groups = [...this.#groups].sort(([a], [b]) => (a < b ? -1 : 1));
    return { halvings: this.#halvings, groups: groups.map(([key, { count, example }]) => [key, count, example]) };
  }
}

/** Whether the first bits of the key's hash are zeros. */
function isKept(key: string, halvings: number): boolean {
  if (halvings === 0) return true;
  return createHash('sha256').update(key).digest().readUInt32BE(0) < 2 ** (32 - halvings);
}

export interface Position {
  readonly file: string;
  readonly row: number;
}

export function comparePositions(a: Position, b: Position): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.row - b.row;
}
