import { isUtf8 } from 'node:buffer';

/** The big-endian unsigned 32-bit integer at `at`. The caller has checked that four bytes are there. */
export function readUint32(bytes: Buffer, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}

/**
 * Decodes text as UTF-8, fatally: a replacement character would make what is judged differ from what is sent.
 * Gives `undefined` for bytes that are not valid UTF-8.
 */
export function decodeText(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, end);
  // Only a text with a replacement character can come from invalid bytes: the others need no second look.
  return text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end)) ? undefined : text;
}

/** Reads the fields of one message, in order; every read checks the message's end. */
export class FieldReader {
  textStart = 0;
  textEnd = 0;
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #failed = false;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Every read so far lay inside the message, and nothing is left of it. */
  get complete(): boolean {
    return !this.#failed && this.#at === this.#end;
  }

  /** A read went past the end, or found text that is not UTF-8. What was read is then not to be used. */
  get failed(): boolean {
    return this.#failed;
  }

  byte(): number {
    const value = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    return value === undefined ? this.#fail(0) : ((this.#at += 1), value);
  }

  uint16(): number {
    return (this.byte() << 8) | this.byte();
  }

  int32(): number {
    if (this.#end - this.#at < 4) return this.#fail(0);
    const value = readUint32(this.#bytes, this.#at) | 0;
    this.#at += 4;
    return value;
  }

  /** A NUL-terminated string of UTF-8. */
  text(): string {
    const nul = this.#bytes.indexOf(0, this.#at);
    if (nul < 0 || nul >= this.#end) return this.#fail('');
    const text = decodeText(this.#bytes, this.#at, nul);
    this.#at = nul + 1;
    return text ?? this.#fail('');
  }

  /** Steps over a NUL-terminated string whose text is then `[textStart, textEnd)`, not decoded. */
  skipText(): void {
    const nul = this.#bytes.indexOf(0, this.#at);
    if (nul < 0 || nul >= this.#end) {
      this.#fail(undefined);
      return;
    }
    this.textStart = this.#at;
    this.textEnd = nul;
    this.#at = nul + 1;
  }

  skip(length: number): void {
    if (length < 0 || length > this.#end - this.#at) this.#fail(undefined);
    else this.#at += length;
  }

  /** `length` bytes, not copied. */
  slice(length: number): Buffer {
    if (length < 0 || length > this.#end - this.#at) return this.#fail(Buffer.alloc(0));
    const slice = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return slice;
  }

  #fail<T>(value: T): T {
    this.#failed = true;
    this.#at = this.#end;
    return value;
  }
}
