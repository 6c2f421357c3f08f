import { renderTable } from '../reporters/tables.ts';
import { createPaint } from '../reporters/terminal.ts';
import { printableJson } from '../reporters/text.ts';
import type { Streams } from '../streams.ts';

export type RowFormat = 'table' | 'json' | 'csv';

/** Rows as the API gives them: flat objects, of which some hold lists. */
export type Row = Readonly<Record<string, unknown>>;

export interface RowLayout {
  readonly title: string;
  /** What a table shows: its heading, and the member of the row. */
  readonly columns: readonly (readonly [heading: string, member: string])[];
  /** What to say where there are none. */
  readonly none: string;
}

/** Prints rows as a table, as JSON, or as CSV (RFC 4180, all members, a header line). */
export function printRows(rows: readonly Row[], layout: RowLayout, format: RowFormat, { stdout, env }: Streams): void {
  if (format === 'json') stdout.write(`${printableJson(rows)}\n`);
  else if (format === 'csv') stdout.write(toCsv(rows));
  else if (rows.length === 0) stdout.write(`${layout.none}\n`);
  else {
    const columns = layout.columns.map(([heading]) => heading);
    const cells = rows.map((row) => layout.columns.map(([, member]) => plain(row[member])));
    stdout.write(renderTable({ title: layout.title, columns, rows: cells }, createPaint(stdout, env)));
  }
}

function toCsv(rows: readonly Row[]): string {
  const members = Object.keys(rows[0] ?? {});
  const lines = [members, ...rows.map((row) => members.map((member) => plain(row[member])))];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula is kept from being one (OWASP, "CSV Injection"). */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(plain).join(' ') : JSON.stringify(value);
}
