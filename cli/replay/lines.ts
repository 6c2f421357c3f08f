/** Longest line that is held: a statement, or a bound value of 64 MiB (limits.frameBytes), in base64, fits. */
export const LONGEST_LINE = 96 * 1024 * 1024;

export interface LineSink {
  /** A whole line without its line feed; the bytes are only valid during the call. */
  line(row: number, bytes: Buffer): void;
  /** A line that is longer than what may be held. */
  tooLong(row: number): void;
  /** What stands after the last line feed. */
  cut(row: number): void;
}

/** Cuts a stream of chunks into lines, with no more memory than the longest line takes. */
export class LineSplitter {
  readonly #sink: LineSink;
  readonly #limit: number;
  #row = 0;
  #pieces: Buffer[] = [];
  #held = 0;
  #dropping = false;

  constructor(sink: LineSink, limit = LONGEST_LINE) {
    this.#sink = sink;
    this.#limit = limit;
  }

  feed(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.#row += 1;
      this.#line(chunk, from, end);
      from = end + 1;
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from));
  }

  finish(): void {
    if (this.#held > 0 || this.#dropping) this.#sink.cut(this.#row + 1);
  }

  #line(chunk: Buffer, from: number, end: number): void {
    if (!this.#dropping && this.#held + end - from <= this.#limit) {
      const last = chunk.subarray(from, end);
      this.#sink.line(this.#row, this.#held === 0 ? last : Buffer.concat([...this.#pieces, last]));
    } else this.#sink.tooLong(this.#row);
    this.#pieces = [];
    this.#held = 0;
    this.#dropping = false;
  }

  #hold(piece: Buffer): void {
    if (this.#dropping) return;
    if (this.#held + piece.length > this.#limit) {
      this.#pieces = [];
      this.#held = 0;
      this.#dropping = true;
      return;
    }
    this.#pieces.push(piece);
    this.#held += piece.length;
  }
}
