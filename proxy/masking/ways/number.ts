import type { MaskWay } from '../plan.ts';
import type { KeyedHash } from './keyed-hash.ts';

const LARGEST = { int16: 0x7fffn, int32: 0x7fffffffn, int64: 0x7fffffffffffffffn } as const;
/** Every whole number of 15 digits is one of float64, too. */
const HASH_RANGE = 10n ** 15n;

/** Masks a whole number of a type, in decimal digits. Hash and fake are within the type's range, the others NULL. */
export function maskInteger(
  kind: keyof typeof LARGEST,
  way: MaskWay,
  text: string,
  key: KeyedHash,
): string | undefined {
  const canonical = canonicalNumber(text);
  if (canonical === undefined || canonical.includes('.')) return undefined;
  const largest = LARGEST[kind];
  if (way === 'hash') {
    // Numbers of all types agree as far as their ranges do, so that columns of different types still join.
    const hashed = hashOf(canonical, key);
    return String(hashed > largest ? hashed % (largest + 1n) : hashed);
  }
  if (way !== 'fake') return undefined;
  const fake = fakeDigits(canonical, key);
  const size = BigInt(fake.startsWith('-') ? fake.slice(1) : fake);
  const within = size > largest ? size % largest : size;
  return String(fake.startsWith('-') ? -within : within);
}

export function maskDecimal(way: MaskWay, text: string, key: KeyedHash): string | undefined {
  const canonical = canonicalNumber(text);
  if (canonical === undefined) return undefined;
  if (way === 'hash') return String(hashOf(canonical, key));
  // The digits as they are written: 1.50 has two behind the point.
  return way === 'fake' ? fakeDigits(text, key, canonical) : undefined;
}

export function maskFloat(kind: 'float32' | 'float64', way: MaskWay, text: string, key: KeyedHash): string | undefined {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) return undefined;
  const canonical = canonicalNumber(String(number)) ?? String(number);
  // A float32 holds whole numbers up to 2^24.
  if (way === 'hash') return String(kind === 'float32' ? hashOf(canonical, key) % 0x1000000n : hashOf(canonical, key));
  if (way !== 'fake') return undefined;
  // A number that is written with an exponent has no digits to put others in the place of.
  return String(number).includes('e') ? undefined : String(Number(fakeDigits(String(number), key, canonical)));
}

function hashOf(canonical: string, key: KeyedHash): bigint {
  return key.bytes(canonical, 16).readBigUInt64BE() % HASH_RANGE;
}

/** Without zeros that say nothing: equal numbers have equal texts. Undefined for what is no number, NaN and the infinite. */
export function canonicalNumber(text: string): string | undefined {
  const parts = /^([+-]?)(\d{1,200000})(?:\.(\d{0,20000}))?$/.exec(text);
  if (parts === null) return undefined;
  const whole = withoutLeading(parts[2] ?? '');
  const fraction = withoutTrailing(parts[3] ?? '');
  const size = fraction === '' ? whole : `${whole}.${fraction}`;
  return parts[1] === '-' && size !== '0' ? `-${size}` : size;
}

function withoutLeading(digits: string): string {
  let at = 0;
  while (at < digits.length - 1 && digits.charCodeAt(at) === 0x30) at += 1;
  return digits.slice(at);
}

function withoutTrailing(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return digits.slice(0, end);
}

/** Other digits in the place of each, none of them a leading zero; sign and point stay. */
function fakeDigits(text: string, key: KeyedHash, canonical = text): string {
  const chance = key.bytes(canonical, text.length);
  let first = true;
  return Array.from(text, (character, i) => {
    if (character < '0' || character > '9') return character;
    const number = chance[i] ?? 0;
    const digit = first && /^\d/.test(text.slice(i + 1)) ? 1 + (number % 9) : number % 10;
    first = false;
    return String(digit);
  }).join('');
}
