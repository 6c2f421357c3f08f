import type { DecisionEffect } from '../../engine/contract.ts';
import { atLeast } from '../../engine/differences.ts';
import { isObject } from '../../engine/is-object.ts';
import type { Expectation, GivenExpectation } from './types.ts';

/** Reads the short form `EFFECT [only] [RULE…]`; the schema has made sure that it is one. */
export function readExpectation(given: GivenExpectation): Expectation {
  if (typeof given !== 'string') return given;
  const [effect, ...words] = given.split(' ');
  const read = { effect: effect as DecisionEffect };
  if (words[0] === 'only') return { ...read, rules_exactly: words.slice(1) };
  return words.length === 0 ? read : { ...read, rules: words };
}

/** `{at_least: […]}` as the comparison knows it, wherever it stands in an expected command. */
export function expectedCommand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expectedCommand);
  if (!isObject(value)) return value;
  const some = value['at_least'];
  if (Array.isArray(some) && Object.keys(value).length === 1) return atLeast(...some.map(expectedCommand));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, expectedCommand(part)]));
}

/** Of an obligation any part may be given: every list in it may hold more. */
export function expectedObligation(value: unknown): unknown {
  if (Array.isArray(value)) return atLeast(...value.map(expectedObligation));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, expectedObligation(part)]));
}
