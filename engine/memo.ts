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
 * Values are interned to small numbers, so that a key is short and comparing it is cheap. What is read of a *frozen*
 * object is kept as one number by the object's identity: dialects and gates hand over deeply frozen objects, which saves
 * looking into them again for every command. What is not frozen is looked into each time, for its owner may change it.
 *
 * Of a path that is only compared, where its number stands between the bounds counts, not the number: a counter of
 * refusals that is held against 50 does not make each command another one.
 */
export class Memo<Value extends object> {
  readonly #root: Node;
  readonly #capacity: number;
  #values = new Map<string, Value>();
  #primitives = new Map<unknown, number>();
  #texts = new Map<string, number>();
  #count = 0;

  /** `capacity`: how many results, and how many distinct values, are kept before all are dropped. */
  constructor(paths: readonly InputPath[], capacity: number, compared: readonly BoundedPath[] = []) {
    this.#root = tree(paths, compared);
    this.#capacity = capacity;
  }

  /**
   * The remembered value for an input like this one, or else what `compute` gives; kept if `compute` says so. It is
   * handed what is read of the input and nothing else: a policy need not have the rest laid out in its memory.
   */
  resolve(input: object, compute: (read: object) => { value: Value; keep: boolean }): Value {
    // Before, not while, a key is made: the numbers of one key must come from one generation.
    if (this.#count > this.#capacity || this.#values.size >= this.#capacity) this.#forget();
    const key = this.#inside(this.#root, input);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const { value, keep } = compute(pick(this.#root, input));
    if (keep) this.#values.set(key, value);
    return value;
  }

  #forget(): void {
    this.#values = new Map();
    this.#primitives = new Map();
    this.#texts = new Map();
    this.#count = 0;
    forgetIn(this.#root);
  }

  /** What is read of an object, part by part. */
  #inside({ children }: Node, holder: object): string {
    let key = '';
    for (const child of children) {
      const value = Object.hasOwn(holder, child.step) ? (holder as Record<string, unknown>)[child.step] : undefined;
      key += `${this.#part(child, value)},`;
    }
    return key;
  }

  #part(node: Node, value: unknown): string | number {
    if (typeof value !== 'object' || value === null) {
      // Nothing can be read below it.
      if (node.children.length > 0) return 0;
      return node.bounds !== undefined && typeof value === 'number' && Number.isFinite(value)
        ? place(value, node.bounds)
        : this.#numbered(this.#primitives, value);
    }
    const known = node.numbers.get(value);
    if (known !== undefined) return known;
    // No JSON begins with a parenthesis.
    const text = node.children.length > 0 ? `(${this.#inside(node, value)})` : JSON.stringify(value);
    const number = this.#numbered(this.#texts, text);
    if (node.isShared && Object.isFrozen(value)) node.numbers.set(value, number);
    return number;
  }

  #numbered<Key>(numbers: Map<Key, number>, value: Key): number {
    let number = numbers.get(value);
    if (number === undefined) {
      number = ++this.#count;
      numbers.set(value, number);
    }
    return number;
  }
}

/** A step into the input, and what is read behind it. */
interface Node {
  readonly step: string;
  /** Empty: the value as a whole is read. */
  readonly children: readonly Node[];
  readonly bounds: readonly number[] | undefined;
  /** Whether inputs share such objects, so that it pays to know them again. */
  readonly isShared: boolean;
  /** Of frozen objects that were met here. */
  numbers: WeakMap<object, number>;
}

function tree(paths: readonly InputPath[], compared: readonly BoundedPath[]): Node {
  const build = (prefix: InputPath): Node => {
    const below = paths.filter((path) => prefix.every((step, index) => step === path[index]));
    const isRead = below.some(({ length }) => length === prefix.length);
    const steps = isRead ? [] : [...new Set(below.flatMap((path) => path[prefix.length] ?? []))];
    const bounds = compared.find(({ path }) => isSamePath(path, prefix))?.bounds;
    return {
      step: prefix.at(-1) ?? '',
      children: steps.map((step) => build([...prefix, step])),
      // What is read behind a number is nothing, but who reads there does more than to compare.
      bounds: below.length === 1 ? bounds : undefined,
      isShared: !isSamePath(prefix, PASSING),
      numbers: new WeakMap(),
    };
  };
  return build([]);
}

/** There is another command for each text; its parts are shared by all that have its shape. */
const PASSING: InputPath = ['command'];

/** A copy with nothing but what is read. */
function pick({ children }: Node, holder: object): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const child of children) {
    if (!Object.hasOwn(holder, child.step)) continue;
    const value = (holder as Record<string, unknown>)[child.step];
    const isHolder = child.children.length > 0 && typeof value === 'object' && value !== null && !Array.isArray(value);
    picked[child.step] = isHolder ? pick(child, value) : value;
  }
  return picked;
}

function forgetIn(node: Node): void {
  node.numbers = new WeakMap();
  for (const child of node.children) forgetIn(child);
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
