import type { MaskWay } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';
import { REDACTED } from '../../../masking/ways/text.ts';
import { maskValue } from '../../../masking/ways/value.ts';
import { readArrayBinary, readArrayText, writeArrayBinary, writeArrayText } from './arrays.ts';
import { binaryOfText, textOfBinary } from './binary.ts';
import type { MaskType } from './types.ts';

const REDACTED_BYTES = Buffer.from(REDACTED);

/**
 * Masks one value that is not NULL and stands at `bytes[start, end)` of a row. Gives the bytes that take its place, of the same type and format, or
 * undefined for NULL: what has no valid masked form, and what is not a value of its type.
 */
export function maskField(
  type: MaskType,
  format: 'text' | 'binary',
  way: MaskWay,
  bytes: Buffer,
  start: number,
  end: number,
  key: KeyedHash,
): Buffer | undefined {
  if (way === 'null' || type.kind === 'opaque') return undefined;
  if (type.array === true) {
    return format === 'text'
      ? maskArrayText(type, way, bytes.toString('utf8', start, end), key)
      : maskArrayBinary(type, way, bytes, start, end, key);
  }
  if (format === 'binary') return maskBinary(type, way, bytes, start, end, key);
  if (type.kind === 'text' && way === 'redact') return REDACTED_BYTES;
  const masked = maskValue(type.kind, way, bytes.toString('utf8', start, end), key);
  return masked === undefined ? undefined : Buffer.from(masked, 'utf8');
}

function maskBinary(
  type: MaskType,
  way: MaskWay,
  bytes: Buffer,
  start: number,
  end: number,
  key: KeyedHash,
): Buffer | undefined {
  const text = textOfBinary(type, bytes, start, end);
  const masked = text === undefined ? undefined : maskValue(type.kind, way, text, key);
  return masked === undefined ? undefined : binaryOfText(type, masked);
}

/** Element by element, so that joins on hashed elements still work; redacted, not even their number is told. An element without a masked form makes the whole NULL. */
function maskArrayText(type: MaskType, way: MaskWay, text: string, key: KeyedHash): Buffer | undefined {
  const array = readArrayText(text);
  if (array === undefined) return undefined;
  const elements: (string | undefined)[] = [];
  for (const element of array.elements) {
    const masked = element === undefined ? undefined : maskValue(type.kind, way, element, key);
    if (element !== undefined && masked === undefined) return undefined;
    elements.push(masked);
  }
  const one = elements.find((element) => element !== undefined);
  if (way === 'redact' && one !== undefined) {
    return Buffer.from(writeArrayText({ between: ['{', '}'], elements: [one] }));
  }
  return Buffer.from(writeArrayText({ between: array.between, elements }));
}

function maskArrayBinary(
  type: MaskType,
  way: MaskWay,
  bytes: Buffer,
  start: number,
  end: number,
  key: KeyedHash,
): Buffer | undefined {
  const array = readArrayBinary(bytes, start, end);
  if (array === undefined) return undefined;
  const elements: (Buffer | undefined)[] = [];
  for (const element of array.elements) {
    const masked = element.none ? undefined : maskBinary(type, way, bytes, element.start, element.end, key);
    if (!element.none && masked === undefined) return undefined;
    elements.push(masked);
  }
  const one = elements.find((element) => element !== undefined);
  if (way !== 'redact' || one === undefined) return writeArrayBinary(bytes.subarray(start, array.headEnd), elements);
  // One dimension of one element, which is not NULL.
  const head = Buffer.alloc(20);
  head.writeInt32BE(1, 0);
  bytes.copy(head, 8, start + 8, start + 12);
  head.writeInt32BE(1, 12);
  head.writeInt32BE(1, 16);
  return writeArrayBinary(head, [one]);
}
