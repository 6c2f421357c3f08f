/** Below this a loop over the bytes is faster than a call of `copy`. */
const SHORT = 24;

/** Gathers bytes into memory that grows; one for many rows. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const bytes = this.#bytes;
    let at = this.#length;
    if (count > SHORT) bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
    else for (let i = start; i < end; i++) bytes[at++] = source[i] ?? 0;
    this.#length += count;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#put(value, this.#length);
    this.#length += 4;
  }

  /** Overwrites what was written at `at`. */
  patchInt32(value: number, at: number): void {
    this.#put(value, at);
  }

  /** Takes back all but the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Gives what was gathered, in memory of its own, and begins anew. */
  take(): Buffer {
    // Short ones share memory: asking the system for some of their own costs more than masking them.
    const taken = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(taken, 0, 0, this.#length);
    this.#length = 0;
    return taken;
  }

  #put(value: number, at: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
