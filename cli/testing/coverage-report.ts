import { InvalidArgumentError } from 'commander';
import type { Coverage, CoveredFile } from './coverage.ts';

/** Formats that coverage is written in for other programs. */
export type CoverageFormat = 'lcov' | 'json';

export interface CoverageFileOption {
  readonly format: CoverageFormat;
  readonly file: string;
}

/** For commander: `lcov=FILE` or `json=FILE`, repeatable. */
export function readCoverageReport(text: string, before: readonly CoverageFileOption[] = []): CoverageFileOption[] {
  const [, format, file] = /^(lcov|json)=(.+)$/s.exec(text) ?? [];
  if ((format !== 'lcov' && format !== 'json') || file === undefined) {
    throw new InvalidArgumentError('It is lcov=<file> or json=<file>.');
  }
  return [...before, { format, file }];
}

export function renderCoverage(coverage: Coverage, format: CoverageFormat): string {
  return format === 'lcov' ? coverage.files.map(lcovRecord).join('') : `${JSON.stringify(toJson(coverage), null, 2)}\n`;
}

/** A record of LCOV's tracefile format (geninfo(1)). A line with parts that were left out counts as not executed. */
function lcovRecord({ file, coveredRows, notCoveredRows, rules }: CoveredFile): string {
  const left = new Set(notCoveredRows);
  const rows = [...new Set([...coveredRows, ...notCoveredRows])].sort((a, b) => a - b);
  // Several rules may have one name; in a tracefile a function's name stands alone.
  const functions = rules.map(({ rule, row, covered }) => ({ name: `${rule}:${row}`, row, hit: covered ? 1 : 0 }));
  return [
    'TN:',
    `SF:${file}`,
    ...functions.map(({ name, row }) => `FN:${row},${name}`),
    ...functions.map(({ name, hit }) => `FNDA:${hit},${name}`),
    `FNF:${functions.length}`,
    `FNH:${functions.filter(({ hit }) => hit > 0).length}`,
    ...rows.map((row) => `DA:${row},${left.has(row) ? 0 : 1}`),
    `LF:${rows.length}`,
    `LH:${rows.filter((row) => !left.has(row)).length}`,
    'end_of_record',
    '',
  ].join('\n');
}

/** As `opa test --coverage` prints it, with the rules of each file. */
export function toJson(coverage: Coverage): unknown {
  const range = ([row, col, endRow, endCol]: readonly [number, number, number, number]): unknown => ({
    start: { row, col },
    end: { row: endRow, col: endCol },
  });
  return {
    files: Object.fromEntries(
      coverage.files.map((file) => [
        file.file,
        {
          covered: file.covered.map(range),
          not_covered: file.notCovered.map(range),
          covered_lines: file.coveredRows.length,
          not_covered_lines: file.notCoveredRows.length,
          coverage: file.coverage,
          rules: file.rules.map(({ rule, id, row, endRow, covered, notCoveredRows }) => ({
            rule,
            ...(id === undefined ? {} : { id }),
            row,
            end_row: endRow,
            covered,
            not_covered_rows: notCoveredRows,
          })),
        },
      ]),
    ),
    covered_lines: coverage.coveredLines,
    not_covered_lines: coverage.notCoveredLines,
    coverage: coverage.coverage,
  };
}
