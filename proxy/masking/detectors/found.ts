import type { DetectorName } from './names.ts';

/** A value that a detector knows, at `[start, end)` of the bytes that were searched. */
export interface Found {
  readonly detector: DetectorName;
  readonly start: number;
  readonly end: number;
}

/**
 * What a value's surroundings say of it, so that numbers which are valid by chance are not taken for what they are not: kinds
 * of numbers that the name of its column tells. Bits; see `hints.ts`.
 */
export type Hints = number;
export const NO_HINTS: Hints = 0;
