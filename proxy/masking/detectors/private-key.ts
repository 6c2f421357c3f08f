import { ALPHANUMERIC, classOf } from './ascii.ts';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
/** Labels of RFC 7468 and of OpenSSH, PGP and their like. */
const LONGEST_LABEL = 48;
/** A key of 16,384 bits has 12.5 KB. */
const LONGEST_KEY = 20 * 1024;

/** Between the lines of a key: base64, white space as it is and as it is escaped, headers of encrypted and PGP keys. */
const BODY = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const known = '+/=\\ \t\r\n:,-()._'.includes(String.fromCharCode(byte));
  BODY[byte] = known || (classOf(byte) & ALPHANUMERIC) !== 0 ? 1 : 0;
}

/**
 * The end of a private key in a textual encoding (RFC 7468) whose BEGIN line is at `at`; 0: none. One whose END is missing, for the text was cut, ends where
 * what looks like a key ends.
 */
export function privateKeyEnd(bytes: Buffer, at: number, end: number): number {
  const line = bytes.toString('latin1', at, Math.min(end, at + BEGIN.length + LONGEST_LABEL + DASHES.length));
  if (!line.startsWith(BEGIN)) return 0;
  const dashes = line.indexOf(DASHES, BEGIN.length);
  if (dashes < 0 || !/^[A-Z0-9 ]*PRIVATE KEY( BLOCK)?$/.test(line.slice(BEGIN.length, dashes))) return 0;
  const latest = Math.min(end, at + LONGEST_KEY);
  const body = at + dashes + DASHES.length;
  let behind = body;
  while (behind < latest && BODY[bytes[behind] ?? 0] === 1) {
    if (bytes[behind] === 0x2d && startsWith(bytes, behind, latest, DASHES)) {
      // Another key begins, or this one ends.
      if (!startsWith(bytes, behind, latest, END)) break;
      const close = bytes.indexOf(DASHES, behind + END.length, 'latin1');
      return close < 0 || close > behind + END.length + LONGEST_LABEL ? behind : Math.min(end, close + DASHES.length);
    }
    behind += 1;
  }
  // A line that is quoted without a key, as this one's own documentation may be.
  return behind - body >= 32 ? behind : 0;
}

function startsWith(bytes: Buffer, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
