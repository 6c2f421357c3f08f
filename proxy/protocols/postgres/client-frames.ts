import { SallyportError } from '../../../engine/errors.ts';
import { readUint32 } from './bytes.ts';
import { COPY_MESSAGE_BYTES, FROM_CLIENT, SHORT_MESSAGE_BYTES } from './message-types.ts';

/** What `ClientFrames.next` found. */
export type FrameStep =
  /** Nothing whole: wait for more bytes. */
  | 'none'
  /** A whole message. */
  | 'message'
  /** A piece of a CopyData message, from its first byte or a later one: CopyData is the one kind that is not held. */
  | 'copy_data';

const EMPTY = Buffer.alloc(0);
const HEADER_BYTES = 5;

const KINDS = new Map<number, 'long' | 'short'>([
  [FROM_CLIENT.bind, 'long'],
  [FROM_CLIENT.close, 'short'],
  [FROM_CLIENT.describe, 'short'],
  [FROM_CLIENT.execute, 'short'],
  [FROM_CLIENT.functionCall, 'long'],
  [FROM_CLIENT.flush, 'short'],
  [FROM_CLIENT.parse, 'long'],
  [FROM_CLIENT.query, 'long'],
  [FROM_CLIENT.sync, 'short'],
  [FROM_CLIENT.terminate, 'short'],
  [FROM_CLIENT.copyDone, 'short'],
  [FROM_CLIENT.copyData, 'long'],
  [FROM_CLIENT.copyFail, 'short'],
]);

/**
 * Cuts a client's byte stream into messages without copying: a message is a range of the chunk that it came in. Only a
 * message that lies across chunks is joined.
 */
export class ClientFrames {
  /** The message found last is `bytes[start, end)`; its body starts at `start + 5`. */
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  type = 0;

  readonly #frameBytes: number;
  #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes that must be there before the next step can be taken. */
  #needed = HEADER_BYTES;
  #copyRemaining = 0;
  #copyTotal = 0;

  constructor(frameBytes: number) {
    this.#frameBytes = frameBytes;
  }

  /** Length of the CopyData message that the piece found last begins, with its type byte; 0 if it begins none. */
  get copyBegins(): number {
    return this.#copyRemaining + this.end - this.start === this.#copyTotal ? this.#copyTotal : 0;
  }

  /** More of the CopyData message is to come behind the piece found last. */
  get copyContinues(): boolean {
    return this.#copyRemaining > 0;
  }

  /** Bytes received and not yet given out by `next`. */
  get buffered(): number {
    return this.bytes.length - this.end + this.#held;
  }

  push(chunk: Buffer): void {
    if (this.#held === 0 && this.end === this.bytes.length) {
      this.bytes = chunk;
      this.start = this.end = 0;
      return;
    }
    this.#pieces.push(chunk);
    this.#held += chunk.length;
  }

  /**
   * Moves on to the next message.
   *
   * @throws SallyportError SP_PROTOCOL_VIOLATION (unknown type, impossible length), SP_LIMIT_FRAME
   */
  next(): FrameStep {
    this.start = this.end;
    if (this.#copyRemaining > 0) return this.#continueCopyData();
    if (!this.#available(HEADER_BYTES)) {
      // An idle connection must not keep its last chunk's memory.
      if (this.start === this.bytes.length) this.#release();
      return 'none';
    }
    this.type = this.bytes[this.start] ?? 0;
    const total = 1 + this.#checkedLength();
    if (this.type === FROM_CLIENT.copyData) {
      this.#copyRemaining = this.#copyTotal = total;
      return this.#continueCopyData();
    }
    if (!this.#available(total)) return 'none';
    this.end = this.start + total;
    return 'message';
  }

  /** Makes `next` find the same message, or piece of one, again. */
  retry(): void {
    if (this.type === FROM_CLIENT.copyData) this.#copyRemaining += this.end - this.start;
    this.end = this.start;
  }

  #continueCopyData(): FrameStep {
    if (this.end === this.bytes.length && !this.#join()) return 'none';
    this.end = Math.min(this.bytes.length, this.start + this.#copyRemaining);
    this.#copyRemaining -= this.end - this.start;
    return 'copy_data';
  }

  #available(count: number): boolean {
    if (this.bytes.length - this.start >= count) return true;
    this.#needed = count;
    return this.#join() && this.bytes.length - this.start >= count;
  }

  /** Joins what is held, once it is enough: a long message that comes in many chunks is copied once. */
  #join(): boolean {
    if (this.#held === 0) return false;
    const rest = this.bytes.length - this.start;
    if (rest > 0 && rest + this.#held < this.#needed) return false;
    this.bytes = rest === 0 && this.#pieces.length === 1 ? (this.#pieces[0] ?? EMPTY) : this.#joined();
    this.#pieces = [];
    this.#held = 0;
    this.start = this.end = 0;
    return true;
  }

  #release(): void {
    this.bytes = EMPTY;
    this.start = this.end = 0;
  }

  #joined(): Buffer {
    return Buffer.concat([this.bytes.subarray(this.start), ...this.#pieces]);
  }

  #checkedLength(): number {
    const length = readUint32(this.bytes, this.start + 1);
    const kind = KINDS.get(this.type);
    if (kind === undefined) {
      throw new SallyportError('SP_PROTOCOL_VIOLATION', `invalid frontend message type ${this.type}`);
    }
    // Read as unsigned, a negative length is above every limit; it is the peer's mistake all the same.
    if (length < 4 || length > 0x7fffffff) {
      throw new SallyportError('SP_PROTOCOL_VIOLATION', 'invalid message length');
    }
    const limit = this.#limit(kind);
    if (length > limit) {
      throw new SallyportError('SP_LIMIT_FRAME', `A message of ${length} bytes is longer than the limit of ${limit}.`);
    }
    return length;
  }

  #limit(kind: 'long' | 'short'): number {
    if (this.type === FROM_CLIENT.copyData) return COPY_MESSAGE_BYTES;
    return kind === 'short' ? Math.min(SHORT_MESSAGE_BYTES, this.#frameBytes) : this.#frameBytes;
  }
}
