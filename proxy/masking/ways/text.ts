import type { MaskWay } from '../plan.ts';
import { fakeText } from './fake.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { partialText } from './partial.ts';

/** Stands in the place of a text that is hidden whole. */
export const REDACTED = '[redacted]';
/** Hexadecimal digits of a hash that are shown: 128 bits. */
export const HASH_DIGITS = 32;

/** Masks any text. Undefined: NULL takes its place. */
export function maskText(text: string, way: MaskWay, key: KeyedHash): string | undefined {
  switch (way) {
    case 'partial':
      return partialText(text);
    case 'fake':
      return fakeText(text, key);
    case 'hash':
      return key.hex(text).slice(0, HASH_DIGITS);
    case 'redact':
      return REDACTED;
    case 'null':
      return undefined;
  }
}
