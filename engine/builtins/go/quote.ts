/** Go's strconv.Quote, QuoteToASCII and unquoted runes, for strings of well-formed UTF-16. */

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u000b': '\\v',
  '\\': '\\\\',
};

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and the ASCII space. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** @param delimiter the quotation mark around the result. */
export function quote(text: string, delimiter: '"' | "'" = '"', asciiOnly = false): string {
  // Nearly every string is plain printable ASCII.
  if (delimiter === '"' && /^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let output = delimiter as string;
  for (const character of text) output += escape(character, delimiter, asciiOnly);
  return output + delimiter;
}

function escape(character: string, delimiter: string, asciiOnly: boolean): string {
  const point = character.codePointAt(0) ?? 0;
  if (character === delimiter) return `\\${character}`;
  const short = named[character];
  if (short !== undefined) return short;
  if (point >= 0xd800 && point <= 0xdfff) return asciiOnly ? '\\ufffd' : '\ufffd';
  if (point < 0x80 ? point >= 0x20 && point < 0x7f : !asciiOnly && printable.test(character)) return character;
  if (point < 0x20 || point === 0x7f) return `\\x${hex(point, 2)}`;
  return point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
}

function hex(point: number, width: number): string {
  return point.toString(16).padStart(width, '0');
}

/** Whether strconv.CanBackquote holds: one line, no control characters but tab, no backquote. */
export function canBackquote(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/[\u0000-\u0008\u000a-\u001f`\u007f\ufeff]/.test(text);
}

/** Go's strconv.IsPrint for one character. */
export function isPrintable(character: string): boolean {
  return printable.test(character);
}
