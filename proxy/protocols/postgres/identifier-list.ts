/**
 * Splits the value of a list setting such as `search_path` as PostgreSQL does (SplitIdentifierString): names between
 * commas, folded to lower case unless quoted, `""` for a quote inside quotes. Gives `undefined` for a value that
 * PostgreSQL would refuse.
 */
export function parseIdentifierList(value: string): string[] | undefined {
  const names: string[] = [];
  let at = skipSpace(value, 0);
  if (at === value.length) return names;
  for (;;) {
    const name = value[at] === '"' ? quotedName(value, at) : plainName(value, at);
    if (name === undefined) return undefined;
    names.push(name.text);
    at = skipSpace(value, name.end);
    if (at === value.length) return names;
    if (value[at] !== ',') return undefined;
    at = skipSpace(value, at + 1);
  }
}

/** Writes a name as a quoted identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a value as a string constant that means the same with every setting of standard_conforming_strings. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

interface Name {
  readonly text: string;
  readonly end: number;
}

function quotedName(value: string, start: number): Name | undefined {
  let text = '';
  let at = start + 1;
  for (;;) {
    const quote = value.indexOf('"', at);
    if (quote < 0) return undefined;
    text += value.slice(at, quote);
    if (value[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    at = quote + 2;
  }
}

function plainName(value: string, start: number): Name | undefined {
  let end = start;
  while (end < value.length && value[end] !== ',' && !isSpace(value[end])) end += 1;
  // PostgreSQL folds A-Z only where the encoding has several bytes a character, as UTF-8 has.
  return end === start ? undefined : { text: foldAscii(value.slice(start, end)), end };
}

/** Lower case for A to Z only, as PostgreSQL folds identifiers in UTF-8. */
export function foldAscii(text: string): string {
  let folded = '';
  for (const character of text) {
    folded += character >= 'A' && character <= 'Z' ? character.toLowerCase() : character;
  }
  return folded;
}

function skipSpace(value: string, at: number): number {
  while (isSpace(value[at])) at += 1;
  return at;
}

function isSpace(character: string | undefined): boolean {
  return (
    character === ' ' ||
    character === '\t' ||
    character === '\n' ||
    character === '\r' ||
    character === '\f' ||
    character === '\v'
  );
}
