import { SallyportError } from '../../../../engine/errors.ts';
import type { CopyFormat } from '../../../../engine/lineage.ts';
import type { MaskCounts } from '../../../masking/counts.ts';
import type { MaskPlan } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';
import { readUint32 } from '../bytes.ts';
import { FROM_TARGET } from '../message-types.ts';
import { ByteWriter } from './byte-writer.ts';
import { copiedColumns, type MaskedColumn } from './columns.ts';
import { rowEndsOf, type RowEnds } from './copy-rows.ts';
import { copyValuesOf, type CopyValues } from './copy-values.ts';
import { LONGEST_ROW_BYTES } from './row-masker.ts';
import { NOT_SHOWN } from './shown.ts';
import { ValueMasker } from './value-masker.ts';

export interface CopyMaskerOptions {
  /** How rows are written. */
  readonly format: CopyFormat;
  /** Columns that CopyOutResponse announces. */
  readonly columns: number;
  readonly plan: MaskPlan;
  readonly key: KeyedHash;
  readonly counts: MaskCounts;
}

const NEWLINE = 0x0a;
const NO_VALUE = Buffer.alloc(0);

/**
 * Masks the rows of a COPY … TO STDOUT. Fed with the payloads of CopyData messages, in any pieces; gives whole CopyData messages, one for each row
 * as PostgreSQL itself sends them. A header line passes as it is; a row of another number of fields ends the session, for then
 * nothing is known of where its values stand.
 */
export class CopyMasker {
  readonly #columns: readonly MaskedColumn[];
  readonly #masker: ValueMasker;
  readonly #ends: RowEnds;
  /** Of text and CSV; undefined: binary. */
  readonly #values: CopyValues | undefined;
  readonly #bounds: Int32Array;
  readonly #out = new ByteWriter();
  /** The next row is a header. */
  #header: boolean;
  /** A row whose end has not come. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Where the message that is being written begins; -1: none is. */
  #message = -1;

  constructor({ format, columns, plan, key, counts }: CopyMaskerOptions) {
    const binary = format.format === 'binary';
    this.#columns = copiedColumns(columns, binary ? 'binary' : 'text', plan, counts);
    this.#masker = new ValueMasker(plan.detect, key, counts);
    this.#ends = rowEndsOf(format);
    this.#values = binary ? undefined : copyValuesOf(format);
    this.#bounds = new Int32Array(2 * columns + 2);
    this.#header = binary || format.header;
  }

  /** Something may come out changed. If not, CopyData may pass without being looked at. */
  get touches(): boolean {
    return this.#columns.some(({ way, scan }) => way !== undefined || scan !== 'none');
  }

  /**
   * `bytes[start, end)`: a piece of a payload. Gives messages for the client, in memory of their own; none where no row ended.
   * @throws SallyportError SP_PROTOCOL_VIOLATION, SP_PROTOCOL_UNSUPPORTED, SP_LIMIT_FRAME
   */
  data(bytes: Buffer, start: number, end: number): Buffer {
    let at = start;
    while (at < end) {
      const rowEnd = this.#ends.next(bytes, at, end);
      if (this.#heldBytes + (rowEnd < 0 ? end : rowEnd) - at > LONGEST_ROW_BYTES) throw rowTooLong();
      if (rowEnd < 0) {
        // The caller's bytes may be written over.
        this.#held.push(Buffer.from(bytes.subarray(at, end)));
        this.#heldBytes += end - at;
        break;
      }
      if (this.#heldBytes === 0) this.#row(bytes, at, rowEnd);
      else {
        const whole = Buffer.concat([...this.#held, bytes.subarray(at, rowEnd)]);
        this.#held = [];
        this.#heldBytes = 0;
        this.#row(whole, 0, whole.length);
      }
      at = rowEnd;
    }
    return this.#message < 0 ? this.#out.take() : Buffer.alloc(0);
  }

  /** The target said CopyDone, or failed. Gives what is to go before it: a header without rows. A row that did not end is dropped. */
  end(): Buffer {
    this.#held = [];
    this.#heldBytes = 0;
    this.#close();
    return this.#out.take();
  }

  #row(bytes: Buffer, start: number, end: number): void {
    if (this.#message < 0) {
      this.#message = this.#out.length;
      this.#out.byte(FROM_TARGET.copyData);
      this.#out.int32(0);
    }
    const values = this.#values;
    if (this.#header) {
      this.#header = false;
      this.#out.copy(bytes, start, end);
      // PostgreSQL sends the binary header together with the first row.
      if (values === undefined) return;
    } else if (values === undefined) this.#binaryRow(bytes, start, end);
    else this.#textRow(values, bytes, start, end);
    this.#close();
  }

  #close(): void {
    if (this.#message >= 0) this.#out.patchInt32(this.#out.length - this.#message - 1, this.#message + 1);
    this.#message = -1;
  }

  #textRow(values: CopyValues, bytes: Buffer, start: number, rowEnd: number): void {
    const columns = this.#columns;
    const out = this.#out;
    const end = bytes[rowEnd - 1] === NEWLINE ? rowEnd - 1 : rowEnd;
    const count = values.split(bytes, start, end, this.#bounds);
    // A row of no columns is an empty line, which reads like one empty field.
    if (count !== columns.length && !(columns.length === 0 && start === end)) throw malformed();
    let copied = start;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      if (column === undefined || (column.way === undefined && column.scan === 'none')) continue;
      const from = this.#bounds[2 * i] ?? 0;
      const to = this.#bounds[2 * i + 1] ?? 0;
      if (values.isNull(bytes, from, to)) continue;
      // What is taken away whole need not be read.
      const value = column.way === 'null' ? NO_VALUE : values.read(bytes, from, to);
      const replacement = this.#masker.replace(column, value, 0, value.length);
      if (replacement === undefined) continue;
      out.copy(bytes, copied, from);
      const written = values.write(replacement === NOT_SHOWN ? undefined : replacement);
      out.copy(written, 0, written.length);
      copied = to;
    }
    out.copy(bytes, copied, rowEnd);
  }

  #binaryRow(bytes: Buffer, start: number, end: number): void {
    const columns = this.#columns;
    const out = this.#out;
    const count = bytes.readInt16BE(start);
    let copied = start;
    if (count >= 0) {
      if (count !== columns.length) throw malformed();
      let at = start + 2;
      for (const column of columns) {
        const length = readUint32(bytes, at) | 0;
        const value = at + 4;
        const replacement = length < 0 ? undefined : this.#masker.replace(column, bytes, value, value + length);
        if (replacement !== undefined) {
          out.copy(bytes, copied, at);
          if (replacement === NOT_SHOWN) out.int32(-1);
          else {
            out.int32(replacement.length);
            out.copy(replacement, 0, replacement.length);
          }
          copied = value + length;
        }
        at = value + Math.max(length, 0);
      }
    }
    out.copy(bytes, copied, end);
  }
}

function malformed(): SallyportError {
  return new SallyportError(
    'SP_PROTOCOL_VIOLATION',
    'The target sent copied data that is not in the format of the COPY.',
  );
}

function rowTooLong(): SallyportError {
  return new SallyportError(
    'SP_LIMIT_FRAME',
    `A copied row is longer than the ${LONGEST_ROW_BYTES} bytes that the gateway masks.`,
  );
}
