import { SallyportError } from '../../../engine/errors.ts';
import { readUint32 } from './bytes.ts';
import { FROM_TARGET } from './message-types.ts';

/** Follows the target's messages as `TargetFrames` finds them. */
export interface TargetSink {
  /**
   * A message began whose body is passed on without being looked at. `total` counts its type byte. Gives what goes to the
   * client in its place (nothing of the message then does), or `undefined` to pass it on; `WHOLE` to be given it when it
   * is whole, `PIECES` to be given its body as it comes, nothing of which then goes to the client by itself.
   */
  streamed(type: number, total: number): Uint8Array | typeof WHOLE | typeof PIECES | undefined;
  /** A piece of the body of a message that is taken in pieces. What came before the message has been forwarded. */
  piece(bytes: Buffer, start: number, end: number): void;
  /**
   * A message is whole at `bytes[start, end)`. Gives what goes to the client in its place, or `undefined` to pass it on
   * as it is. What it throws comes out of `push`, after everything before the message went to the client.
   */
  whole(type: number, bytes: Buffer, start: number, end: number): Uint8Array | undefined;
  /** Bytes for the client, in order. */
  forward(bytes: Uint8Array): void;
  /** All that came has been worked on. */
  flush(): void;
}

export const WHOLE = Symbol('whole');
export const PIECES = Symbol('pieces');

/** Longest message that is held until it is whole: status, completion and error messages. */
const HELD_BYTES = 16 * 1024 * 1024;
const HEADER_BYTES = 5;

const UNKNOWN = 0;
const STREAMED = 1;
const HELD = 2;

/** Rows and copied data are streamed; what changes the session's state is read whole. */
const KINDS = new Uint8Array(256);
for (const type of Object.values(FROM_TARGET)) KINDS[type] = HELD;
for (const name of [
  'dataRow',
  'copyData',
  'rowDescription',
  'parameterDescription',
  'functionResult',
  'notice',
  'notification',
] as const) {
  KINDS[FROM_TARGET[name]] = STREAMED;
}

/**
 * Follows a target's byte stream message by message while the bytes go on to the client as they came: chunks are neither
 * copied nor regrouped. Only a message that must be read whole and lies across chunks is held back.
 */
export class TargetFrames {
  readonly #sink: TargetSink;
  /** Bytes of a streamed body still to come. */
  #skip = 0;
  /** They do not go to the client. */
  #dropping = false;
  /** They go to the sink. */
  #feeding = false;
  /** The message that is held is one that is mostly streamed. */
  #whole = false;
  /** A message to be read whole, or a streamed one's header, that lies across chunks. */
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(sink: TargetSink) {
    this.#sink = sink;
  }

  /** A part of a message went to the client: bytes of our own would break into it. */
  get insideMessage(): boolean {
    return this.#skip > 0 && !this.#dropping;
  }

  /** @throws SallyportError SP_PROTOCOL_VIOLATION, SP_LIMIT_FRAME, and what the sink throws */
  push(chunk: Buffer): void {
    // `sent` is where the bytes begin that have not gone to the client.
    let sent = this.#heldBytes > 0 ? this.#finishHeld(chunk) : 0;
    let at = sent;
    if (sent < 0) return;

    const end = chunk.length;
    try {
      for (;;) {
        if (this.#skip > 0) {
          const step = Math.min(this.#skip, end - at);
          if (this.#feeding) this.#sink.piece(chunk, at, at + step);
          this.#skip -= step;
          at += step;
          if (this.#dropping) sent = at;
        }
        if (at === end) break;
        const type = chunk[at] ?? 0;
        const kind = this.#kind(type);
        if (end - at < HEADER_BYTES) {
          this.#hold(chunk, at);
          return;
        }
        const total = totalLength(chunk, at);
        if (kind === STREAMED) {
          const replacement = this.#sink.streamed(type, total);
          if (replacement !== undefined) {
            if (at > sent) this.#sink.forward(chunk.subarray(sent, at));
            sent = at;
          }
          if (replacement === WHOLE) {
            if (end - at < total) {
              this.#whole = true;
              this.#hold(chunk, at);
              return;
            }
            const masked = this.#sink.whole(type, chunk, at, at + total);
            at += total;
            if (masked !== undefined) {
              if (masked.length > 0) this.#sink.forward(masked);
              sent = at;
            }
            continue;
          }
          this.#feeding = replacement === PIECES;
          this.#dropping = replacement !== undefined;
          this.#skip = total;
          if (replacement === PIECES) {
            at += HEADER_BYTES;
            sent = at;
            this.#skip -= HEADER_BYTES;
          } else if (replacement !== undefined && replacement.length > 0) this.#sink.forward(replacement);
        } else {
          if (total > HELD_BYTES) throw tooLong(total);
          if (end - at < total) {
            this.#hold(chunk, at);
            return;
          }
          const replacement = this.#sink.whole(type, chunk, at, at + total);
          if (replacement !== undefined) {
            if (at > sent) this.#sink.forward(chunk.subarray(sent, at));
            if (replacement.length > 0) this.#sink.forward(replacement);
            sent = at + total;
          }
          at += total;
        }
      }
    } finally {
      if (at > sent) this.#sink.forward(sent === 0 && at === end ? chunk : chunk.subarray(sent, at));
      this.#sink.flush();
    }
  }

  #hold(chunk: Buffer, at: number): void {
    this.#held.push(chunk.subarray(at));
    this.#heldBytes = chunk.length - at;
  }

  /** Gives the offset behind the message that was held, or -1 if it is still not whole. */
  #finishHeld(chunk: Buffer): number {
    let used = 0;
    if (this.#heldBytes < HEADER_BYTES) {
      used = this.#take(chunk, used, HEADER_BYTES);
      if (this.#heldBytes < HEADER_BYTES) return -1;
    }
    const first = this.#header1();
    const total = totalLength(first, 0);
    if (this.#kind(first[0] ?? 0) === STREAMED && !this.#whole) {
      const replacement = this.#sink.streamed(first[0] ?? 0, total);
      if (replacement === WHOLE) this.#whole = true;
      else {
        // Of a streamed message never more than its header is held.
        this.#held = [];
        this.#heldBytes = 0;
        this.#feeding = replacement === PIECES;
        this.#dropping = replacement !== undefined;
        this.#skip = total - HEADER_BYTES;
        const bytes = replacement === PIECES ? undefined : (replacement ?? first);
        if (bytes !== undefined && bytes.length > 0) this.#sink.forward(bytes);
        return used;
      }
    }
    if (total > HELD_BYTES) throw tooLong(total);
    used = this.#take(chunk, used, total);
    if (this.#heldBytes < total) return -1;

    const message = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#whole = false;
    const bytes = this.#sink.whole(message[0] ?? 0, message, 0, total) ?? message;
    if (bytes.length > 0) this.#sink.forward(bytes);
    return used;
  }

  /** Moves bytes from `chunk` to what is held until that is `total` long; gives the new offset into `chunk`. */
  #take(chunk: Buffer, at: number, total: number): number {
    const count = Math.min(total - this.#heldBytes, chunk.length - at);
    if (count > 0) this.#held.push(chunk.subarray(at, at + count));
    this.#heldBytes += Math.max(count, 0);
    return at + Math.max(count, 0);
  }

  /** A buffer that holds at least the header of the held message. */
  #header1(): Buffer {
    const first = this.#held[0];
    if (first !== undefined && first.length >= HEADER_BYTES) return first;
    const joined = Buffer.concat(this.#held);
    this.#held = [joined];
    return joined;
  }

  #kind(type: number): number {
    const kind = KINDS[type] ?? UNKNOWN;
    if (kind === UNKNOWN) {
      throw new SallyportError('SP_PROTOCOL_VIOLATION', `The target sent a message of the unknown type ${type}.`);
    }
    return kind;
  }
}

function totalLength(bytes: Buffer, at: number): number {
  const length = readUint32(bytes, at + 1);
  if (length < 4 || length > 0x7fffffff) {
    throw new SallyportError('SP_PROTOCOL_VIOLATION', 'The target sent a message of an impossible length.');
  }
  return length + 1;
}

function tooLong(total: number): SallyportError {
  return new SallyportError('SP_LIMIT_FRAME', `The target sent a message of ${total} bytes that must be read whole.`);
}
