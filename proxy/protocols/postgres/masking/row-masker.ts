import { SallyportError } from '../../../../engine/errors.ts';
import type { MaskCounts } from '../../../masking/counts.ts';
import type { MaskPlan, MaskWay } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';
import { readUint32 } from '../bytes.ts';
import { FROM_TARGET } from '../message-types.ts';
import { ByteWriter } from './byte-writer.ts';
import { maskedColumns, unknownColumn, type MaskedColumn } from './columns.ts';
import type { ResultField } from './fields.ts';
import { NOT_SHOWN } from './shown.ts';
import { ValueMasker } from './value-masker.ts';

export interface RowMaskerOptions {
  /**
   * The columns as the target describes them, in the formats that the rows come in. Undefined: no description was seen, so that nothing of their
   * types and origins is known.
   */
  readonly fields: readonly ResultField[] | undefined;
  readonly plan: MaskPlan;
  readonly key: KeyedHash;
  readonly counts: MaskCounts;
}

/** Longest row that is masked: it is held until it is whole, for its length stands before its values. */
export const LONGEST_ROW_BYTES = 16 * 1024 * 1024;

const HEADER_BYTES = 5;

/**
 * Masks the rows (DataRow) of one result. Only values that are masked are rewritten; what stands between them is copied as it came.
 */
export class RowMasker {
  readonly #options: RowMaskerOptions;
  readonly #masker: ValueMasker;
  #columns: readonly MaskedColumn[] | undefined;
  /** Index behind the last column that is masked or looked through. */
  #behindLast = 0;
  #touches = true;
  /** For rows that come one by one. */
  readonly #single = new ByteWriter(1024);

  constructor(options: RowMaskerOptions) {
    this.#options = options;
    this.#masker = new ValueMasker(options.plan.detect, options.key, options.counts);
    const { fields, plan, counts } = options;
    if (fields !== undefined) this.#use(maskedColumns(fields, plan, counts));
    else this.#touches = plan.otherwise !== undefined || plan.detect.length > 0;
  }

  /** Some row may come out changed. If not, rows may pass without being looked at. */
  get touches(): boolean {
    return this.#touches;
  }

  /** The columns by name, and how each is masked: undefined where it is shown. Empty as long as none is known. */
  get columns(): readonly { readonly name: string; readonly way: MaskWay | undefined }[] {
    const { fields } = this.#options;
    return (this.#columns ?? []).map(({ way }, index) => ({ name: fields?.[index]?.name ?? '', way }));
  }

  /**
   * Masks the whole DataRow messages that stand in `chunk` from `start` on, and stops before `end`, at a message that is not whole, or at one of
   * another kind. Gives where it stopped; the masked messages are in `out`.
   *
   * @throws SallyportError SP_PROTOCOL_VIOLATION for a row that is not well formed or has another number of columns; SP_LIMIT_FRAME
   */
  rows(chunk: Buffer, start: number, end: number, out: ByteWriter): number {
    let at = start;
    while (end - at >= HEADER_BYTES && chunk[at] === FROM_TARGET.dataRow) {
      const total = readUint32(chunk, at + 1) + 1;
      if (total > LONGEST_ROW_BYTES) throw rowTooLong(total);
      if (total > end - at) break;
      this.#row(chunk, at, at + total, out);
      at += total;
    }
    return at;
  }

  /** Masks one whole DataRow message, type and length included. Undefined: it stays as it is. @throws as `rows` */
  row(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const out = this.#single;
    out.truncate(0);
    return this.#row(bytes, start, end, out) ? out.take() : undefined;
  }

  /** @returns whether anything was changed */
  #row(bytes: Buffer, start: number, end: number, out: ByteWriter): boolean {
    if (end - start < HEADER_BYTES + 2) throw malformed();
    const count = ((bytes[start + 5] ?? 0) << 8) | (bytes[start + 6] ?? 0);
    const columns = this.#columns ?? this.#guess(count);
    if (count !== columns.length) throw malformed();
    const outStart = out.length;
    let copied = start;
    let at = start + HEADER_BYTES + 2;
    for (let i = 0; i < this.#behindLast; i++) {
      if (end - at < 4) throw malformed();
      const length = readUint32(bytes, at) | 0;
      const value = at + 4;
      if (length < -1 || length > end - value) throw malformed();
      const column = columns[i];
      if (length >= 0 && column !== undefined) {
        const replacement = this.#masker.replace(column, bytes, value, value + length);
        if (replacement !== undefined) {
          out.copy(bytes, copied, at);
          if (replacement === NOT_SHOWN) out.int32(-1);
          else {
            out.int32(replacement.length);
            out.copy(replacement, 0, replacement.length);
          }
          copied = value + length;
        }
      }
      at = value + Math.max(length, 0);
    }
    out.copy(bytes, copied, end);
    if (copied === start) return false;
    out.patchInt32(out.length - outStart - 1, outStart + 1);
    return true;
  }

  /** Nobody described the columns: where any may have to be masked, all are, and of what type they are is not known. */
  #guess(count: number): readonly MaskedColumn[] {
    const { plan, counts } = this.#options;
    if (plan.otherwise !== undefined) counts.unforeseen += 1;
    return this.#use(Array.from({ length: count }, () => unknownColumn(plan)));
  }

  #use(columns: readonly MaskedColumn[]): readonly MaskedColumn[] {
    this.#columns = columns;
    this.#behindLast = columns.findLastIndex(({ way, scan }) => way !== undefined || scan !== 'none') + 1;
    this.#touches = this.#behindLast > 0;
    return columns;
  }
}

function malformed(): SallyportError {
  return new SallyportError('SP_PROTOCOL_VIOLATION', 'The target sent a row that is not as it described it.');
}

function rowTooLong(total: number): SallyportError {
  return new SallyportError('SP_LIMIT_FRAME', `A row of ${total} bytes is longer than the gateway masks.`, {
    help: `Rows whose values are masked have ${LONGEST_ROW_BYTES} bytes at most: select fewer columns, or parts of values.`,
  });
}
