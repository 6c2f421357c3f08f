const pageBytes = 65_536;

/**
 * The module's linear memory. It has its full size from the start: pages that nobody touches cost nothing, while OPA's
 * allocator grows memory page by page, which takes V8 about a millisecond each time.
 */
export class PolicyMemory {
  readonly wasm: WebAssembly.Memory;
  #view: Buffer;

  /** @param bytes rounded down to pages of 64 KiB. */
  constructor(bytes: number) {
    const pages = Math.floor(bytes / pageBytes);
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.#view = Buffer.from(this.wasm.buffer);
  }

  get view(): Buffer {
    // Growing, even by nothing as OPA's start function does, detaches the buffer and makes a new one.
    if (this.#view.buffer !== this.wasm.buffer) this.#view = Buffer.from(this.wasm.buffer);
    return this.#view;
  }

  get byteLength(): number {
    return this.view.byteLength;
  }

  /** Reads a NUL-terminated text in UTF-8. */
  readText(address: number): string {
    const { view } = this;
    const end = view.indexOf(0, address);
    if (end < 0) throw new RangeError('the policy module wrote a text without an end');
    return view.toString('utf8', address, end);
  }

  /** Writes a text in UTF-8 and returns its length in bytes; the caller has reserved the room. */
  writeText(text: string, address: number): number {
    return this.view.write(text, address, 'utf8');
  }
}
