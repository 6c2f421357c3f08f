import { isDeepStrictEqual } from 'node:util';
import { isObject } from './is-object.ts';

const marker = Symbol('at least');

/** Stands for an array that holds these items, in any order, among others. */
export interface AtLeast<Item> {
  readonly [marker]: readonly Item[];
}

/** Expects an array to hold these items, in any order, and lets it hold others. */
export function atLeast<Item>(...items: readonly Item[]): AtLeast<Item> {
  return { [marker]: items };
}

/** Keys whose arrays are sets: their order means nothing. */
const sets = new Set(['effects', 'targets', 'functions', 'reasons', 'secrets']);

/**
 * Compares a value with what is expected of it: an object may hold more keys than expected, an array exactly as many
 * items. Arrays that are sets are compared in any order.
 *
 * @returns what differs, one line each; empty when nothing does
 */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (isAtLeast(expected)) return missing(expected[marker], actual, path, false);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [unequal(path, expected, actual)];
    if (sets.has(lastKey(path))) return missing(expected, actual, path, true);
    if (expected.length !== actual.length) {
      return [`${path}: expected ${expected.length} items, found ${actual.length}: ${show(actual)}`];
    }
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [unequal(path, expected, actual)];
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, Object.hasOwn(actual, key) ? actual[key] : undefined, path === '' ? key : `${path}.${key}`),
    );
  }
  return isDeepStrictEqual(expected, actual) ? [] : [unequal(path, expected, actual)];
}

function missing(expected: readonly unknown[], actual: unknown, path: string, all: boolean): string[] {
  if (!Array.isArray(actual)) return [unequal(path, expected, actual)];
  const left = Array.from<unknown>(actual);
  const lines: string[] = [];
  for (const item of expected) {
    const index = left.findIndex((other) => differences(item, other).length === 0);
    if (index < 0) lines.push(`${path}: ${show(item)} is missing from ${show(actual)}`);
    else left.splice(index, 1);
  }
  if (all) lines.push(...left.map((item) => `${path}: ${show(item)} is not expected`));
  return lines;
}

function unequal(path: string, expected: unknown, actual: unknown): string {
  return `${path}: expected ${show(expected)}, found ${show(actual)}`;
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function isAtLeast(value: unknown): value is AtLeast<unknown> {
  return typeof value === 'object' && value !== null && marker in value;
}

/** A value in a message: JSON on one line, cut where it is long. */
export function show(value: unknown, length = 300): string {
  // JSON.stringify gives undefined for a function or undefined, whatever its type says.
  const text = (JSON.stringify(value) as string | undefined) ?? String(value);
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
