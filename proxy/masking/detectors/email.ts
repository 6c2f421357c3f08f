import { ALPHANUMERIC, classOf, LETTER, WORDLIKE } from './ascii.ts';

/** RFC 5321, 4.5.3.1: octets of a local part, of a domain, of a label. */
const LOCAL_BYTES = 64;
const DOMAIN_BYTES = 255;
const LABEL_BYTES = 63;
const DOT = 0x2e;
const HYPHEN = 0x2d;

const LOCAL = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const known = "!#$%&'*+-/=?^_`{|}~.".includes(String.fromCharCode(byte));
  LOCAL[byte] = known || (classOf(byte) & (ALPHANUMERIC | WORDLIKE)) !== 0 ? 1 : 0;
}
/** They may stand in a local part, but where one begins it they belong to the text around it. */
const NOT_FIRST = new Set(Array.from(".!#$%&'*/=?^`{|}~", (character) => character.charCodeAt(0)));
/** Ends of file names like icon@2x.png. */
const FILES = new Set(['png', 'jpg', 'jpeg', 'gif', 'svg', 'webp', 'css', 'js', 'ts', 'json', 'html']);

/**
 * The address around the `@` at `at`: a local part without quotes, a domain of two labels or more whose last one is of letters.
 * Gives its bounds in `bounds`. Looks at no more than a local part and a domain may have.
 */
export function findEmail(bytes: Buffer, from: number, at: number, end: number, bounds: Int32Array): boolean {
  let start = at;
  const earliest = Math.max(from, at - LOCAL_BYTES);
  while (start > earliest && LOCAL[bytes[start - 1] ?? 0] === 1) start -= 1;
  while (start < at && NOT_FIRST.has(bytes[start] ?? 0)) start += 1;
  if (start === at || bytes[at - 1] === DOT) return false;

  let behind = at + 1;
  let label = behind;
  let dots = 0;
  let last = 0;
  const latest = Math.min(end, at + 1 + DOMAIN_BYTES);
  for (; behind < latest; behind++) {
    const byte = bytes[behind] ?? 0;
    if (byte === DOT) {
      if (behind === label || bytes[behind - 1] === HYPHEN) break;
      // A sentence may end behind an address.
      if ((classOf(bytes[behind + 1]) & (ALPHANUMERIC | WORDLIKE)) === 0 || behind + 1 >= end) break;
      dots += 1;
      label = behind + 1;
      last = label;
    } else if (byte === HYPHEN ? behind === label : (classOf(byte) & (ALPHANUMERIC | WORDLIKE)) === 0) break;
    else if (byte === 0x5f || behind - label >= LABEL_BYTES) break;
  }
  while (bytes[behind - 1] === HYPHEN) behind -= 1;
  if (dots === 0 || behind - last < 2 || !isTopLevel(bytes, last, behind)) return false;
  if (FILES.has(bytes.toString('latin1', last, behind).toLowerCase())) return false;
  bounds[0] = start;
  bounds[1] = behind;
  return true;
}

/** Letters, or an encoded name; numbers are the versions of packages: name@1.2.3. */
function isTopLevel(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 4 && bytes.toString('latin1', start, start + 4).toLowerCase() === 'xn--') return true;
  for (let at = start; at < end; at++) {
    if ((classOf(bytes[at]) & (LETTER | WORDLIKE)) === 0) return false;
  }
  return true;
}
