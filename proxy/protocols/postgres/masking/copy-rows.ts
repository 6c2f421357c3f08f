import { SallyportError } from '../../../../engine/errors.ts';
import type { CopyFormat } from '../../../../engine/lineage.ts';
import { readUint32 } from '../bytes.ts';

/**
 * Finds the ends of rows in a COPY's bytes, which come in any pieces. `next` looks from `at` on, once at each byte, and gives the offset behind the row's last byte, or
 * -1 where `bytes[at, end)` do not end it.
 */
export interface RowEnds {
  next(bytes: Buffer, at: number, end: number): number;
}

export function rowEndsOf(format: CopyFormat): RowEnds {
  if (format.format === 'text') return LINES;
  return format.format === 'csv' ? new CsvRowEnds(format) : new BinaryRowEnds();
}

const NEWLINE = 0x0a;

/** In text format a value's own newlines are escaped. */
const LINES: RowEnds = {
  next(bytes, at, end) {
    const newline = bytes.indexOf(NEWLINE, at);
    return newline < 0 || newline >= end ? -1 : newline + 1;
  },
};

/** A newline between quotes belongs to a value. Outside of them, what writes CSV writes no quote that does not open a value. */
class CsvRowEnds implements RowEnds {
  readonly #quote: number;
  readonly #escape: number;
  #quoted = false;
  /** Between quotes, the byte before was one that escapes. */
  #escaped = false;

  constructor({ quote, escape }: CopyFormat) {
    this.#quote = quote.charCodeAt(0);
    this.#escape = escape.charCodeAt(0);
  }

  next(bytes: Buffer, start: number, end: number): number {
    const quote = this.#quote;
    // A quote that escapes a quote closes and opens again: nothing stands between them.
    const escape = this.#escape === quote ? -1 : this.#escape;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (this.#escaped) this.#escaped = false;
      else if (byte === quote) this.#quoted = !this.#quoted;
      else if (this.#quoted) this.#escaped = byte === escape;
      else if (byte === NEWLINE) return at + 1;
    }
    return -1;
  }
}

/** Signature, flags, length of an extension (PostgreSQL manual, COPY, "Binary Format"). */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
export const BINARY_HEADER_BYTES = 19;
const OIDS_FLAG = 0x10000;

/** The header counts as the first row, the trailer as the last. */
class BinaryRowEnds implements RowEnds {
  #state: 'header' | 'extension' | 'count' | 'length' | 'value' | 'over' = 'header';
  /** Bytes of an integer or a header that lies across pieces. */
  #gathered = Buffer.alloc(BINARY_HEADER_BYTES);
  #have = 0;
  /** Bytes of a value, or of the extension, that are still to come. */
  #skip = 0;
  #fields = 0;

  next(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (;;) {
      if (this.#state === 'value' || this.#state === 'extension') {
        const step = Math.min(this.#skip, end - at);
        this.#skip -= step;
        at += step;
        if (this.#skip > 0) return -1;
        if (this.#state === 'extension') {
          this.#state = 'count';
          return at;
        }
        this.#state = this.#fields === 0 ? 'count' : 'length';
        if (this.#fields === 0) return at;
      }
      if (this.#state === 'over') {
        if (at < end)
          throw new SallyportError('SP_PROTOCOL_VIOLATION', 'The target sent data behind the end of a COPY.');
        return -1;
      }
      const needed = this.#state === 'header' ? BINARY_HEADER_BYTES : this.#state === 'count' ? 2 : 4;
      while (this.#have < needed && at < end) this.#gathered[this.#have++] = bytes[at++] ?? 0;
      if (this.#have < needed) return -1;
      this.#have = 0;
      if (this.#read()) return at;
    }
  }

  /** Acts on an integer, or a header, that is whole. @returns true where it ends a row */
  #read(): boolean {
    const gathered = this.#gathered;
    if (this.#state === 'header') {
      if (!gathered.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw malformed();
      // Before version 12 rows could have OIDs, which no column of the plan speaks of.
      if ((gathered.readUInt32BE(11) & OIDS_FLAG) !== 0) {
        throw new SallyportError(
          'SP_PROTOCOL_UNSUPPORTED',
          'A COPY with OIDs is not passed through where values are masked.',
        );
      }
      this.#skip = gathered.readUInt32BE(15);
      this.#state = 'extension';
      return false;
    }
    if (this.#state === 'count') {
      const count = gathered.readInt16BE(0);
      if (count < -1) throw malformed();
      this.#fields = count;
      this.#state = count === -1 ? 'over' : count === 0 ? 'count' : 'length';
      return count <= 0;
    }
    const length = readUint32(gathered, 0) | 0;
    if (length < -1) throw malformed();
    this.#fields -= 1;
    this.#skip = Math.max(length, 0);
    this.#state = 'value';
    return false;
  }
}

function malformed(): SallyportError {
  return new SallyportError(
    'SP_PROTOCOL_VIOLATION',
    'The target sent copied data that is not in the format of the COPY.',
  );
}
