/** How much was masked while one command's result passed, for its recording: numbers, never values. */
export class MaskCounts {
  readonly #found = new Map<string, number>();
  /** Values that were masked for the column they stand in. */
  values = 0;
  /** Results that were not what lineage had said, so that all of their columns were masked. */
  unforeseen = 0;

  found(detector: string): void {
    this.#found.set(detector, (this.#found.get(detector) ?? 0) + 1);
  }

  /** How many values each detector found; detectors that found none are left out. */
  get detected(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#found);
  }
}
