import type { Span } from '../../../engine/contract.ts';

/** The grammar's token classes of constants: ICONST (fits an int32), FCONST (any other number), SCONST. */
export type LiteralClass = 'integer' | 'number' | 'string';

/** A text with its plain literals taken out. */
export interface Template {
  /** The text with each literal replaced by its class; equal for texts that the lexer reads alike but for literals. */
  readonly key: string;
  /** Offsets of the literals, start and end alternating: [start of first, end of first, start of second, …]. */
  readonly bounds: readonly number[];
}

// Classes of ASCII characters outside of quotes.
const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
const QUOTE = 3;
const NAME_QUOTE = 4;
const REFUSED = 5;
const COMMENT = 6;

const CLASSES = new Uint8Array(128).fill(OTHER);
CLASSES.fill(REFUSED, 0, 0x20);
for (const space of [0x09, 0x0a, 0x0b, 0x0c, 0x0d]) CLASSES[space] = OTHER;
CLASSES.fill(LETTER, 0x41, 0x5b);
CLASSES.fill(LETTER, 0x61, 0x7b);
CLASSES[0x5f] = LETTER;
CLASSES.fill(DIGIT, 0x30, 0x3a);
CLASSES[0x27] = QUOTE;
CLASSES[0x22] = NAME_QUOTE;
// Dollar quotes, parameters and backslashes.
CLASSES[0x24] = REFUSED;
CLASSES[0x5c] = REFUSED;
CLASSES[0x7f] = REFUSED;
CLASSES[0x2d] = COMMENT;
CLASSES[0x2f] = COMMENT;

// Refused outside of quotes, so that no text can hold them where a literal was.
const PLACEHOLDERS: Readonly<Record<LiteralClass, string>> = { integer: '\u0001', number: '\u0002', string: '\u0003' };

/**
 * Takes the plain literals out of a text: `'…'` without prefix and backslash, and numbers of digits with at most one point
 * between digits. Undefined for a text that holds anything whose reading takes more than that: comments, dollar quotes,
 * parameters, prefixed strings, non-ASCII characters, numbers next to letters or points.
 *
 * The lexer (src/backend/parser/scan.l) reads two texts with the same key as the same tokens but for the literals' values,
 * because no rule of it looks into a plain literal to decide where the literal, or any other token, ends.
 */
export function templateOf(text: string): Template | undefined {
  const bounds: number[] = [];
  let key = '';
  let copied = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    switch (CLASSES[code]) {
      case LETTER: {
        index = endOfWord(text, index + 1);
        // A string's prefix (E, B, X, N), or U&; `$` belongs to words.
        const next = text.charCodeAt(index);
        if (next === 0x27 || next === 0x24 || (next === 0x26 && isQuote(text.charCodeAt(index + 1)))) return undefined;
        break;
      }
      case DIGIT: {
        const end = endOfNumber(text, index);
        if (end === undefined) return undefined;
        key += text.slice(copied, index) + PLACEHOLDERS[classOfNumber(text, index, end)];
        bounds.push(index, end);
        index = copied = end;
        break;
      }
      case QUOTE: {
        const end = endOfString(text, index);
        if (end === undefined) return undefined;
        key += text.slice(copied, index) + PLACEHOLDERS.string;
        bounds.push(index, end);
        index = copied = end;
        break;
      }
      case NAME_QUOTE: {
        const end = endOfQuotedName(text, index);
        if (end === undefined) return undefined;
        index = end;
        break;
      }
      case COMMENT:
        if (text.charCodeAt(index + 1) === (code === 0x2d ? 0x2d : 0x2a)) return undefined;
        index++;
        break;
      case REFUSED:
        return undefined;
      default:
        index++;
    }
  }
  return { key: key + text.slice(copied), bounds };
}

function isQuote(code: number): boolean {
  return code === 0x27 || code === 0x22;
}

function isWordPart(code: number): boolean {
  const kind = CLASSES[code];
  return kind === LETTER || kind === DIGIT;
}

function endOfWord(text: string, from: number): number {
  let index = from;
  while (isWordPart(text.charCodeAt(index))) index++;
  return index;
}

/** Undefined where the number is of another form than `1` or `1.5`, or touches something that might belong to it. */
function endOfNumber(text: string, start: number): number | undefined {
  if (text.charCodeAt(start - 1) === 0x2e) return undefined;
  let end = endOfDigits(text, start);
  if (text.charCodeAt(end) === 0x2e) {
    const fraction = end + 1;
    end = endOfDigits(text, fraction);
    if (end === fraction) return undefined;
  }
  const next = text.charCodeAt(end);
  return isWordPart(next) || isQuote(next) || next === 0x2e || next === 0x24 ? undefined : end;
}

function endOfDigits(text: string, from: number): number {
  let index = from;
  while (CLASSES[text.charCodeAt(index)] === DIGIT) index++;
  return index;
}

function classOfNumber(text: string, start: number, end: number): LiteralClass {
  if (end - start < 10) return text.lastIndexOf('.', end) > start ? 'number' : 'integer';
  const literal = text.slice(start, end);
  return !literal.includes('.') && Number(literal) <= 2_147_483_647 ? 'integer' : 'number';
}

function endOfString(text: string, start: number): number | undefined {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x27) {
      if (text.charCodeAt(index + 1) !== 0x27) return index + 1;
      index++;
    } else if (code === 0x5c || code > 0x7f || code === 0) return undefined;
  }
  return undefined;
}

function endOfQuotedName(text: string, start: number): number | undefined {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      if (text.charCodeAt(index + 1) !== 0x22) return index + 1;
      index++;
    } else if (code > 0x7f || code < 0x20) return undefined;
  }
  return undefined;
}

/**
 * Spans of everything in a text that may be a literal, for writing down a text that does not parse: strings, dollar
 * quotes, comments and numbers. Where the end of one depends on settings or is missing, the span runs to the text's end.
 */
export function literalSpans(text: string): Span[] {
  const spans: Span[] = [];
  let index = 0;
  while (index < text.length) {
    const end = endOfPossibleLiteral(text, index);
    if (end === undefined) {
      // Digits in a word or a parameter (`$1`) are no literal.
      const code = text.charCodeAt(index);
      index = isWordPart(code) || code === 0x24 ? endOfWord(text, index + 1) : index + 1;
      continue;
    }
    spans.push({ start: index, end });
    index = end;
  }
  return spans;
}

/** Undefined where nothing that may be a literal starts. */
function endOfPossibleLiteral(text: string, start: number): number | undefined {
  switch (text.charCodeAt(start)) {
    case 0x27:
      return endOfString(text, start) ?? text.length;
    case 0x24:
      return endOfDollarQuote(text, start);
    case 0x2d:
      return text.startsWith('--', start) ? endOfLine(text, start) : undefined;
    case 0x2f:
      // Comments nest: where this one ends, another parser may not see an end.
      return text.startsWith('/*', start) ? text.length : undefined;
    default: {
      if (CLASSES[text.charCodeAt(start)] !== DIGIT) return undefined;
      let end = start;
      while (isWordPart(text.charCodeAt(end)) || text.charCodeAt(end) === 0x2e) end++;
      return end;
    }
  }
}

function endOfLine(text: string, start: number): number {
  const end = /[\n\r]/g;
  end.lastIndex = start;
  return end.exec(text)?.index ?? text.length;
}

/** End of the dollar quote that starts at a `$`; undefined where none starts, the text's end where it is not closed. */
export function endOfDollarQuote(text: string, start: number): number | undefined {
  const close = text.indexOf('$', start + 1);
  if (close < 0) return undefined;
  const tag = text.slice(start, close + 1);
  // Between the dollars stands nothing or a name; `$1` is a parameter.
  for (let index = 1; index < tag.length - 1; index++) {
    const code = tag.charCodeAt(index);
    if (code <= 0x7f && !isWordPart(code)) return undefined;
  }
  if (CLASSES[tag.charCodeAt(1)] === DIGIT) return undefined;
  const end = text.indexOf(tag, close + 1);
  return end < 0 ? text.length : end + tag.length;
}
