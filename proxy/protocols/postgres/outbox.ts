/** Collects what one turn of work sends to a peer, so that it goes out in as few writes as can be. */
export class Outbox {
  readonly #send: (bytes: Uint8Array) => void;
  #slices: Uint8Array[] = [];
  #bytes = 0;
  /** A range of one chunk that grows while neighbouring messages pass unchanged. */
  #run: Buffer | undefined = undefined;
  #start = 0;
  #end = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  /** Passes `bytes[start, end)` on without copying. */
  forward(bytes: Buffer, start: number, end: number): void {
    if (this.#run === bytes && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#closeRun();
    this.#run = bytes;
    this.#start = start;
    this.#end = end;
  }

  push(bytes: Uint8Array): void {
    this.#closeRun();
    this.#slices.push(bytes);
    this.#bytes += bytes.length;
  }

  flush(): void {
    const run = this.#run;
    if (run !== undefined && this.#slices.length === 0) {
      this.#run = undefined;
      this.#send(this.#start === 0 && this.#end === run.length ? run : run.subarray(this.#start, this.#end));
      return;
    }
    this.#closeRun();
    if (this.#slices.length === 0) return;
    const slices = this.#slices;
    const bytes = this.#bytes;
    this.#slices = [];
    this.#bytes = 0;
    if (slices.length > 1 && bytes <= JOIN_BYTES) this.#send(Buffer.concat(slices));
    else for (const slice of slices) this.#send(slice);
  }

  #closeRun(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    this.#slices.push(run.subarray(this.#start, this.#end));
    this.#bytes += this.#end - this.#start;
  }
}

/** Copying this much costs less than another write does. */
const JOIN_BYTES = 16_384;
