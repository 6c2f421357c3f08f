import { compareNumbers } from './number.ts';
import { isArray, isNumber, isObject, type RegoObject, RegoSet, type RegoValue } from './value.ts';

/** Rego's order of all values (OPA v1/ast/compare.go): null, booleans, numbers, strings, arrays, objects, sets. */
export function compareValues(a: RegoValue, b: RegoValue): number {
  const kind = rank(a) - rank(b);
  if (kind !== 0) return kind;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (isArray(a) && isArray(b)) return compareArrays(a, b);
  if (a instanceof RegoSet && b instanceof RegoSet) return compareArrays(sortedItems(a), sortedItems(b));
  if (isObject(a) && isObject(b)) return compareObjects(a, b);
  return 0; // null
}

function rank(value: RegoValue): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return 1;
  if (isNumber(value)) return 2;
  if (typeof value === 'string') return 3;
  if (isArray(value)) return 4;
  return value instanceof RegoSet ? 6 : 5;
}

/** Code point order, which is the order of UTF-8 bytes; JavaScript's `<` compares UTF-16 code units. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // A surrogate stands for a code point above every unit that is none.
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function compareArrays(a: readonly RegoValue[], b: readonly RegoValue[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order = compareValues(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: RegoObject, b: RegoObject): number {
  const left = sortedEntries(a);
  const right = sortedEntries(b);
  for (const [index, [key, value]] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareValues(key, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function equalValues(a: RegoValue, b: RegoValue): boolean {
  return compareValues(a, b) === 0;
}

export function sortedItems(set: RegoSet): RegoValue[] {
  return [...set.items].sort(compareValues);
}

export function sortedEntries(object: RegoObject): [RegoValue, RegoValue][] {
  return [...object].sort(([a], [b]) => compareValues(a, b));
}

/** A set of the distinct values among `items`, in Rego's order. */
export function setOf(items: Iterable<RegoValue>): RegoSet {
  const sorted = [...items].sort(compareValues);
  return new RegoSet(sorted.filter((item, index) => index === 0 || !equalValues(item, sorted[index - 1] ?? null)));
}

export function objectGet(object: RegoObject, key: RegoValue): RegoValue | undefined {
  if (typeof key === 'string' || typeof key === 'number') {
    const found = object.get(key);
    if (found !== undefined || typeof key === 'string') return found;
  }
  for (const [candidate, value] of object) if (equalValues(candidate, key)) return value;
  return undefined;
}
