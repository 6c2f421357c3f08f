/** An array of one value, or of more, of any number of dimensions. */
export interface ArrayText {
  /** What stands between the elements, from before the first to behind the last: one more than there are elements. */
  readonly between: readonly string[];
  /** Undefined: NULL. */
  readonly elements: readonly (string | undefined)[];
}

/**
 * Reads an array as PostgreSQL writes it (array_out): braces, commas, elements in quotes where they need them.
 * @returns undefined for what is no such text
 */
export function readArrayText(text: string): ArrayText | undefined {
  const between: string[] = [];
  const elements: (string | undefined)[] = [];
  // Bounds that do not begin at 1 stand before it: [0:2]={…}
  let since = 0;
  let at = text.startsWith('[') ? text.indexOf('={') + 1 : 0;
  let depth = 0;
  for (; at < text.length;) {
    const character = text.charAt(at);
    if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    else if (character !== ',') {
      if (depth < 1) return undefined;
      const element = character === '"' ? quoted(text, at) : bare(text, at);
      if (element === undefined) return undefined;
      between.push(text.slice(since, at));
      elements.push(element.value);
      at = since = element.end;
      continue;
    }
    if (depth < 0) return undefined;
    at += 1;
  }
  if (depth !== 0 || text === '' || !text.endsWith('}')) return undefined;
  between.push(text.slice(since));
  return { between, elements };
}

export function writeArrayText({ between, elements }: ArrayText): string {
  let text = between[0] ?? '';
  for (const [i, element] of elements.entries()) {
    text += (element === undefined ? 'NULL' : `"${element.replace(/["\\]/g, '\\$&')}"`) + (between[i + 1] ?? '');
  }
  return text;
}

function quoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  let since = start + 1;
  for (let at = since; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { value: value + text.slice(since, at), end: at + 1 };
    if (character !== '\\') continue;
    value += text.slice(since, at);
    // The character behind it stands for itself, whatever it is.
    since = at + 1;
    at += 1;
  }
  return undefined;
}

function bare(text: string, start: number): { value: string | undefined; end: number } {
  let end = start;
  while (end < text.length && !',{}"'.includes(text.charAt(end))) end += 1;
  const value = text.slice(start, end);
  return { value: value === 'NULL' ? undefined : value, end };
}

/** An array in binary format: elements by where they stand. */
export interface ArrayBinary {
  /** Dimensions and the elements' type: what stands before the first. */
  readonly headEnd: number;
  readonly elements: readonly { readonly start: number; readonly end: number; readonly none: boolean }[];
}

/** Reads `bytes[start, end)` (array_send): count of dimensions, flag, OID, dimensions, elements each behind its length. */
export function readArrayBinary(bytes: Buffer, start: number, end: number): ArrayBinary | undefined {
  if (end - start < 12) return undefined;
  const dimensions = bytes.readInt32BE(start);
  const headEnd = start + 12 + dimensions * 8;
  if (dimensions < 0 || dimensions > 6 || headEnd > end) return undefined;
  const elements: { start: number; end: number; none: boolean }[] = [];
  let at = headEnd;
  while (end - at >= 4) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length > end - at || length < -1) return undefined;
    elements.push({ start: at, end: at + Math.max(length, 0), none: length === -1 });
    at += Math.max(length, 0);
  }
  return at === end ? { headEnd, elements } : undefined;
}

/** @param head dimensions and type as they stood; @param elements undefined for NULL, of which the head has said whether there are any */
export function writeArrayBinary(head: Buffer, elements: readonly (Uint8Array | undefined)[]): Buffer {
  const parts: Uint8Array[] = [head];
  for (const element of elements) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(element === undefined ? -1 : element.length);
    parts.push(length);
    if (element !== undefined) parts.push(element);
  }
  return Buffer.concat(parts);
}
