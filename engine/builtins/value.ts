/**
 * Rego values as host builtins see them. JSON would lose what Rego knows: sets, object keys that are not strings, and
 * the exact text of a number.
 */
export type RegoValue = null | boolean | string | RegoNumber | readonly RegoValue[] | RegoSet | RegoObject;

/**
 * A number is a JavaScript `number` exactly when it is an integer that a double holds safely and is written as one; a
 * larger integer is a `bigint`; everything else (1.5, 1e2, 1.0) is a {@link Decimal}, which keeps its text. OPA keeps
 * the text too, and `sprintf` tells 1.0 from 1 by it.
 */
export type RegoNumber = number | bigint | Decimal;

export class Decimal {
  readonly text: string;
  /** @param text a JSON number, as OPA wrote it. */
  constructor(text: string) {
    this.text = text;
  }
}

/** A set. The items of a set that comes out of a policy are distinct, and in no particular order. */
export class RegoSet {
  readonly items: readonly RegoValue[];
  constructor(items: readonly RegoValue[]) {
    this.items = items;
  }
}

/** An object: `get` finds string and safe integer keys; other keys need {@link objectGet}. */
export type RegoObject = ReadonlyMap<RegoValue, RegoValue>;

/** The value is an error of the call: OPA makes the expression that called the builtin undefined. */
export class BuiltinError extends Error {
  override readonly name = 'BuiltinError';
}

export interface BuiltinContext {
  /** `time.now_ns`: nanoseconds since the Unix epoch, the same for a whole evaluation. */
  readonly now: bigint;
  /** Takes fuel from the evaluation for work in proportion to `units` (about one unit for a nanosecond). */
  charge(units: number): void;
  /** How much fuel is left. */
  fuel(): number;
}

/**
 * A host builtin: synchronous, and a function of its operands and the context alone.
 * @returns `undefined` when the call has no value.
 * @throws BuiltinError where OPA's own builtin returns an error.
 */
export type Builtin = (operands: readonly RegoValue[], context: BuiltinContext) => RegoValue | undefined;

export type BuiltinTable = ReadonlyMap<string, Builtin>;

export function isNumber(value: RegoValue | undefined): value is RegoNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

export function isArray(value: RegoValue | undefined): value is readonly RegoValue[] {
  return Array.isArray(value);
}

export function isObject(value: RegoValue | undefined): value is RegoObject {
  return value instanceof Map;
}

/** The name of a value's type, as OPA's error messages and `type_name` have it. */
export function typeName(value: RegoValue | undefined): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (isNumber(value)) return 'number';
  if (isArray(value)) return 'array';
  if (value instanceof RegoSet) return 'set';
  if (isObject(value)) return 'object';
  return typeof value;
}
