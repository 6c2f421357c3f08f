import type { Found, Hints } from './found.ts';
import { NO_HINTS } from './found.ts';
import type { DetectorName } from './names.ts';
import { Search } from './search.ts';

export type { Found, Hints } from './found.ts';
export { NO_HINTS } from './found.ts';
export { hintsOf } from './hints.ts';
export { DETECTORS, isDetector, type DetectorName } from './names.ts';

/** Looks for values of some kinds in bytes of UTF-8 (or of any encoding that holds ASCII). Keeps nothing between calls. */
export interface Detectors {
  /**
   * What is found in `bytes[start, end)`, in order and without overlaps. Linear in the number of bytes, whatever they are.
   * @param hints what is known of the value, of `hintsOf` its column's name
   */
  find(bytes: Buffer, start: number, end: number, hints?: Hints): readonly Found[];
}

/** Detectors of these kinds, made once for many searches. */
export function createDetectors(kinds: readonly DetectorName[]): Detectors {
  const search = new Search(kinds);
  return { find: (bytes, start, end, hints = NO_HINTS) => search.find(bytes, start, end, hints) };
}
