import { formatFloat } from './format-float.ts';
import { canBackquote, isPrintable, quote } from './quote.ts';

/** The verbs of Go's fmt (Go source: fmt/format.go, math/big/intconv.go). Each answers undefined for a verb that the type lacks. */
export interface Flags {
  sharp: boolean;
  zero: boolean;
  plus: boolean;
  minus: boolean;
  space: boolean;
  sharpV: boolean;
  plusV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function formatFlags(): Flags {
  return {
    sharp: false,
    zero: false,
    plus: false,
    minus: false,
    space: false,
    sharpV: false,
    plusV: false,
    width: undefined,
    precision: undefined,
  };
}

export const noFlags: Readonly<Flags> = Object.freeze(formatFlags());

function pad(text: string, flags: Flags, zeros = flags.zero): string {
  const missing = (flags.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (zeros ? '0' : ' ').repeat(missing) + text;
}

function sign(negative: boolean, flags: Flags): string {
  return negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
}

export function formatInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
    case 'd':
      return integerText(value, 10, verb, flags);
    case 'b':
      return integerText(value, 2, verb, flags);
    case 'o':
    case 'O':
      return integerText(value, 8, verb, flags);
    case 'x':
    case 'X':
      return integerText(value, 16, verb, flags);
    case 'c':
      return pad(character(value), flags);
    case 'q':
      return pad(quote(character(value), "'", flags.plus), flags);
    case 'U':
      return unicode(value, flags);
    default:
      return undefined;
  }
}

function integerText(value: bigint, base: number, verb: string, flags: Flags): string {
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  let precision = flags.precision ?? 0;
  if (flags.precision !== undefined) {
    if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0);
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    precision = flags.width - (sign(negative, flags) === '' ? 0 : 1);
  }
  digits = digits.padStart(precision, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.sharp) {
    if (base === 2) digits = `0b${digits}`;
    if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
    if (base === 16) digits = `${verb === 'X' ? '0X' : '0x'}${digits}`;
  }
  if (verb === 'O') digits = `0o${digits}`;
  return pad(sign(negative, flags) + digits, flags, false);
}

/** The character of a code point; U+FFFD stands for what is none. */
function character(value: bigint): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return valid ? String.fromCodePoint(Number(value)) : '\ufffd';
}

function unicode(value: bigint, flags: Flags): string {
  const unsigned = BigInt.asUintN(64, value);
  const digits = unsigned
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0');
  const shown = character(unsigned);
  const quoted = flags.sharp && unsigned <= 0x10ffffn && isPrintable(shown) ? ` '${shown}'` : '';
  return pad(`U+${digits}${quoted}`, flags, false);
}

export function formatBigInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  const base = { b: 2, o: 8, O: 8, d: 10, s: 10, v: 10, x: 16, X: 16 }[verb];
  if (base === undefined) return `%!${verb}(big.Int=${value})`;
  const negative = value < 0n;
  let digits = (negative ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  const head = sign(negative, { ...flags, plus: flags.plus || flags.plusV });
  const prefixes: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };
  const prefix = verb === 'O' ? '0o' : flags.sharp ? (prefixes[verb] ?? '') : '';
  digits = digits.padStart(flags.precision ?? 0, '0');
  if (flags.zero && !flags.minus && flags.precision === undefined) {
    digits = digits.padStart((flags.width ?? 0) - head.length - prefix.length, '0');
  }
  return pad(head + prefix + digits, flags, false);
}

export function formatDouble(value: number, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return doubleText(value, 'g', -1, flags);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return doubleText(value, verb, -1, flags);
    case 'f':
    case 'e':
    case 'E':
      return doubleText(value, verb, 6, flags);
    case 'F':
      return doubleText(value, 'f', 6, flags);
    default:
      return undefined;
  }
}

function doubleText(value: number, verb: string, defaultPrecision: number, flags: Flags): string {
  const precision = flags.precision ?? defaultPrecision;
  const text = formatFloat(value, verb, precision);
  const negative = text.startsWith('-');
  const head = sign(negative, flags);
  let digits = /^[+-]/.test(text) ? text.slice(1) : text;
  if (digits === 'Inf') return pad((head === '' ? '+' : head) + digits, flags, false);
  if (flags.sharp && verb !== 'b') digits = withPoint(digits, verb, precision);
  if (head !== '' && flags.zero && !flags.minus) {
    return head + pad(digits, { ...flags, width: (flags.width ?? 0) - head.length });
  }
  return pad(head + digits, flags);
}

/** The flag `#`: always a decimal point, and for %g the trailing zeros. */
function withPoint(text: string, verb: string, precision: number): string {
  const tailStart = text.search(verb === 'x' || verb === 'X' ? /[pP]/ : /[eEpP]/);
  const tail = tailStart < 0 ? '' : text.slice(tailStart);
  let number = tailStart < 0 ? text : text.slice(0, tailStart);
  let missing = ['g', 'G', 'x'].includes(verb) ? (precision === -1 ? 6 : precision) : 0;
  const counted = number.replace('.', '').replace(/^0+/, '');
  missing -= counted.length;
  if (!number.includes('.')) {
    if (number === '0') missing -= 1; // the leading zero counts once
    number += '.';
  }
  return number + '0'.repeat(Math.max(missing, 0)) + tail;
}

export function formatText(value: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case 'v':
      return flags.sharpV ? quotedText(value, flags) : pad(truncate(value, flags), flags);
    case 's':
      return pad(truncate(value, flags), flags);
    case 'q':
      return quotedText(value, flags);
    case 'x':
      return hexText(value, flags);
    case 'X':
      return hexText(value, flags).toUpperCase();
    default:
      return undefined;
  }
}

/** Precision counts characters. */
function truncate(text: string, flags: Flags): string {
  if (flags.precision === undefined || text.length <= flags.precision) return text;
  return Array.from(text).slice(0, flags.precision).join('');
}

function quotedText(value: string, flags: Flags): string {
  const text = truncate(value, flags);
  return pad(flags.sharp && canBackquote(text) ? `\`${text}\`` : quote(text, '"', flags.plus), flags);
}

/** The bytes of the text; precision counts bytes. */
function hexText(value: string, flags: Flags): string {
  const all = new TextEncoder().encode(value);
  const bytes = Array.from(flags.precision === undefined ? all : all.subarray(0, flags.precision), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  if (bytes.length === 0) return pad('', flags);
  const prefix = flags.sharp ? '0x' : '';
  return pad(prefix + bytes.join(flags.space ? ` ${prefix}` : ''), flags);
}
