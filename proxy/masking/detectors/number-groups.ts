import { classOf, DIGIT, WORD } from './ascii.ts';

/** Groups of digits, with separators between them, that are looked at together; no number that is looked for has more. */
const MOST_GROUPS = 8;
/** Digits of a group that are looked at; a longer one is none of the numbers that are looked for. */
const LONGEST_GROUP = 24;

const SPACE = 0x20;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const OPEN = 0x28;
const CLOSE = 0x29;

/** What may stand between two groups. */
export const NOTHING = 0;
export const MIXED = -1;

/**
 * The groups of digits from one place on: `12 345-678`. One for many numbers, so that none of them costs memory.
 */
export class NumberGroups {
  count = 0;
  readonly starts = new Int32Array(MOST_GROUPS);
  readonly ends = new Int32Array(MOST_GROUPS);
  /** By group, what stands before it: a byte, or MIXED for several. */
  readonly separators = new Int16Array(MOST_GROUPS);
  /** All digits so far, up to and with each group. */
  readonly totals = new Int32Array(MOST_GROUPS);

  /** Reads the groups from the digit at `at` on. A group that is longer than any number's is read no further. */
  read(bytes: Buffer, at: number, end: number): void {
    this.count = 0;
    let start = at;
    let total = 0;
    let separator = NOTHING;
    while (this.count < MOST_GROUPS) {
      const limit = Math.min(end, start + LONGEST_GROUP);
      let groupEnd = start;
      while (groupEnd < limit && ((bytes[groupEnd] ?? 0) ^ 0x30) <= 9) groupEnd += 1;
      if (groupEnd === start) return;
      const index = this.count++;
      total += groupEnd - start;
      this.starts[index] = start;
      this.ends[index] = groupEnd;
      this.separators[index] = separator;
      this.totals[index] = total;
      const next = bytes[groupEnd];
      if (
        groupEnd >= end ||
        (next !== SPACE && next !== HYPHEN && next !== DOT && next !== SLASH && next !== CLOSE && next !== OPEN)
      )
        return;
      start = groupEnd + 1;
      separator = next;
      const following = bytes[start];
      if (start < end && (following === SPACE || following === OPEN || following === HYPHEN) && following !== next) {
        start += 1;
        separator = MIXED;
      }
      if (start >= end || (classOf(bytes[start]) & DIGIT) === 0) return;
    }
  }

  /** The digits of groups `[from, to)`. */
  digits(bytes: Buffer, from: number, to: number): string {
    let digits = '';
    for (let i = from; i < to; i++) digits += bytes.toString('latin1', this.starts[i], this.ends[i]);
    return digits;
  }

  /** All groups up to the one before `to` are divided by the same byte: that, NOTHING for a single group, or MIXED. */
  separatorOf(to: number): number {
    const first = to > 1 ? (this.separators[1] ?? NOTHING) : NOTHING;
    for (let i = 2; i < to; i++) if (this.separators[i] !== first) return MIXED;
    return first;
  }

  length(index: number): number {
    return (this.ends[index] ?? 0) - (this.starts[index] ?? 0);
  }

  /** Lengths of the groups before `to` are these. */
  shaped(to: number, lengths: readonly number[]): boolean {
    return to === lengths.length && this.count >= to && lengths.every((length, i) => this.length(i) === length);
  }
}

/** Where the digits end that begin at `at`. */
export function digitsEnd(bytes: Buffer, at: number, end: number): number {
  let behind = at;
  while (behind < end && ((bytes[behind] ?? 0) ^ 0x30) <= 9) behind += 1;
  return behind;
}

/** The byte behind a number makes it a part of something longer: a word, a decimal, a version, a hash. */
export function continuesBehind(bytes: Buffer, at: number, end: number): boolean {
  if (at >= end) return false;
  const behind = bytes[at];
  if ((classOf(behind) & WORD) !== 0) return true;
  return (behind === HYPHEN || behind === DOT) && at + 1 < end && (classOf(bytes[at + 1]) & WORD) !== 0;
}
