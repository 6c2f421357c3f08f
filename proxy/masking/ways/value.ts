import type { MaskWay } from '../plan.ts';
import { maskAddress } from './address.ts';
import { maskDate } from './date.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { maskDecimal, maskFloat, maskInteger } from './number.ts';
import { HASH_DIGITS, maskText, REDACTED } from './text.ts';

/**
 * What a value must still be when it is masked, whatever a protocol calls its type. `opaque`: nothing but NULL is certain to be one of its values.
 */
export type ValueKind =
  | 'text'
  | 'json'
  | 'xml'
  | 'uuid'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'decimal'
  | 'float32'
  | 'float64'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'inet'
  | 'cidr'
  | 'bytes'
  | 'opaque';

/**
 * Masks one value, given as the text that PostgreSQL writes for it (ISO dates, hexadecimal bytea). Gives such a text of the same kind, or undefined
 * for NULL. Total: a text that is not of its kind becomes NULL, but for `text`, which all are.
 *
 * | kind | partial | fake | hash | redact |
 * |---|---|---|---|---|
 * | text | a part | same shape | 32 hex digits | `[redacted]` |
 * | json, xml | redact | redact | hash as a string, as an element | `"[redacted]"`, `<redacted/>` |
 * | numbers | NULL | as many digits | a number from 0 on | NULL |
 * | dates, times | 1 January of the year | some day and time | NULL | NULL |
 * | uuid | NULL | a uuid (version 8) | a uuid | NULL |
 * | inet, cidr | a quarter of the address, as a network | one of 10/8 or fd00::/8 | one of fd00::/8 | NULL |
 * | bytes | NULL | as many bytes, 1 KiB at most | 16 bytes | NULL |
 */
export function maskValue(kind: ValueKind, way: MaskWay, text: string, key: KeyedHash): string | undefined {
  if (way === 'null') return undefined;
  switch (kind) {
    case 'text':
      return maskText(text, way, key);
    case 'json':
      return JSON.stringify(way === 'hash' ? key.hex(text).slice(0, HASH_DIGITS) : REDACTED);
    case 'xml':
      return way === 'hash' ? `<redacted>${key.hex(text).slice(0, HASH_DIGITS)}</redacted>` : '<redacted/>';
    case 'uuid':
      return way === 'hash' || way === 'fake' ? uuidOf(key.hex(text.toLowerCase())) : undefined;
    case 'int16':
    case 'int32':
    case 'int64':
      return maskInteger(kind, way, text, key);
    case 'decimal':
      return maskDecimal(way, text, key);
    case 'float32':
    case 'float64':
      return maskFloat(kind, way, text, key);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return maskDate(kind, way, text, key);
    case 'inet':
    case 'cidr':
      return maskAddress(kind, way, text, key);
    case 'bytes':
      return maskBytes(way, text, key);
    case 'opaque':
      return undefined;
  }
}

/** Version 8 of RFC 9562: what its bits mean is the maker's own affair. */
function uuidOf(hex: string): string {
  const variant = '89ab'.charAt(parseInt(hex.charAt(16), 16) & 3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function maskBytes(way: MaskWay, text: string, key: KeyedHash): string | undefined {
  if (way === 'hash') return `\\x${key.hex(text).slice(0, HASH_DIGITS)}`;
  if (way !== 'fake' || !text.startsWith('\\x')) return undefined;
  return `\\x${key.bytes(text, Math.min(1024, (text.length - 2) >> 1)).toString('hex')}`;
}
