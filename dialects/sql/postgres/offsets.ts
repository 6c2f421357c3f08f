/** Maps byte offsets into a text's UTF-8 form to offsets in UTF-16 code units. */
export type OffsetMap = (byteOffset: number) => number;

const identity: OffsetMap = (byteOffset) => byteOffset;

/**
 * The map for one text. libpg-query counts bytes, `String.prototype.slice` counts UTF-16 code units; for ASCII, which
 * nearly every statement is, both are the same and nothing is built. Otherwise a table is built once, in O(n).
 *
 * An offset past the end maps to the text's length; one inside a character maps to the character's start.
 */
export function createOffsetMap(text: string): OffsetMap {
  const firstWide = indexOfNonAscii(text);
  if (firstWide === text.length) return identity;
  const table = buildTable(text, firstWide);
  return (byteOffset) => {
    if (byteOffset < firstWide) return byteOffset;
    return table[byteOffset - firstWide] ?? text.length;
  };
}

/** Turns a count of code points into a count of UTF-16 code units; past the end gives the text's length. */
export function codePointsToUtf16(text: string, codePoints: number): number {
  let offset = 0;
  for (let seen = 0; seen < codePoints && offset < text.length; seen++) {
    offset += isHighSurrogate(text.charCodeAt(offset)) ? 2 : 1;
  }
  return Math.min(offset, text.length);
}

/** Index of the first code unit above 0x7f, or the text's length. */
export function indexOfNonAscii(text: string): number {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return index;
  return text.length;
}

function buildTable(text: string, from: number): Uint32Array {
  // At most 3 bytes a code unit: a surrogate pair is 4 bytes for 2 units.
  const table = new Uint32Array((text.length - from) * 3);
  let bytes = 0;
  for (let index = from; index < text.length;) {
    const unit = text.charCodeAt(index);
    const width = isHighSurrogate(unit) ? 4 : unit > 0x7ff ? 3 : unit > 0x7f ? 2 : 1;
    table.fill(index, bytes, bytes + width);
    bytes += width;
    index += width === 4 ? 2 : 1;
  }
  return table.subarray(0, bytes);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
