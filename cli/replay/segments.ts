/** What a part of a line means. The text is the part's very bytes (as latin1), with characters of its own. */
export interface Segment<Value> {
  readonly text: string;
  readonly value: Value;
}

/**
 * Remembers what parts of lines mean, by their very bytes (as latin1 text). In two generations, so that nothing has to
 * be put in order when it is used; what is not used is forgotten, and never more than twice the bounds is held.
 */
export class SegmentCache<Value> {
  readonly #entries: number;
  readonly #characters: number;
  #young = new Map<string, Segment<Value>>();
  #old = new Map<string, Segment<Value>>();
  #size = 0;
  #last: Segment<Value> | undefined;

  /** Bounds of one generation. */
  constructor(entries: number, characters: number) {
    this.#entries = entries;
    this.#characters = characters;
  }

  /**
   * The part of a line between two offsets, if it was met before.
   *
   * @param guess what it probably is. To compare is far quicker than to look up, for which all of the part is hashed; the
   * part that was found last is tried as well.
   */
  find(line: string, from: number, to: number, guess?: Segment<Value>): Segment<Value> | undefined {
    if (guess !== undefined && isAt(guess, line, from, to)) return guess;
    const last = this.#last;
    if (last !== undefined && last !== guess && isAt(last, line, from, to)) return last;
    const text = line.slice(from, to);
    const found = this.#young.get(text) ?? this.#revived(text);
    if (found !== undefined) this.#last = found;
    return found;
  }

  #revived(text: string): Segment<Value> | undefined {
    const older = this.#old.get(text);
    if (older === undefined) return undefined;
    this.#old.delete(text);
    this.#keep(older);
    return older;
  }

  add(line: string, from: number, to: number, value: Value): void {
    this.#keep({ text: flat(line.slice(from, to)), value });
  }

  #keep(segment: Segment<Value>): void {
    const { length } = segment.text;
    if (length > this.#characters / 16) return;
    if (this.#young.size >= this.#entries || this.#size + length > this.#characters) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#size = 0;
    }
    this.#size += length;
    this.#young.set(segment.text, segment);
  }
}

/** Whether a part of a line is a segment. V8 compares two texts by words of memory, `startsWith` by characters. */
function isAt({ text }: Segment<unknown>, line: string, from: number, to: number): boolean {
  return text.length === to - from && line.slice(from, to) === text;
}

/** The same text with characters of its own: a slice of a line would keep all of the line alive. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
