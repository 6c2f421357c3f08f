import type { CopyFormat } from '../../../../engine/lineage.ts';
import type { MaskCounts } from '../../../masking/counts.ts';
import type { MaskPlan } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';

export interface CopyMaskerOptions {
  /** How rows are written. */
  readonly format: CopyFormat;
  /** Columns that CopyOutResponse announces. */
  readonly columns: number;
  readonly plan: MaskPlan;
  readonly key: KeyedHash;
  readonly counts: MaskCounts;
}

/**
 * Masks the rows of a COPY … TO STDOUT. Fed with the payloads of CopyData messages, in any pieces; gives whole CopyData messages, one for each row
 * as PostgreSQL itself sends them.
 */
export class CopyMasker {
  readonly options: CopyMaskerOptions;

  constructor(options: CopyMaskerOptions) {
    this.options = options;
  }

  /** Something may come out changed. If not, CopyData may pass without being looked at. */
  get touches(): boolean {
    return true;
  }

  /** `bytes[start, end)`: a piece of a payload. Gives messages for the client, whose bytes are the caller's. @throws SallyportError SP_LIMIT_FRAME */
  data(_bytes: Buffer, _start: number, _end: number): Buffer {
    return Buffer.alloc(0);
  }

  /** The target said CopyDone, or failed. Gives what is to go before it: a last row that ended without its line's end. */
  end(): Buffer {
    return Buffer.alloc(0);
  }
}
