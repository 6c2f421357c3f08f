export interface BoundedMapOptions {
  /** Most entries of one generation. */
  readonly entries: number;
  /** Most cost of one generation, in the unit that `set` is given: characters here. */
  readonly cost: number;
}

/**
 * A map that forgets what has not been used for long. It keeps two generations: new and used entries go into the young
 * one; when that is full it becomes the old one, and the old one is dropped. So a hit costs no reordering, and never more
 * than twice the options are held.
 */
export interface BoundedMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value, cost: number): void;
  readonly size: number;
}

export function createBoundedMap<Value>(options: BoundedMapOptions): BoundedMap<Value> {
  interface Entry {
    readonly value: Value;
    readonly cost: number;
  }
  let young = new Map<string, Entry>();
  let old = new Map<string, Entry>();
  let youngCost = 0;

  function add(key: string, entry: Entry): void {
    // One that would fill a generation by itself is not worth forgetting all others for.
    if (entry.cost > options.cost) return;
    youngCost += entry.cost - (young.get(key)?.cost ?? 0);
    if (youngCost > options.cost || young.size >= options.entries) {
      old = young;
      young = new Map();
      youngCost = entry.cost;
    }
    young.set(key, entry);
  }

  return {
    get: (key) => {
      const entry = young.get(key);
      if (entry !== undefined) return entry.value;
      const older = old.get(key);
      if (older === undefined) return undefined;
      old.delete(key);
      add(key, older);
      return older.value;
    },
    set: (key, value, cost) => {
      old.delete(key);
      add(key, { value, cost });
    },
    get size() {
      return young.size + old.size;
    },
  };
}
