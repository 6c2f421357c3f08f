import type { Node } from '@pgsql/types';
import { CLEAN, derived, type Rows, type Taint, type Value } from './taint.ts';

/** One argument of a call. */
export interface Argument {
  readonly value: Value;
  /** Of `name => value`. */
  readonly name?: string;
  /** As the text has it, where it is written in the call. */
  readonly node?: Node;
}

/** What a call gives. */
export interface CallResult {
  readonly rows: Rows;
  /** One value, whose field is named '' unless the function names it; else a row of these fields. */
  readonly scalar: boolean;
}

export function scalarResult(taint: Taint, name = ''): CallResult {
  return { rows: { fields: [{ name, value: derived(taint) }], control: CLEAN }, scalar: true };
}
