import { scale } from '../number.ts';

/**
 * Go's big.Float as far as OPA's arithmetic needs it (Go source: math/big/float.go, ftoa.go): binary floating point with a
 * precision of its own, 64 bits as a rule, rounded to the nearest and to even. OPA calculates with it whatever is no
 * integer, so 1 / 3 * 3 is 1 and not 0.999….
 */
export interface BigFloat {
  readonly negative: boolean;
  /** The value is `mantissa × 2^exponent`; the mantissa has at most `precision` bits. */
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly precision: number;
}

export const defaultPrecision = 64;

/** The number that a JSON number's text stands for, rounded. */
export function floatOfText(text: string): BigFloat {
  const negative = text.startsWith('-');
  const { digits, exponent } = scale(text);
  const magnitude = digits < 0n ? -digits : digits;
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0
    ? rounded(negative, magnitude * power, 0, defaultPrecision)
    : quotient(negative, magnitude, power, 0, defaultPrecision);
}

/** Exact where the integer has more bits than the usual precision. */
export function floatOfInteger(value: bigint): BigFloat {
  const magnitude = value < 0n ? -value : value;
  return rounded(value < 0n, magnitude, 0, Math.max(bitLength(magnitude), defaultPrecision));
}

export function add(a: BigFloat, b: BigFloat, precision = Math.max(a.precision, b.precision)): BigFloat {
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = signed(a, exponent) + signed(b, exponent);
  // A sum of zero is positive but for the one of two negative zeros.
  const negative = sum === 0n ? a.negative && b.negative && a.mantissa === 0n : sum < 0n;
  return rounded(negative, sum < 0n ? -sum : sum, exponent, precision);
}

export function negate(a: BigFloat): BigFloat {
  return { ...a, negative: !a.negative };
}

export function multiply(a: BigFloat, b: BigFloat, precision = Math.max(a.precision, b.precision)): BigFloat {
  return rounded(a.negative !== b.negative, a.mantissa * b.mantissa, a.exponent + b.exponent, precision);
}

/** @param b not zero. */
export function divide(a: BigFloat, b: BigFloat): BigFloat {
  const precision = Math.max(a.precision, b.precision);
  return quotient(a.negative !== b.negative, a.mantissa, b.mantissa, a.exponent - b.exponent, precision);
}

/** Towards zero. */
export function truncate({ negative, mantissa, exponent }: BigFloat): bigint {
  const magnitude = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa >> BigInt(-exponent);
  return negative ? -magnitude : magnitude;
}

export function equals(a: BigFloat, b: BigFloat): boolean {
  const exponent = Math.min(a.exponent, b.exponent);
  return signed(a, exponent) === signed(b, exponent);
}

/** The shortest text that stands for the number: plain for an integer, else as `%g` has it. */
export function textOfFloat(value: BigFloat): string {
  const sign = value.negative ? '-' : '';
  if (value.mantissa === 0n) return `${sign}0`;
  const { digits, point } = shortest(value);
  const whole = value.exponent >= 0 || (value.mantissa & ((1n << BigInt(-value.exponent)) - 1n)) === 0n;
  const exponent = point - 1;
  if (!whole && (exponent < -4 || exponent >= 6)) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const places = Math.abs(exponent).toString().padStart(2, '0');
    return `${sign}${digits.slice(0, 1)}${fraction}e${exponent < 0 ? '-' : '+'}${places}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return sign + digits.padEnd(point, '0');
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const text = value.toString(16);
  return text.length * 4 - (Math.clz32(Number.parseInt(text.slice(0, 1), 16)) - 28);
}

function signed({ negative, mantissa, exponent }: BigFloat, at: number): bigint {
  const magnitude = mantissa << BigInt(exponent - at);
  return negative ? -magnitude : magnitude;
}

/** To the nearest number of so many bits; a tie goes to the even one. */
function rounded(negative: boolean, magnitude: bigint, exponent: number, precision: number): BigFloat {
  const excess = bitLength(magnitude) - precision;
  if (excess <= 0) return { negative, mantissa: magnitude, exponent, precision };
  const shift = BigInt(excess);
  const rest = magnitude & ((1n << shift) - 1n);
  const half = 1n << (shift - 1n);
  let mantissa = magnitude >> shift;
  if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
  return { negative, mantissa, exponent: exponent + excess, precision };
}

function quotient(negative: boolean, a: bigint, b: bigint, exponent: number, precision: number): BigFloat {
  // Two bits more than are kept, and one for whether anything is left.
  const shift = Math.max(0, precision + 2 - (bitLength(a) - bitLength(b)));
  const dividend = a << BigInt(shift);
  const result = dividend / b;
  const sticky = dividend % b === 0n ? 0n : 1n;
  return rounded(negative, (result << 1n) | sticky, exponent - shift - 1, precision);
}

interface Digits {
  /** Decimal digits without zeros at their end. */
  readonly digits: string;
  /** Where the decimal point stands: before the first digit at 0. */
  readonly point: number;
}

function exactDigits(mantissa: bigint, exponent: number): Digits {
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const text = scaled.toString();
  return { digits: text.replace(/0+$/, ''), point: text.length + Math.min(exponent, 0) };
}

/** The fewest digits between the neighbours' halfway points, as Go's roundShortest finds them. */
function shortest({ mantissa, exponent, precision }: BigFloat): Digits {
  const exact = exactDigits(mantissa, exponent);
  const shift = precision + 1 - bitLength(mantissa);
  const fine = mantissa << BigInt(shift);
  const lower = exactDigits(fine - 1n, exponent - shift);
  const upper = exactDigits(fine + 1n, exponent - shift);
  const inclusive = (fine & 2n) === 0n;
  for (let index = 0; index < exact.digits.length; index += 1) {
    const digit = exact.digits.charCodeAt(index);
    const [low, high] = [digitAt(lower, index), digitAt(upper, index)];
    const down = low !== digit || (inclusive && index + 1 === lower.digits.length);
    const up = digit !== high && (inclusive || digit + 1 < high || index + 1 < upper.digits.length);
    if (!down && !up) continue;
    return cutAfter(exact, index + 1, up && (!down || roundsUp(exact.digits, index + 1)));
  }
  return exact;
}

function digitAt({ digits }: Digits, index: number): number {
  return index < digits.length ? digits.charCodeAt(index) : 0x30;
}

function roundsUp(digits: string, length: number): boolean {
  const next = digits.charAt(length);
  if (next === '5' && length + 1 === digits.length) return (digits.charCodeAt(length - 1) & 1) === 1;
  return next >= '5';
}

function cutAfter({ digits, point }: Digits, length: number, up: boolean): Digits {
  const kept = digits.slice(0, length);
  if (!up) return { digits: kept.replace(/0+$/, ''), point };
  const next = (BigInt(kept) + 1n).toString();
  // 9.99 becomes 10: the point moves.
  return { digits: next.replace(/0+$/, ''), point: point + next.length - kept.length };
}
