import { ALPHANUMERIC, classOf } from './ascii.ts';

const DOT = 0x2e;
/** A header names an algorithm, a key, certificates at most. */
const LONGEST_HEADER = 8 * 1024;

const BASE64URL = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  BASE64URL[byte] = (classOf(byte) & ALPHANUMERIC) !== 0 || byte === 0x2d || byte === 0x5f ? 1 : 0;
}

/**
 * The end of a JSON Web Token (RFC 7519) that begins at `at` with `eyJ`: header, payload and signature, of which an unsigned one has none. 0: none.
 * The header must be JSON with an algorithm.
 */
export function jwtEnd(bytes: Buffer, start: number, at: number, end: number): number {
  // In the middle of a longer run nothing begins; so of each run only one header is read.
  if (at > start && BASE64URL[bytes[at - 1] ?? 0] === 1) return 0;
  const header = runEnd(bytes, at, Math.min(end, at + LONGEST_HEADER));
  if (header >= end - 1 || bytes[header] !== DOT || !isHeader(bytes.toString('latin1', at, header))) return 0;
  const payload = runEnd(bytes, header + 1, end);
  if (payload < header + 3 || payload >= end || bytes[payload] !== DOT) return 0;
  let behind = runEnd(bytes, payload + 1, end);
  // Encrypted ones (RFC 7516) have five parts.
  for (let part = 3; part < 5 && behind < end && bytes[behind] === DOT; part++) {
    const next = runEnd(bytes, behind + 1, end);
    if (next === behind + 1) break;
    behind = next;
  }
  return behind;
}

function runEnd(bytes: Buffer, at: number, end: number): number {
  let behind = at;
  while (behind < end && BASE64URL[bytes[behind] ?? 0] === 1) behind += 1;
  return behind;
}

function isHeader(text: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && 'alg' in header;
  } catch {
    return false;
  }
}
