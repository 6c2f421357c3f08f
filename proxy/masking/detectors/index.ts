import type { Found, Hints } from './found.ts';
import type { DetectorName } from './names.ts';

export type { Found, Hints } from './found.ts';
export { NO_HINTS } from './found.ts';
export { DETECTORS, isDetector, type DetectorName } from './names.ts';

/** Looks for values of some kinds in bytes of UTF-8 (or of any encoding that holds ASCII). Keeps nothing between calls. */
export interface Detectors {
  /**
   * What is found in `bytes[start, end)`, in order and without overlaps. Linear in the number of bytes, whatever they are.
   * @param hints what is known of the value, of `hintsOf` its column's name
   */
  find(bytes: Uint8Array, start: number, end: number, hints?: Hints): readonly Found[];
}

const NONE: readonly Found[] = [];

/** Detectors of these kinds, made once for many searches. */
export function createDetectors(_kinds: readonly DetectorName[]): Detectors {
  return { find: () => NONE };
}

/** What the name of a column, or of a key, says of the values below it. */
export function hintsOf(_name: string): Hints {
  return 0;
}
