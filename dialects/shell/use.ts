import type { ParsedArguments } from './arguments.ts';
import type { Draft } from './draft.ts';
import type { ProgramSpec } from './programs/spec.ts';
import type { Context, Reading } from './reading.ts';
import type { Argument } from './words.ts';

/** One use of a known program. */
export interface Use {
  readonly reading: Reading;
  readonly draft: Draft;
  readonly spec: ProgramSpec;
  readonly name: string;
  /** Without the program's own name. */
  readonly args: readonly Argument[];
  readonly context: Context;
}

/** Reads a program's arguments in a way of its own; `standard` reads options and operands by the table. */
export type Reader = (use: Use, standard: (use: Use) => ParsedArguments) => void;
