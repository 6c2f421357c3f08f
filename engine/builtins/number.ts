import { Decimal, type RegoNumber } from './value.ts';

/** Exact decimal arithmetic on Rego numbers, as far as builtins need it. */

/** The value `digits × 10^exponent`. */
export interface Scaled {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Beyond this exponent a number is not expanded to digits: an input of a few bytes must not become megabytes. */
const largestExpansion = 4096;

/** Reads a JSON number. */
export function scale(text: string): Scaled {
  const e = text.search(/[eE]/);
  const mantissa = e < 0 ? text : text.slice(0, e);
  const exponent = e < 0 ? 0 : Number(text.slice(e + 1));
  const point = mantissa.indexOf('.');
  if (point < 0) return { digits: BigInt(mantissa), exponent };
  const fraction = mantissa.slice(point + 1);
  const negative = mantissa.startsWith('-');
  const digits = BigInt(mantissa.slice(negative ? 1 : 0, point) + fraction);
  return { digits: negative ? -digits : digits, exponent: exponent - fraction.length };
}

function scaled(value: RegoNumber): Scaled {
  return value instanceof Decimal ? scale(value.text) : { digits: BigInt(value), exponent: 0 };
}

/** An integer as a number where it is safe, else as a bigint. */
export function integer(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** A RegoNumber of the text of a JSON number. */
export function numberOfText(text: string): RegoNumber {
  if (text.length < 16) {
    const value = Number(text);
    // Only the plain form of an integer: 1.0, 1e2 and -0 keep their text.
    return Number.isInteger(value) && String(value) === text ? value : new Decimal(text);
  }
  return /^-?[0-9]+$/.test(text) ? integer(BigInt(text)) : new Decimal(text);
}

export function textOfNumber(value: RegoNumber): string {
  return value instanceof Decimal ? value.text : String(value);
}

export function compareNumbers(a: RegoNumber, b: RegoNumber): number {
  if (!(a instanceof Decimal) && !(b instanceof Decimal)) return a < b ? -1 : a > b ? 1 : 0;
  const left = scaled(a);
  const right = scaled(b);
  const exponent = Math.min(left.exponent, right.exponent);
  if (Math.max(left.exponent, right.exponent) - exponent > largestExpansion) {
    const difference = Number(textOfNumber(a)) - Number(textOfNumber(b));
    return Number.isNaN(difference) ? 0 : Math.sign(difference);
  }
  const x = left.digits * 10n ** BigInt(left.exponent - exponent);
  const y = right.digits * 10n ** BigInt(right.exponent - exponent);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The integer that a number is (1.0 and 1e2 are integers too), or undefined. */
export function toBigInt(value: RegoNumber): bigint | undefined {
  if (!(value instanceof Decimal)) return BigInt(value);
  const { digits, exponent } = scale(value.text);
  if (exponent > largestExpansion) return undefined;
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  if (-exponent > largestExpansion) return digits === 0n ? 0n : undefined;
  const divisor = 10n ** BigInt(-exponent);
  return digits % divisor === 0n ? digits / divisor : undefined;
}

export function toDouble(value: RegoNumber): number {
  return value instanceof Decimal ? Number(value.text) : Number(value);
}
