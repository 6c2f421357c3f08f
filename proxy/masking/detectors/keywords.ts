/** Letters by how rare they are in English, from the most frequent on. */
const FREQUENT = 'etaoinsrhldcumfpgwybvkxjqz';

/** A word that is looked for where two of its bytes stand that are seldom seen together. */
export interface Keyword<Value> {
  readonly bytes: Buffer;
  /** Of the second of the two bytes. */
  readonly offset: number;
  readonly value: Value;
}

/** Finds out which keywords, if any, stand around a pair of bytes. */
export class Keywords<Value> {
  readonly #slots: Keyword<Value>[][] = [];
  readonly #slotOf = new Map<number, number>();

  /** Pairs of bytes (the first one's value times 256, plus the second's), by slot. */
  get pairs(): ReadonlyMap<number, number> {
    return this.#slotOf;
  }

  add(word: string, value: Value): void {
    const bytes = Buffer.from(word, 'latin1');
    let offset = 1;
    for (let i = 2; i < bytes.length; i++) if (rarity(word, i) > rarity(word, offset)) offset = i;
    const pair = ((bytes[offset - 1] ?? 0) << 8) | (bytes[offset] ?? 0);
    const slot = this.#slotOf.get(pair) ?? this.#slots.push([]) - 1;
    this.#slotOf.set(pair, slot);
    this.#slots[slot]?.push({ bytes, offset, value });
  }

  /** Keywords of a slot. */
  at(slot: number): readonly Keyword<Value>[] {
    return this.#slots[slot] ?? [];
  }
}

/** The keyword stands in `bytes[start, end)` so that the second of its two bytes is at `at`. */
export function stands(
  { bytes: word, offset }: Keyword<unknown>,
  bytes: Buffer,
  start: number,
  at: number,
  end: number,
): boolean {
  const from = at - offset;
  if (from < start || from + word.length > end) return false;
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}

function rarity(word: string, at: number): number {
  return rarityOf(word.charAt(at - 1)) + rarityOf(word.charAt(at));
}

function rarityOf(character: string): number {
  const letter = FREQUENT.indexOf(character);
  if (letter >= 0) return letter;
  // Capitals are rarer than small letters, and punctuation that does not end sentences is, too.
  return character === '.' ? 12 : 24;
}
