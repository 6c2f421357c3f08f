/** Reads and writes the primitives of the WebAssembly binary format (Core Specification 2.0, §5.2). */

/** The bytes are not a WebAssembly module that this engine can instrument. */
export class ModuleFormatError extends Error {
  override readonly name = 'ModuleFormatError';
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.position >= this.#end;
  }

  byte(): number {
    const value = this.position < this.#end ? this.#bytes[this.position] : undefined;
    if (value === undefined) throw new ModuleFormatError(`the module ends early, at byte ${this.position}`);
    this.position += 1;
    return value;
  }

  /** An unsigned LEB128 integer of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new ModuleFormatError(`an integer is longer than 32 bits, at byte ${this.position}`);
  }

  /** Steps over one LEB128 integer of any width (64 bits need at most ten bytes). */
  skipLeb(): void {
    for (let count = 0; count < 10; count += 1) if ((this.byte() & 0x80) === 0) return;
    throw new ModuleFormatError(`an integer is longer than 64 bits, at byte ${this.position}`);
  }

  skip(count: number): void {
    if (count > this.#end - this.position) {
      throw new ModuleFormatError(`the module ends early, at byte ${this.position}`);
    }
    this.position += count;
  }

  take(count: number): Uint8Array {
    const start = this.position;
    this.skip(count);
    return this.#bytes.subarray(start, this.position);
  }

  /** A vector of bytes: its length, then the bytes. */
  vector(): Uint8Array {
    return this.take(this.u32());
  }

  name(): string {
    return new TextDecoder('utf-8', { fatal: true }).decode(this.vector());
  }
}

export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A signed LEB128 integer of 32 bits. */
  s32(value: number): void {
    let rest = value | 0;
    for (;;) {
      const byte = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
        this.byte(byte);
        return;
      }
      this.byte(byte | 0x80);
    }
  }

  vector(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  name(text: string): void {
    this.vector(new TextEncoder().encode(text));
  }

  finish(): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.#length);
    copy.set(this.#bytes.subarray(0, this.#length));
    return copy;
  }
}
