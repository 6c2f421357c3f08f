import type { CopyFormat } from '../../../../engine/lineage.ts';

/** How one row of a COPY in text or CSV format holds its values, and how others are written in their place. */
export interface CopyValues {
  /**
   * Finds the fields of the row `bytes[start, end)`, its newline left out: `bounds[2i]` to `bounds[2i + 1]`.
   * @returns how many there are; of more than `bounds` has room for, only their number is told
   */
  split(bytes: Buffer, start: number, end: number, bounds: Int32Array): number;
  /** Whether a field is NULL. */
  isNull(bytes: Buffer, start: number, end: number): boolean;
  /** What a field stands for that is not NULL. */
  read(bytes: Buffer, start: number, end: number): Buffer;
  /** A field that stands for a value. Undefined: NULL. */
  write(value: Buffer | undefined): Buffer;
}

export function copyValuesOf(format: CopyFormat): CopyValues {
  return format.format === 'csv' ? new CsvValues(format) : new TextValues(format);
}

const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** Letters that stand for control characters behind a backslash. */
const CONTROLS: readonly (readonly [letter: number, byte: number])[] = [
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
  [0x76, 11],
];

class TextValues implements CopyValues {
  readonly #delimiter: number;
  readonly #null: Buffer;

  constructor(format: CopyFormat) {
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#null = Buffer.from(format.null);
  }

  split(bytes: Buffer, start: number, end: number, bounds: Int32Array): number {
    const delimiter = this.#delimiter;
    let count = 0;
    let since = start;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (byte === BACKSLASH) at += 1;
      else if (byte === delimiter) {
        bounds[2 * count] = since;
        bounds[2 * count + 1] = at;
        count += 1;
        since = at + 1;
      }
    }
    bounds[2 * count] = since;
    bounds[2 * count + 1] = end;
    return count + 1;
  }

  isNull(bytes: Buffer, start: number, end: number): boolean {
    return sameBytes(this.#null, bytes, start, end);
  }

  read(bytes: Buffer, start: number, end: number): Buffer {
    // Not by indexOf, which would look on to the end of the chunk.
    let plain = start;
    while (plain < end && bytes[plain] !== BACKSLASH) plain += 1;
    if (plain === end) return bytes.subarray(start, end);
    const value = Buffer.allocUnsafe(end - start);
    let length = 0;
    for (let at = start; at < end; at++) {
      let byte = bytes[at] ?? 0;
      if (byte === BACKSLASH && at + 1 < end) {
        at += 1;
        const escaped = bytes[at] ?? 0;
        byte = CONTROLS.find(([letter]) => letter === escaped)?.[1] ?? escaped;
      }
      value[length++] = byte;
    }
    return value.subarray(0, length);
  }

  write(value: Buffer | undefined): Buffer {
    if (value === undefined) return this.#null;
    if (!this.#needsEscapes(value)) return value;
    const written: number[] = [];
    for (const byte of value) {
      const letter = CONTROLS.find(([, control]) => control === byte)?.[0];
      if (letter !== undefined) written.push(BACKSLASH, letter);
      else if (byte === BACKSLASH || byte === this.#delimiter) written.push(BACKSLASH, byte);
      else written.push(byte);
    }
    return Buffer.from(written);
  }

  #needsEscapes(value: Buffer): boolean {
    for (let at = 0; at < value.length; at++) {
      const byte = value[at] ?? 0;
      if (byte < SPACE || byte === BACKSLASH || byte === this.#delimiter) return true;
    }
    return false;
  }
}

class CsvValues implements CopyValues {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #null: Buffer;

  constructor(format: CopyFormat) {
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#quote = format.quote.charCodeAt(0);
    this.#escape = format.escape.charCodeAt(0);
    this.#null = Buffer.from(format.null);
  }

  split(bytes: Buffer, start: number, end: number, bounds: Int32Array): number {
    const delimiter = this.#delimiter;
    const quote = this.#quote;
    const escape = this.#escape === quote ? -1 : this.#escape;
    let count = 0;
    let since = start;
    let quoted = false;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (byte === quote) quoted = !quoted;
      else if (quoted) {
        if (byte === escape) at += 1;
      } else if (byte === delimiter) {
        bounds[2 * count] = since;
        bounds[2 * count + 1] = at;
        count += 1;
        since = at + 1;
      }
    }
    bounds[2 * count] = since;
    bounds[2 * count + 1] = end;
    return count + 1;
  }

  isNull(bytes: Buffer, start: number, end: number): boolean {
    // A value that reads like the text for NULL is quoted, so quotes tell them apart.
    return sameBytes(this.#null, bytes, start, end);
  }

  read(bytes: Buffer, start: number, end: number): Buffer {
    if (bytes[start] !== this.#quote) return bytes.subarray(start, end);
    const value = Buffer.allocUnsafe(end - start);
    let length = 0;
    for (let at = start + 1; at < end; at++) {
      let byte = bytes[at] ?? 0;
      const following = bytes[at + 1];
      if (byte === this.#escape && at + 1 < end && (following === this.#quote || following === this.#escape)) {
        at += 1;
        byte = following;
      } else if (byte === this.#quote) continue;
      value[length++] = byte;
    }
    return value.subarray(0, length);
  }

  write(value: Buffer | undefined): Buffer {
    if (value === undefined) return this.#null;
    if (!this.#needsQuotes(value)) return value;
    const written = [this.#quote];
    for (const byte of value) {
      if (byte === this.#quote || byte === this.#escape) written.push(this.#escape);
      written.push(byte);
    }
    written.push(this.#quote);
    return Buffer.from(written);
  }

  #needsQuotes(value: Buffer): boolean {
    if (sameBytes(this.#null, value, 0, value.length)) return true;
    for (let at = 0; at < value.length; at++) {
      const byte = value[at];
      if (byte === this.#delimiter || byte === this.#quote || byte === 10 || byte === 13) return true;
    }
    // Alone on its line, \. would end the data for those that read it.
    return value.length === 2 && value[0] === BACKSLASH;
  }
}

function sameBytes(text: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = 0; at < text.length; at++) if (text[at] !== bytes[start + at]) return false;
  return true;
}
