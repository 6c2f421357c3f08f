import type { Position } from './position.ts';
import type { SourceReader } from './sources.ts';
import { printable, type Style, type Paint } from './terminal.ts';
import { displayWidth } from './text.ts';

/** Columns of a source line that are shown. */
const window = 120;
/** How much of it stands before the mark at most. */
const lead = 60;

/**
 * The source line that a position points into with a mark under what is meant, or nothing where it cannot be shown.
 * What ends on a later line is marked to the end of its first.
 */
export function renderExcerpt(
  file: string | undefined,
  position: Position | undefined,
  sources: SourceReader,
  paint: Paint,
  style: Style,
): string {
  if (file === undefined || position?.col === undefined) return '';
  const line = sources(file)?.[position.row - 1];
  if (line === undefined) return '';
  const characters = Array.from(line);
  const start = Math.min(position.col - 1, characters.length);
  const stop = position.end?.row === position.row ? position.end.col - 1 : characters.length;
  // Without an end the mark is one character; so it is at a line's end, where there is nothing to mark.
  const end = position.end === undefined ? start + 1 : Math.max(start + 1, Math.min(stop, characters.length));
  const from = Math.max(0, start - lead);
  const before = show(characters.slice(from, start));
  const marked = show(characters.slice(start, Math.min(end, from + window)));
  const after = show(characters.slice(end, Math.max(end, from + window)));
  const cutBefore = from > 0 ? '…' : '';
  const cutAfter = characters.length > Math.max(end, from + window) ? '…' : '';
  const number = String(position.row);
  const indent = ' '.repeat(displayWidth(cutBefore + before));
  const mark = '^'.repeat(Math.max(1, displayWidth(marked)));
  return (
    `  ${paint('dim', `${number} │`)} ${cutBefore}${before}${marked}${after}${cutAfter}\n` +
    `  ${paint('dim', `${' '.repeat(number.length)} │`)} ${indent}${paint(style, mark)}\n`
  );
}

/** Tabs take a fixed width here, so that the mark stands right wherever the terminal has its stops. */
function show(characters: readonly string[]): string {
  return characters.map((character) => (character === '\t' ? '    ' : printable(character))).join('');
}
