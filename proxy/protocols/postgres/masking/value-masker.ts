import type { MaskCounts } from '../../../masking/counts.ts';
import type { DetectorMask } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';
import type { MaskedColumn } from './columns.ts';
import { maskField } from './field.ts';
import { NOT_SHOWN, ShownValues, type Replacement } from './shown.ts';

/** Masks values of a result, one by one, as their columns say. */
export class ValueMasker {
  readonly #shown: ShownValues;
  readonly #key: KeyedHash;
  readonly #counts: MaskCounts;

  constructor(detect: readonly DetectorMask[], key: KeyedHash, counts: MaskCounts) {
    this.#shown = new ShownValues(detect, key, counts);
    this.#key = key;
    this.#counts = counts;
  }

  /** What takes the place of the value `bytes[start, end)`, which is not NULL. */
  replace(column: MaskedColumn, bytes: Buffer, start: number, end: number): Replacement {
    if (column.way !== undefined) {
      this.#counts.values += 1;
      if (column.way === 'null') return NOT_SHOWN;
      return maskField(column.type, column.format, column.way, bytes, start, end, this.#key) ?? NOT_SHOWN;
    }
    switch (column.scan) {
      case 'none':
        return undefined;
      case 'text':
        return this.#shown.text(bytes, start, end, column.hints);
      case 'array':
        return this.#shown.arrayBinary(bytes, start, end, column.hints);
      case 'whole':
        return this.#shown.whole(column.type, column.format, bytes, start, end, column.hints);
    }
  }
}
