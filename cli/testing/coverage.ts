import type { CoverageSpan, FileCoverage, PolicyCoverage, RulePlace } from '../../engine/compiler/protocol.ts';
import type { ReportTable } from '../reporters/report.ts';

/** What of one file was evaluated, by tests and case files together. */
export interface CoveredFile {
  /** As it is shown. */
  readonly file: string;
  readonly covered: readonly CoverageSpan[];
  readonly notCovered: readonly CoverageSpan[];
  readonly coveredRows: readonly number[];
  readonly notCoveredRows: readonly number[];
  /** In percent of the rows, as OPA counts: a row with parts of both kinds counts on both sides. */
  readonly coverage: number;
  readonly rules: readonly CoveredRule[];
}

export interface CoveredRule extends RulePlace {
  /** Nothing of it was left out. */
  readonly covered: boolean;
  readonly notCoveredRows: readonly number[];
}

export interface Coverage {
  readonly files: readonly CoveredFile[];
  readonly coveredLines: number;
  readonly notCoveredLines: number;
  /** In percent; 100 where there is nothing to cover. */
  readonly coverage: number;
}

/** Gathers what several runs covered. What one of them evaluated is covered, whatever the others left out. */
export class CoverageCollector {
  readonly #files = new Map<
    string,
    { covered: Map<string, CoverageSpan>; all: Map<string, CoverageSpan>; rules: readonly RulePlace[] }
  >();

  /** @param shownFile gives the path to show for a module; undefined: it is not counted */
  add(coverage: PolicyCoverage, shownFile: (module: string) => string | undefined): void {
    for (const [module, found] of Object.entries(coverage.files)) {
      const file = shownFile(module);
      if (file !== undefined) this.#addFile(file, found);
    }
  }

  #addFile(name: string, { covered, notCovered, rules }: FileCoverage): void {
    let file = this.#files.get(name);
    if (file === undefined) this.#files.set(name, (file = { covered: new Map(), all: new Map(), rules }));
    for (const span of covered) file.covered.set(span.join(), span);
    for (const span of notCovered) file.all.set(span.join(), span);
  }

  result(): Coverage {
    const files = [...this.#files]
      .map(([name, { covered, all, rules }]) => summarize(name, [...covered.values()], [...all.values()], rules))
      .sort((a, b) => (a.file < b.file ? -1 : 1));
    const coveredLines = files.reduce((sum, file) => sum + file.coveredRows.length, 0);
    const notCoveredLines = files.reduce((sum, file) => sum + file.notCoveredRows.length, 0);
    return { files, coveredLines, notCoveredLines, coverage: percent(coveredLines, notCoveredLines) };
  }
}

function summarize(
  file: string,
  covered: readonly CoverageSpan[],
  left: readonly CoverageSpan[],
  rules: readonly RulePlace[],
): CoveredFile {
  const notCovered = left.filter((span) => !covered.some((other) => contains(other, span)));
  const coveredRows = rowsOf(covered);
  const notCoveredRows = rowsOf(notCovered);
  return {
    file,
    covered: covered.toSorted(compareSpans),
    notCovered: notCovered.toSorted(compareSpans),
    coveredRows,
    notCoveredRows,
    coverage: percent(coveredRows.length, notCoveredRows.length),
    rules: rules.map((rule) => {
      const inside = notCovered.filter(([row, , endRow]) => row >= rule.row && endRow <= rule.endRow);
      return { ...rule, file, covered: inside.length === 0, notCoveredRows: rowsOf(inside) };
    }),
  };
}

function contains(outer: CoverageSpan, inner: CoverageSpan): boolean {
  const [row, col, endRow, endCol] = outer;
  const begins = row < inner[0] || (row === inner[0] && col <= inner[1]);
  const ends = endRow > inner[2] || (endRow === inner[2] && endCol >= inner[3]);
  return begins && ends;
}

function compareSpans(a: CoverageSpan, b: CoverageSpan): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

function rowsOf(spans: readonly CoverageSpan[]): number[] {
  const rows = new Set<number>();
  for (const [first, , last] of spans) for (let row = first; row <= last; row += 1) rows.add(row);
  return [...rows].sort((a, b) => a - b);
}

function percent(covered: number, left: number): number {
  return covered + left === 0 ? 100 : (100 * covered) / (covered + left);
}

/** Never says 100 of what is not whole. */
export function formatPercent(value: number): string {
  return `${(Math.floor(value * 100) / 100).toFixed(2).replace(/\.?0+$/, '')} %`;
}

/** A table of the files, and one of the rules that are not wholly covered where there are any. */
export function coverageTables({ files, coveredLines, notCoveredLines, coverage }: Coverage): ReportTable[] {
  const rules = files.flatMap((file) => file.rules);
  const left = rules.filter(({ covered }) => !covered);
  const byFile: ReportTable = {
    title: 'Coverage',
    columns: ['File', 'Lines', 'Rules', 'Not covered'],
    rows: [
      ...files.map((file) => [
        file.file,
        formatPercent(file.coverage),
        `${file.rules.filter(({ covered }) => covered).length}/${file.rules.length}`,
        rowRanges(file.notCoveredRows),
      ]),
      ['all', formatPercent(coverage), `${rules.length - left.length}/${rules.length}`, ''],
    ],
    note: `${coveredLines} of ${coveredLines + notCoveredLines} lines, ${rules.length - left.length} of ${rules.length} rules`,
  };
  if (left.length === 0) return [byFile];
  const byRule: ReportTable = {
    title: 'Rules not covered',
    columns: ['Rule', 'Id', 'Place', 'Lines not covered'],
    rows: left.map(({ rule, id, file, row, notCoveredRows }) => [
      rule,
      id ?? '',
      `${file}:${row}`,
      rowRanges(notCoveredRows),
    ]),
  };
  return [byFile, byRule];
}

/** `3, 7-9` */
export function rowRanges(rows: readonly number[]): string {
  const parts: string[] = [];
  for (let index = 0; index < rows.length; index += 1) {
    const first = rows[index] ?? 0;
    let last = first;
    while (rows[index + 1] === last + 1) {
      index += 1;
      last += 1;
    }
    parts.push(first === last ? String(first) : `${first}-${last}`);
  }
  return parts.join(', ');
}
