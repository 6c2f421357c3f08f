import { compareStrings, sortedItems } from './compare.ts';
import { toBytes, toText } from './bytes.ts';
import { objectOperand, stringOperand } from './operands.ts';
import { type Builtin, BuiltinError, isArray, RegoSet, type RegoValue } from './value.ts';
import { keyText } from './value-text.ts';

/** `base64url.*`, `hex.*` and `urlquery.*` (OPA v1/topdown/encoding.go). */

function hexDecode(operands: readonly RegoValue[]): string {
  const text = stringOperand(operands, 0);
  // Buffer.from stops silently at the first character that is no digit.
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new BuiltinError('encoding/hex: invalid text');
  return toText(Buffer.from(text, 'hex'));
}

/** Go's url.QueryEscape: everything but letters, digits and -_.~ is escaped, a blank becomes a plus sign. */
export function queryEscape(text: string): string {
  let output = '';
  for (const byte of toBytes(text)) {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(character)) output += character;
    else output += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return output;
}

/** Go's url.QueryUnescape. @throws BuiltinError for a percent sign without two digits. */
export function queryUnescape(text: string): string {
  const bytes: number[] = [];
  const source = toBytes(text);
  for (let index = 0; index < source.length; index += 1) {
    const byte = source[index] ?? 0;
    if (byte === 0x25) {
      const digits = source.toString('latin1', index + 1, index + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw new BuiltinError(`invalid URL escape "%${digits}"`);
      bytes.push(Number.parseInt(digits, 16));
      index += 2;
    } else {
      bytes.push(byte === 0x2b ? 0x20 : byte);
    }
  }
  return toText(Uint8Array.from(bytes));
}

function encodeObject(operands: readonly RegoValue[]): string {
  const pairs: string[] = [];
  const entries = Array.from(objectOperand(operands, 0), ([key, value]) => [keyText(key), value] as const).sort(
    ([a], [b]) => compareStrings(a, b),
  );
  for (const [key, value] of entries) {
    const values = value instanceof RegoSet ? sortedItems(value) : isArray(value) ? value : [value];
    for (const item of values) {
      if (typeof item !== 'string')
        throw new BuiltinError('operand 1 values must be string, array[string], or set[string]');
      pairs.push(`${queryEscape(key)}=${queryEscape(item)}`);
    }
  }
  return pairs.join('&');
}

/** Go's url.ParseQuery: a semicolon is an error, an empty part is left out. */
function decodeObject(operands: readonly RegoValue[]): Map<RegoValue, RegoValue> {
  const values = new Map<string, string[]>();
  for (const pair of stringOperand(operands, 0).split('&')) {
    if (pair.includes(';')) throw new BuiltinError('invalid semicolon separator in query');
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = queryUnescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : queryUnescape(pair.slice(equals + 1));
    const list = values.get(key);
    if (list) list.push(value);
    else values.set(key, [value]);
  }
  return new Map(values);
}

/** Go's base64 decoders: line breaks are skipped, padding is not optional. */
function base64Decode(text: string, alphabet: string): string {
  const characters = text.replace(/[\r\n]/g, '');
  const digit = `[A-Za-z0-9${alphabet}]`;
  if (!new RegExp(`^(?:${digit}{4})*(?:${digit}{2}==|${digit}{3}=)?$`).test(characters)) {
    throw new BuiltinError('illegal base64 data');
  }
  return toText(Buffer.from(characters, 'base64'));
}

function base64IsValid(operands: readonly RegoValue[]): boolean {
  const [text] = operands;
  return (
    typeof text === 'string' &&
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ''))
  );
}

/** Padding that is left out is added, as RFC 7515, Appendix C, has it. */
function base64UrlDecode(operands: readonly RegoValue[]): string {
  const text = stringOperand(operands, 0);
  const rest = Buffer.byteLength(text) % 4;
  if (!text.endsWith('=') && rest === 1) throw new BuiltinError(`illegal base64url string: ${text}`);
  return base64Decode(text.endsWith('=') || rest === 0 ? text : text + '='.repeat(4 - rest), '_-');
}

export const encodingBuiltins: readonly (readonly [string, Builtin])[] = [
  ['base64.decode', (operands) => base64Decode(stringOperand(operands, 0), '+/')],
  ['base64.is_valid', base64IsValid],
  ['base64url.decode', base64UrlDecode],
  ['base64url.encode_no_pad', (operands) => toBytes(stringOperand(operands, 0)).toString('base64url')],
  ['hex.encode', (operands) => toBytes(stringOperand(operands, 0)).toString('hex')],
  ['hex.decode', hexDecode],
  ['urlquery.encode', (operands) => queryEscape(stringOperand(operands, 0))],
  ['urlquery.decode', (operands) => queryUnescape(stringOperand(operands, 0))],
  ['urlquery.encode_object', encodeObject],
  ['urlquery.decode_object', decodeObject],
];
