const MINUTE_MS = 60_000;
const BUCKET_MS = 250;
/** One more than a minute's: what happened within the oldest bucket counts until all of it is a minute old. */
const BUCKETS = MINUTE_MS / BUCKET_MS + 1;

/**
 * Counts what happened in the last minute, in a fixed amount of memory: never fewer than there were in any 60 seconds,
 * and forgotten at most a quarter of a second late.
 */
export class RateWindow {
  readonly #counts = new Uint32Array(BUCKETS);
  /** Number of the bucket that was counted into last. */
  #last = 0;
  #total = 0;

  /** `now` in milliseconds, monotonic, here and below. @returns the bucket, for `undo` */
  add(now: number): number {
    const bucket = this.#advance(now);
    this.#change(bucket, 1);
    return bucket;
  }

  /** What was counted did not happen after all. */
  undo(bucket: number): void {
    if (bucket > this.#last - BUCKETS && (this.#counts[bucket % BUCKETS] ?? 0) > 0) this.#change(bucket, -1);
  }

  count(now: number): number {
    this.#advance(now);
    return this.#total;
  }

  /** Milliseconds until fewer than `most` are left; Infinity for 0, of which there are never fewer. */
  freeIn(now: number, most: number): number {
    this.#advance(now);
    if (most <= 0) return Infinity;
    let left = this.#total;
    for (let bucket = this.#last - BUCKETS + 1; bucket <= this.#last; bucket += 1) {
      if (left < most) return 0;
      left -= this.#counts[((bucket % BUCKETS) + BUCKETS) % BUCKETS] ?? 0;
      if (left < most) return (bucket + BUCKETS) * BUCKET_MS - now;
    }
    return 0;
  }

  #change(bucket: number, by: number): void {
    const at = bucket % BUCKETS;
    this.#counts[at] = (this.#counts[at] ?? 0) + by;
    this.#total += by;
  }

  #advance(now: number): number {
    const bucket = Math.floor(now / BUCKET_MS);
    const passed = Math.min(bucket - this.#last, BUCKETS);
    for (let step = 0; step < passed; step += 1) {
      const at = (bucket - step) % BUCKETS;
      this.#total -= this.#counts[at] ?? 0;
      this.#counts[at] = 0;
    }
    this.#last = Math.max(this.#last, bucket);
    return this.#last;
  }
}
