import { eastAsianWidth } from 'get-east-asian-width';
import { printable } from './terminal.ts';

/** At most so many UTF-16 units of a text, and how long it was. Never cuts a character in two. */
export function shorten(text: string, maximum: number): string {
  if (text.length <= maximum) return text;
  const cut = text.slice(0, maximum).replace(/[\ud800-\udbff]$/, '');
  return `${cut}… (${text.length} characters)`;
}

/** Somebody else's text on one line, fit for a terminal: line breaks become spaces, other control characters escapes. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' ').trim());
}

/** Somebody else's text of several lines, each fit for a terminal. Tabs become spaces: their width is not known. */
export function printableLines(text: string): string[] {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line) => printable(line.replaceAll('\t', '    ')));
}

/**
 * JSON of somebody else's text, fit for a terminal as well: what JSON leaves as it is and a terminal obeys (C1 controls,
 * direction and other format characters) is written as escapes. Whoever reads it as JSON reads the same.
 */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\x7f-\x9f\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => {
      return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** Columns that a text takes on a terminal: two for wide East Asian characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (!/^[\p{Mn}\p{Me}]$/u.test(character)) width += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return width;
}

export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export { plural } from '../../engine/plural.ts';
