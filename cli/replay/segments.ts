/**
 * Remembers what parts of lines mean, by their very bytes (as latin1 text). In two generations, so that nothing has to
 * be put in order when it is used; what is not used is forgotten, and never more than twice the bounds is held.
 */
export class SegmentCache<Value> {
  readonly #entries: number;
  readonly #characters: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #size = 0;

  /** Bounds of one generation. */
  constructor(entries: number, characters: number) {
    this.#entries = entries;
    this.#characters = characters;
  }

  get(segment: string): Value | undefined {
    const found = this.#young.get(segment);
    if (found !== undefined) return found;
    const older = this.#old.get(segment);
    if (older === undefined) return undefined;
    this.#old.delete(segment);
    // A slice of a line would keep all of the line alive.
    this.set(flat(segment), older);
    return older;
  }

  /** `segment` must not be a slice of a longer text. */
  set(segment: string, value: Value): void {
    if (segment.length > this.#characters / 16) return;
    if (this.#young.size >= this.#entries || this.#size + segment.length > this.#characters) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = 0;
    }
    this.#size += segment.length;
    this.#young.set(segment, value);
  }
}

/** The same text with characters of its own. */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
