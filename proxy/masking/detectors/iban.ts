import { countrySpecs, isValidIBAN } from 'ibantools';
import { ALPHANUMERIC, classOf, DIGIT, UPPER, WORD } from './ascii.ts';

const LENGTHS = new Map(Object.entries(countrySpecs).map(([country, { chars }]) => [country, chars]));

/** The end of an IBAN whose check digits begin at `at`, behind the letters of its country; 0: none. Written together, or in groups with spaces. */
export function ibanEnd(bytes: Buffer, start: number, at: number, end: number): number {
  const begin = at - 2;
  if (begin < start || classOf(bytes[begin]) !== UPPER || classOf(bytes[begin + 1]) !== UPPER) return 0;
  if (classOf(bytes[at + 1]) !== DIGIT || (begin > start && (classOf(bytes[begin - 1]) & WORD) !== 0)) return 0;
  const length = LENGTHS.get(bytes.toString('latin1', begin, at));
  if (length === undefined) return 0;
  let text = '';
  let behind = begin;
  while (text.length < length) {
    const byte = bytes[behind];
    if (behind >= end || byte === undefined) return 0;
    if ((classOf(byte) & (DIGIT | UPPER)) !== 0) text += String.fromCharCode(byte);
    else if (byte !== 0x20 || text.length % 4 !== 0) return 0;
    behind += 1;
  }
  if (behind < end && (classOf(bytes[behind]) & ALPHANUMERIC) !== 0) return 0;
  return isValidIBAN(text) ? behind : 0;
}
