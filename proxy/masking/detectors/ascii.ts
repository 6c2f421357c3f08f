/** Classes of bytes. Those above 127 are parts of letters, as far as anybody here asks. */
export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
/** `_` and bytes of characters beyond ASCII: what makes a number a part of a word, as letters do. */
export const WORDLIKE = 8;
export const LETTER = UPPER | LOWER;
export const ALPHANUMERIC = DIGIT | LETTER;
export const WORD = ALPHANUMERIC | WORDLIKE;

export const CLASSES = new Uint8Array(256);
for (let byte = 0x30; byte <= 0x39; byte++) CLASSES[byte] = DIGIT;
for (let byte = 0x41; byte <= 0x5a; byte++) CLASSES[byte] = UPPER;
for (let byte = 0x61; byte <= 0x7a; byte++) CLASSES[byte] = LOWER;
for (let byte = 0x80; byte <= 0xff; byte++) CLASSES[byte] = WORDLIKE;
CLASSES[0x5f] = WORDLIKE;

/** The classes of a byte; none for one that is not there. */
export function classOf(byte: number | undefined): number {
  return byte === undefined ? 0 : (CLASSES[byte] ?? 0);
}
