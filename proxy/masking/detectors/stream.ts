import type { Detectors, Found } from './index.ts';

/** A line is held until it ends, as far as this: values do not go on over lines, but for private keys. */
const LONGEST_LINE = 2 * 1024;
/** Something that was found, or a private key that began, is held until it ends, as far as this. */
const LONGEST_VALUE = 24 * 1024;
/** What went out that is still looked at: a number behind it may be the end of a word. */
const CONTEXT = 64;
const NEWLINE = 0x0a;
const KEY_BEGINS = '-----BEGIN ';
const KEY_ENDS = '-----END ';
const DASHES = '-----';

export interface StreamOutput {
  /** What may go on. */
  readonly bytes: Buffer;
  /** What was found in it, by offsets into `bytes`. */
  readonly found: readonly Found[];
}

/**
 * Looks through text that comes in pieces, so that values are found wherever the pieces part. Holds back what could be the beginning of
 * something: the last line, as long as it has not ended, and a private key. Whoever cannot wait (a prompt ends no line) calls `flush`.
 */
export class DetectorStream {
  readonly #detectors: Detectors;
  /** Bytes that went out, for their context, and those that are held behind them. */
  #pending: Buffer = Buffer.alloc(0);
  #released = 0;

  constructor(detectors: Detectors) {
    this.#detectors = detectors;
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#pending.length - this.#released;
  }

  push(piece: Uint8Array): StreamOutput {
    this.#pending = Buffer.concat([this.#pending, piece]);
    return this.#release(false);
  }

  /** Everything that is held goes on. What comes later is looked at with it in mind, but a value that was parted here is lost. */
  flush(): StreamOutput {
    return this.#release(true);
  }

  #release(all: boolean): StreamOutput {
    const pending = this.#pending;
    const start = this.#released;
    const found = this.#detectors.find(pending, 0, pending.length);
    const cut = all ? pending.length : this.#cut(found);
    const output = {
      bytes: Buffer.from(pending.subarray(start, cut)),
      found: found
        .filter((one) => one.end > start && one.start < cut)
        .map(({ detector, ...one }) => ({ detector, start: Math.max(one.start, start) - start, end: one.end - start })),
    };
    const keep = Math.max(0, cut - CONTEXT);
    this.#pending = Buffer.from(pending.subarray(keep));
    this.#released = cut - keep;
    return output;
  }

  /** Where what is settled ends: nothing that begins before it can go on behind what has come. */
  #cut(found: readonly Found[]): number {
    const pending = this.#pending;
    const end = pending.length;
    const start = this.#released;
    let cut = Math.max(start, pending.lastIndexOf(NEWLINE) + 1, end - LONGEST_LINE);
    const key = pending.lastIndexOf(KEY_BEGINS, undefined, 'latin1');
    const ends = pending.indexOf(KEY_ENDS, Math.max(key, 0), 'latin1');
    const open = key >= start && (ends < 0 || pending.indexOf(DASHES, ends + KEY_ENDS.length, 'latin1') < 0);
    if (open && end - key < LONGEST_VALUE) cut = Math.min(cut, key);
    // Of something that was found and may not have ended yet, nothing goes out.
    for (const one of found) {
      if (one.start >= start && one.start < cut && one.end > cut && end - one.start < LONGEST_VALUE) cut = one.start;
    }
    return cut;
  }
}
