/** A path into the input, as the compiler's dependency analysis gives it: ["command", "effects"]. */
export type InputPath = readonly string[];

/**
 * Remembers results by the values of the input paths that a bundle reads, and by nothing else: two inputs that agree on
 * them get the same decision, because evaluation is deterministic.
 *
 * Values are interned to small numbers, so that a key is short and comparing it is cheap. The number of a *frozen*
 * object is kept by identity: dialects and gates hand over deeply frozen objects, which saves writing them out again
 * for every command. What is not frozen is written out each time, for its owner may change it.
 */
export class Memo<Value extends object> {
  readonly #paths: readonly InputPath[];
  readonly #capacity: number;
  #values = new Map<string, Value>();
  #numbers = new Map<string, number>();
  #frozen = new WeakMap<object, number>();

  /** `capacity`: how many results, and how many distinct values, are kept before all are dropped. */
  constructor(paths: readonly InputPath[], capacity: number) {
    this.#paths = paths;
    this.#capacity = capacity;
  }

  /** The remembered value for an input like this one, or else what `compute` gives; kept if `compute` says so. */
  resolve(input: object, compute: () => { value: Value; keep: boolean }): Value {
    // Before, not while, a key is made: the numbers of one key must come from one generation.
    if (this.#numbers.size > this.#capacity || this.#values.size >= this.#capacity) this.#forget();
    let key = '';
    for (const path of this.#paths) key += `${this.#number(valueAt(input, path))},`;
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

function valueAt(input: object, path: InputPath): unknown {
  let value: unknown = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
