import type { Diagnostic } from '../../engine/contract.ts';

/** Where something is, as far as it makes sense. Rows and columns count from 1, columns in Unicode code points. */
export interface Position {
  readonly row: number;
  readonly col?: number;
  readonly end?: {
    readonly row: number;
    /** The column behind the last character. */
    readonly col: number;
  };
}

/**
 * The position of a finding or a case. Numbers that make no sense (a column without a row, an end before the start) are
 * left out: formats refuse a whole report for one of them.
 */
export function positionOf(where: Pick<Diagnostic, 'row' | 'col' | 'end_row' | 'end_col'>): Position | undefined {
  const { row, col, end_row: endRow = row, end_col: endCol } = where;
  if (!isPlace(row)) return undefined;
  if (!isPlace(col)) return { row };
  if (!isPlace(endRow) || !isPlace(endCol)) return { row, col };
  const after = endRow > row || (endRow === row && endCol > col);
  return after ? { row, col, end: { row: endRow, col: endCol } } : { row, col };
}

/** Formats' consumers keep positions in 32 bits. */
function isPlace(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= 0x7fff_ffff;
}

/** `file:row:col`, as far as it is known; editors and terminals make it a link. */
export function placeOf(file: string | undefined, position: Position | undefined): string {
  if (file === undefined) return '';
  return [file, position?.row, position?.col].filter((part) => part !== undefined).join(':');
}
