import * as crypto from 'node:crypto';

/**
 * The hash chain of a recording.
 *
 * A line is one JSON object whose last two members are `prev` and `hash`, written without white space:
 *
 *     {"schema":1,"seq":7,"time":"…","session":"…","type":"…", … ,"prev":"<hex>","hash":"<hex>"}\n
 *
 * `hash` is the SHA-256, in lower-case hex, of the UTF-8 bytes of `prev` (64 hex digits) followed by the line's own
 * bytes with the hash member cut out: everything up to `,"hash":"`, then `}`. It is taken over the bytes that are in
 * the file, so a verifier needs no canonical JSON and a re-formatted line is a changed line. The first event's `prev`
 * is 64 zeros.
 */
export const GENESIS = '0'.repeat(64);

const MEMBER = ',"hash":"';
/** Bytes of `,"hash":"<64 hex>"}`, with which every line ends. */
const TAIL_LENGTH = MEMBER.length + 64 + 2;

/** Hash of a text that is an event without its hash member. */
export function chainHash(prev: string, unhashed: string): string {
  return sha256(prev + unhashed);
}

/** Puts the hash into an event's text: `unhashed` is the event's JSON without it, `…,"prev":"…"}`. */
export function sealLine(unhashed: string, hash: string): string {
  return `${unhashed.slice(0, -1)}${MEMBER}${hash}"}\n`;
}

/**
 * Splits a line (without its line feed) into what was hashed and the hash that it claims.
 *
 * @returns undefined when the line does not end with a hash member
 */
export function splitLine(line: Buffer): { unhashed: Buffer; hash: string } | undefined {
  const cut = line.length - TAIL_LENGTH;
  if (cut < 1) return undefined;
  const tail = line.toString('latin1', cut);
  const hash = tail.slice(MEMBER.length, -2);
  if (!tail.startsWith(MEMBER) || !tail.endsWith('"}') || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  return { unhashed: Buffer.concat([line.subarray(0, cut), Buffer.from('}')]), hash };
}

/**
 * Whether bytes that end where a recording does can be the beginning of its event `seq`: what a process leaves that is
 * killed while it writes. A line that was changed, or that had its line feed taken, is not.
 */
export function isBegunLine(bytes: Buffer, seq: number): boolean {
  const head = `{"schema":1,"seq":${seq},"time":"`;
  if (!head.startsWith(bytes.toString('latin1', 0, head.length))) return false;
  return splitLine(bytes.subarray(0, -1)) === undefined;
}

/** The hash that a line must carry after `prev`. */
export function expectedHash(prev: string, unhashed: Buffer): string {
  return sha256(Buffer.concat([Buffer.from(prev, 'latin1'), unhashed]));
}

let scratch = Buffer.allocUnsafe(16 * 1024);

/**
 * The hash that a line must carry after `prev`, for a line (without its line feed) that ends with a hash member: as
 * splitLine and expectedHash, without an allocation for each line.
 */
export function hashOfLine(prev: string, line: Buffer): string {
  const cut = line.length - TAIL_LENGTH;
  const length = prev.length + cut + 1;
  const bytes = length <= scratch.length ? scratch : Buffer.allocUnsafe(length);
  // A rare large line gets a buffer of its own, which is not kept.
  if (length <= 1024 * 1024) scratch = bytes;
  bytes.write(prev, 0, 'latin1');
  line.copy(bytes, prev.length, 0, cut);
  bytes[length - 1] = 0x7d;
  return sha256(bytes.subarray(0, length));
}

/** One-shot where Node has it (20.12 and 21.7 on): less than half the cost of a Hash object for a line of a recording. */
const sha256: (data: string | Buffer) => string =
  typeof crypto.hash === 'function'
    ? (data) => crypto.hash('sha256', data)
    : (data) => crypto.createHash('sha256').update(data).digest('hex');
