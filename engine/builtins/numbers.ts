import { formatFloat } from './go/format-float.ts';
import { numberOfText, scale, textOfNumber } from './number.ts';
import { numberOperand, stringOperand } from './operands.ts';
import { type Builtin, BuiltinError, Decimal, isNumber, type RegoNumber, type RegoValue } from './value.ts';

/**
 * `to_number` and `format_int` (OPA v1/topdown/casts.go, strings.go). The native ones answer with text that is no JSON
 * number for "007", and abort on integers beyond 64 bits, so these replace them (native.ts).
 */

/** OPA's limit, 2^100000, in decimal digits. */
const largestMagnitude = 30_102;

/** @throws BuiltinError for a number whose exponent OPA does not accept. */
export function checkMagnitude(value: RegoNumber): RegoNumber {
  if (!(value instanceof Decimal) || !/[eE]/.test(value.text)) return value;
  const { digits, exponent } = scale(value.text);
  const magnitude = digits.toString().length + exponent;
  if (digits !== 0n && Math.abs(magnitude) > largestMagnitude) throw new BuiltinError('number too big');
  return value;
}

function toNumber(operands: readonly RegoValue[]): RegoNumber {
  const [value] = operands;
  if (value === null || typeof value === 'boolean') return Number(value);
  if (isNumber(value)) return value;
  return checkMagnitude(numberOfString(stringOperand(operands, 0)));
}

/** What Go's ParseFloat reads, without infinities, in the form of a JSON number ("007" is 7). */
function numberOfString(text: string): RegoNumber {
  const match = /^([+-]?)(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))((?:[eE][+-]?[0-9]+)?)$/.exec(text);
  if (match) {
    const [, sign = '', whole = '', fraction = '', bareFraction = '', exponent = ''] = match;
    const digits = fraction + bareFraction;
    const plain = `${sign === '-' ? '-' : ''}${whole.replace(/^0+(?=[0-9])/, '') || '0'}${digits === '' ? '' : `.${digits}`}${exponent}`;
    if (!Number.isFinite(Number(plain)))
      throw new BuiltinError(`strconv.ParseFloat: parsing "${text}": value out of range`);
    return numberOfText(plain);
  }
  const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = hexadecimal ?? [];
  if (whole + fraction === '') throw new BuiltinError(`strconv.ParseFloat: parsing "${text}": invalid syntax`);
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  if (!Number.isFinite(value)) throw new BuiltinError(`strconv.ParseFloat: parsing "${text}": value out of range`);
  return numberOfText(formatFloat(sign === '-' ? -value : value, 'f', -1));
}

function formatInteger(operands: readonly RegoValue[]): string {
  const value = numberOperand(operands, 0);
  const base = Number(textOfNumber(numberOperand(operands, 1)));
  if (![2, 8, 10, 16].includes(base)) throw new BuiltinError('operand 2 must be one of {2, 8, 10, 16}');
  return truncate(checkMagnitude(value)).toString(base);
}

/** Towards zero. */
function truncate(value: RegoNumber): bigint {
  if (!(value instanceof Decimal)) return BigInt(value);
  const { digits, exponent } = scale(value.text);
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  return digits.toString().length < -exponent ? 0n : digits / 10n ** BigInt(-exponent);
}

export const numberBuiltins: readonly (readonly [string, Builtin])[] = [
  ['to_number', toNumber],
  ['format_int', formatInteger],
];
