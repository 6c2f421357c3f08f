/** A path into the input, as the compiler's dependency analysis gives it: ["command", "effects"]. */
export type InputPath = readonly string[];

/** A path of which a bundle asks nothing but how its value compares with whole numbers. */
export interface ComparedPath {
  readonly path: InputPath;
  readonly bounds: readonly number[];
  /** Entrypoints that give further bounds: rules that depend on the bundle alone. */
  readonly bound_by: readonly string[];
}

/** The same once those entrypoints were asked. */
export interface BoundedPath {
  readonly path: InputPath;
  /** Sorted. */
  readonly bounds: readonly number[];
}

/**
 * Remembers results by the values of the input paths that a bundle reads, and by nothing else: two inputs that agree on
 * them get the same decision, because evaluation is deterministic.
 *
 * Values are interned to small numbers, so that a key is short and comparing it is cheap. The number of a *frozen*
 * object is kept by identity: dialects and gates hand over deeply frozen objects, which saves writing them out again
 * for every command. What is not frozen is written out each time, for its owner may change it.
 *
 * Of a path that is only compared, where its number stands between the bounds counts, not the number: a counter of
 * refusals that is held against 50 does not make each command another one.
 */
export class Memo<Value extends object> {
  readonly #paths: readonly { readonly path: InputPath; readonly bounds: readonly number[] | undefined }[];
  readonly #groups: readonly PathGroup[];
  readonly #capacity: number;
  #values = new Map<string, Value>();
  #numbers = new Map<string, number>();
  #frozen = new WeakMap<object, number>();

  /** `capacity`: how many results, and how many distinct values, are kept before all are dropped. */
  constructor(paths: readonly InputPath[], capacity: number, compared: readonly BoundedPath[] = []) {
    const bounded = paths.map((path) => ({
      path,
      bounds: compared.find((one) => isSamePath(one.path, path))?.bounds,
    }));
    this.#groups = groupsOf(bounded.filter(({ bounds }) => bounds === undefined).map(({ path }) => path));
    const grouped = new Set(this.#groups.flatMap(({ paths: inside }) => inside));
    this.#paths = bounded.filter(({ path }) => !grouped.has(path));
    this.#capacity = capacity;
  }

  /** The remembered value for an input like this one, or else what `compute` gives; kept if `compute` says so. */
  resolve(input: object, compute: () => { value: Value; keep: boolean }): Value {
    // Before, not while, a key is made: the numbers of one key must come from one generation.
    if (this.#numbers.size > this.#capacity || this.#values.size >= this.#capacity) this.#forget();
    let key = '';
    for (const { path, bounds } of this.#paths) {
      const value = valueAt(input, path);
      const compared = bounds !== undefined && typeof value === 'number' && Number.isFinite(value);
      key += `${compared ? place(value, bounds) : this.#number(value)},`;
    }
    for (const group of this.#groups) key += this.#groupKey(input, group);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const { value, keep } = compute();
    if (keep) this.#values.set(key, value);
    return value;
  }

  #forget(): void {
    this.#values = new Map();
    this.#numbers = new Map();
    this.#frozen = new WeakMap();
    for (const group of this.#groups) group.keys = new WeakMap();
  }

  /** Of a frozen object, what is read of it is looked up once: many paths lead into a command's attributes. */
  #groupKey(input: object, group: PathGroup): string {
    const holder = valueAt(input, group.prefix);
    const frozen = typeof holder === 'object' && holder !== null && Object.isFrozen(holder) ? holder : undefined;
    const known = frozen === undefined ? undefined : group.keys.get(frozen);
    if (known !== undefined) return known;
    let key = '';
    for (const path of group.paths) key += `${this.#number(valueAt(input, path))},`;
    if (frozen !== undefined) group.keys.set(frozen, key);
    return key;
  }

  #number(value: unknown): number {
    if (value === undefined) return 0;
    if (typeof value !== 'object' || value === null) return this.#intern(JSON.stringify(value));
    const known = this.#frozen.get(value);
    if (known !== undefined) return known;
    const number = this.#intern(JSON.stringify(value));
    if (Object.isFrozen(value)) this.#frozen.set(value, number);
    return number;
  }

  #intern(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

/** Paths that begin alike, and what they gave for objects at their common beginning. */
interface PathGroup {
  readonly prefix: InputPath;
  readonly paths: readonly InputPath[];
  keys: WeakMap<object, string>;
}

/** How many steps lead to the objects that dialects and gates freeze: `command.attributes`, `session.settings`. */
const PREFIX = 2;

function groupsOf(paths: readonly InputPath[]): PathGroup[] {
  const groups = new Map<string, InputPath[]>();
  for (const path of paths) {
    if (path.length <= PREFIX) continue;
    const name = JSON.stringify(path.slice(0, PREFIX));
    groups.set(name, [...(groups.get(name) ?? []), path]);
  }
  return [...groups.values()]
    .filter((inside) => inside.length > 1)
    .map((inside) => ({ prefix: inside[0]?.slice(0, PREFIX) ?? [], paths: inside, keys: new WeakMap() }));
}

function isSamePath(a: InputPath, b: InputPath): boolean {
  return a.length === b.length && a.every((step, index) => step === b[index]);
}

/** Where a number stands: `c3` on the second bound, `c4` behind it. No interned number looks like that. */
function place(value: number, bounds: readonly number[]): string {
  const below = bounds.filter((bound) => bound < value).length;
  return `c${2 * below + (bounds[below] === value ? 1 : 0)}`;
}

/** What stands at a path into an input; undefined where nothing does. */
export function valueAt(input: object, path: InputPath): unknown {
  let value: unknown = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
