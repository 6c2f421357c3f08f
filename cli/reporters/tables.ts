import type { ReportTable } from './report.ts';
import type { Paint } from './terminal.ts';
import { displayWidth, oneLine, padToWidth, shorten } from './text.ts';

/** A cell that is longer would push its neighbours off the screen. */
const maximumCell = 100;

/** A table for a terminal, aligned by the width that characters take there; numbers stand to the right. */
export function renderTable({ title, columns, rows, note }: ReportTable, paint: Paint): string {
  const cells = rows.map((row) => columns.map((_, index) => cell(row[index] ?? '')));
  const heads = columns.map(cell);
  const widths = heads.map((head, index) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(head)),
  );
  const numeric = heads.map((_, index) => cells.length > 0 && cells.every((row) => isNumber(row[index] ?? '')));
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => align(text, widths[index] ?? 0, numeric[index] === true))
      .join('  ')
      .trimEnd();
  return [
    paint('bold', oneLine(title)),
    ...(heads.length === 0 ? [] : [`  ${paint('dim', line(heads))}`]),
    ...cells.map((row) => `  ${line(row)}`.trimEnd()),
    ...(note === undefined ? [] : [`  ${paint('dim', oneLine(note))}`]),
  ]
    .map((text) => `${text}\n`)
    .join('');
}

function cell(text: string): string {
  return shorten(oneLine(text), maximumCell);
}

function align(text: string, width: number, toTheRight: boolean): string {
  return toTheRight ? ' '.repeat(Math.max(0, width - displayWidth(text))) + text : padToWidth(text, width);
}

/** `1,234`, `99.5 %`, `12 ms`, `–`: what is compared by its end. */
function isNumber(text: string): boolean {
  return /^([+-]?\d[\d,._]*( ?(%|ms|s|MB|kB))?|[–-]?)$/.test(text);
}
