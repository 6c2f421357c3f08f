/** The module's linear memory, with views that follow its growth. */
export class PolicyMemory {
  readonly wasm: WebAssembly.Memory;
  #view: Buffer;

  constructor(initialPages: number, maximumPages: number) {
    this.wasm = new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages });
    this.#view = Buffer.from(this.wasm.buffer);
  }

  get byteLength(): number {
    return this.wasm.buffer.byteLength;
  }

  get view(): Buffer {
    // Growing detaches the old buffer and makes a new one.
    if (this.#view.buffer !== this.wasm.buffer) this.#view = Buffer.from(this.wasm.buffer);
    return this.#view;
  }

  /** Makes sure that memory reaches to `end`. @throws RangeError beyond the maximum. */
  reserve(end: number): void {
    const missing = end - this.byteLength;
    if (missing > 0) this.wasm.grow(Math.ceil(missing / pageBytes));
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

export const pageBytes = 65_536;
