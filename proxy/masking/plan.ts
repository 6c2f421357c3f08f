import type { ColumnOrigin, CopyFormat } from '../../engine/lineage.ts';

/** Ways to mask a value, from the least private to the most. What hides nothing less may stand in another's place. */
export const MASK_WAYS = ['partial', 'fake', 'hash', 'redact', 'null'] as const;
export type MaskWay = (typeof MASK_WAYS)[number];

export interface DetectorMask {
  /** Name of a detector: email, card, iban, … */
  readonly detector: string;
  readonly with: MaskWay;
}

/** How the rows and texts of one released command are masked. Made by the gate, carried out by the protocol. */
export interface MaskPlan {
  /** By index of the result's column, undefined where it is shown. Undefined as a whole: nothing of the columns is known. */
  readonly columns: readonly (MaskWay | undefined)[] | undefined;
  /** For columns that were not foreseen, and for all where the result is not as it was foreseen. */
  readonly otherwise: MaskWay | undefined;
  /** Where the target must say that each column comes from; undefined: from no relation's column. */
  readonly origins: readonly (ColumnOrigin | undefined)[];
  /** Names of the columns' types as lineage knows them, for formats that do not tell (COPY) and OIDs that say nothing; '' where it does not. */
  readonly types?: readonly string[];
  /** How rows are written that are copied out; undefined: they are sent as rows. */
  readonly copy?: CopyFormat;
  /** Looked for in every value that is shown, and in texts. */
  readonly detect: readonly DetectorMask[];
  /** The target's errors and notices may quote masked values: all that is shown of them is their code. */
  readonly withholdTexts: boolean;
}
