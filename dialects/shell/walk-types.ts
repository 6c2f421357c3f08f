import type { ParsedScript } from 'unbash';
import type { Context, Reading } from './reading.ts';

/** Reads the commands of a parsed text. */
export type WalkScript = (reading: Reading, script: ParsedScript, context: Context) => void;
