import { integer, numberOfText, scale } from './number.ts';
import { stringOperand } from './operands.ts';
import { type Builtin, BuiltinError, type RegoNumber, type RegoValue } from './value.ts';

/** `units.parse` and `units.parse_bytes` (OPA v1/topdown/parse_units.go, parse_bytes.go), exact. */

const binary: Readonly<Record<string, bigint>> = {
  ki: 2n ** 10n,
  mi: 2n ** 20n,
  gi: 2n ** 30n,
  ti: 2n ** 40n,
  pi: 2n ** 50n,
  ei: 2n ** 60n,
};

const decimal: Readonly<Record<string, bigint>> = {
  k: 10n ** 3n,
  m: 10n ** 6n,
  g: 10n ** 9n,
  t: 10n ** 12n,
  p: 10n ** 15n,
  e: 10n ** 18n,
};

/** Longer exponents would expand to more digits than anybody means. */
const maximumExponentDigits = 6;

/** An amount `numerator / denominator` and its unit. */
function split(name: string, text: string): { amount: string; unit: string } {
  if (text.includes(' ')) throw new BuiltinError(`${name}: spaces not allowed in resource strings`);
  let index = 0;
  for (; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (/[0-9.+-]/.test(character)) continue;
    // An e is an exponent only when digits or a sign follow: 1e3, but 1e and 1ei are units.
    if (!/[eE]/.test(character) || !/[0-9+-]/.test(text[index + 1] ?? '')) break;
    if (/[+-]/.test(text[index + 1] ?? '')) index += 1;
    const digits = /^[0-9]*/.exec(text.slice(index + 1))?.[0] ?? '';
    if (digits.length > maximumExponentDigits) throw new BuiltinError(`${name}: exponent too large`);
  }
  if (index === 0 && text !== '') throw new BuiltinError(`${name}: no amount provided`);
  if (text === '') throw new BuiltinError(`${name}: no amount provided`);
  return { amount: text.slice(0, index), unit: text.slice(index) };
}

/** The amount times the unit, as a fraction. */
function multiply(name: string, amount: string, unit: bigint): { numerator: bigint; denominator: bigint } {
  if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(amount)) {
    throw new BuiltinError(`${name}: could not parse amount to a number`);
  }
  const plain = amount
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|[eE])/, '');
  const { digits, exponent } = scale(plain);
  if (Math.abs(exponent) > 400_000) throw new BuiltinError(`${name}: could not parse amount to a number`);
  return exponent >= 0
    ? { numerator: digits * unit * 10n ** BigInt(exponent), denominator: 1n }
    : { numerator: digits * unit, denominator: 10n ** BigInt(-exponent) };
}

function parseBytes(operands: readonly RegoValue[]): RegoNumber {
  const name = 'units.parse_bytes';
  const { amount, unit } = split(name, stringOperand(operands, 0).toLowerCase().replaceAll('"', ''));
  const key = unit.endsWith('b') && unit.length > 1 ? unit.slice(0, -1) : unit;
  const factor = unit === '' ? 1n : (lookup(binary, key) ?? lookup(decimal, key));
  if (factor === undefined) throw new BuiltinError(`${name}: byte unit ${unit} not recognized`);
  // OPA computes with floats of 64 bits, and cuts the fraction off.
  const plain = multiply(name, amount, 1n);
  const rounded = roundTo64Bits(plain.numerator, plain.denominator);
  const product = roundTo64Bits(rounded.numerator * factor, rounded.denominator);
  return integer(product.numerator / product.denominator);
}

/** The nearest fraction whose numerator has 64 bits and whose denominator is a power of two; a half goes to the even one. */
function roundTo64Bits(numerator: bigint, denominator: bigint): { numerator: bigint; denominator: bigint } {
  if (numerator === 0n) return { numerator, denominator: 1n };
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  let shift = 64 - (bitLength(magnitude) - bitLength(denominator));
  const scaled = (by: number): { dividend: bigint; divisor: bigint } =>
    by >= 0
      ? { dividend: magnitude << BigInt(by), divisor: denominator }
      : { dividend: magnitude, divisor: denominator << BigInt(-by) };
  // The quotient has 64 or 65 bits at first.
  if (bitLength(scaled(shift).dividend / scaled(shift).divisor) > 64) shift -= 1;
  const { dividend, divisor } = scaled(shift);
  let quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) quotient += 1n;
  if (negative) quotient = -quotient;
  return shift >= 0
    ? { numerator: quotient, denominator: 1n << BigInt(shift) }
    : { numerator: quotient << BigInt(-shift), denominator: 1n };
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function parseUnits(operands: readonly RegoValue[]): RegoNumber {
  const name = 'units.parse';
  const { amount, unit } = split(name, stringOperand(operands, 0).replaceAll('"', ''));
  // Only the first letter's case counts: m is milli and M is mega.
  const key = unit.slice(0, 1) + unit.slice(1).toLowerCase();
  const milli = key === 'm';
  const lower = key.toLowerCase();
  const factor = key === '' || milli ? 1n : (lookup(binary, lower) ?? lookup(decimal, lower));
  if (factor === undefined) throw new BuiltinError(`${name}: unit ${key} not recognized`);
  const fraction = multiply(name, amount, factor);
  return milli ? milliUnits(fraction) : rational(fraction.numerator, fraction.denominator);
}

/** OPA multiplies by the double that is nearest to 0.001, exactly. */
function milliUnits({ numerator, denominator }: { numerator: bigint; denominator: bigint }): RegoNumber {
  return rational(numerator * 1152921504606847n, denominator * 2n ** 60n);
}

/** An integer, or ten digits after the point, rounded half away from zero. */
function rational(numerator: bigint, denominator: bigint): RegoNumber {
  if (numerator % denominator === 0n) return integer(numerator / denominator);
  const negative = numerator < 0n;
  const tens = 10n ** 10n;
  const rounded = ((negative ? -numerator : numerator) * tens * 2n + denominator) / (denominator * 2n);
  const fraction = (rounded % tens).toString().padStart(10, '0');
  return numberOfText(`${negative ? '-' : ''}${rounded / tens}.${fraction}`);
}

function lookup(units: Readonly<Record<string, bigint>>, key: string): bigint | undefined {
  return Object.hasOwn(units, key) ? units[key] : undefined;
}

export const unitBuiltins: readonly (readonly [string, Builtin])[] = [
  ['units.parse', parseUnits],
  ['units.parse_bytes', parseBytes],
];
