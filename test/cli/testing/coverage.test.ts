import { describe, expect, test } from 'vitest';
import { CoverageCollector, coverageTables, formatPercent, rowRanges } from '../../../cli/testing/coverage.ts';
import { readCoverageReport, renderCoverage } from '../../../cli/testing/coverage-report.ts';
import type { CoverageSpan, PolicyCoverage } from '../../../engine/compiler/protocol.ts';

const rules = [
  { rule: 'policy.a.deny', id: 'A-1', file: 'a.rego', row: 3, endRow: 5 },
  { rule: 'policy.a.allow', file: 'a.rego', row: 7, endRow: 7 },
];

function of(covered: CoverageSpan[], notCovered: CoverageSpan[]): PolicyCoverage {
  return { files: { 'a.rego': { covered, notCovered, rules } } };
}

const head: CoverageSpan = [3, 1, 3, 20];
const first: CoverageSpan = [4, 2, 4, 10];
const second: CoverageSpan = [5, 2, 5, 10];
const other: CoverageSpan = [7, 1, 7, 30];

const shownFile = (module: string) => `policies/${module}`;

function collect(...runs: PolicyCoverage[]) {
  const collector = new CoverageCollector();
  for (const run of runs) collector.add(run, shownFile);
  return collector.result();
}

describe('coverage of several runs', () => {
  test('what one of them evaluated is covered', () => {
    const coverage = collect(of([head, first], [second, other]), of([other], [head, first, second]));
    expect(coverage).toMatchObject({ coverage: 75, coveredLines: 3, notCoveredLines: 1 });
    expect(coverage.files).toMatchObject([
      {
        file: 'policies/a.rego',
        coveredRows: [3, 4, 7],
        notCoveredRows: [5],
        rules: [
          { rule: 'policy.a.deny', covered: false, notCoveredRows: [5] },
          { rule: 'policy.a.allow', covered: true, notCoveredRows: [] },
        ],
      },
    ]);
  });

  test('a part of what was evaluated was evaluated', () => {
    expect(collect(of([[3, 1, 5, 10]], []), of([], [first, [5, 10, 5, 12]])).files[0]?.notCovered).toEqual([
      [5, 10, 5, 12],
    ]);
  });

  test('a row with both counts on both sides, as OPA counts', () => {
    expect(collect(of([[7, 1, 7, 10]], [[7, 14, 7, 30]]))).toMatchObject({
      coveredLines: 1,
      notCoveredLines: 1,
      coverage: 50,
    });
  });

  test('what has no path to show is not counted', () => {
    const collector = new CoverageCollector();
    collector.add(of([head], [first]), () => undefined);
    expect(collector.result()).toEqual({ files: [], coveredLines: 0, notCoveredLines: 0, coverage: 100 });
  });
});

describe('tables', () => {
  test('of files, and of the rules that are not covered', () => {
    const [files, left] = coverageTables(collect(of([head, first, other], [second])));
    expect(files?.rows).toEqual([
      ['policies/a.rego', '75 %', '1/2', '5'],
      ['all', '75 %', '1/2', ''],
    ]);
    expect(left?.rows).toEqual([['policy.a.deny', 'A-1', 'policies/a.rego:3', '5']]);
  });

  test('of files alone when all is covered', () => {
    expect(coverageTables(collect(of([head], [])))).toHaveLength(1);
  });

  test.each([
    [[1, 2, 3, 7, 9, 10], '1-3, 7, 9-10'],
    [[], ''],
  ])('rows %j', (rows, text) => {
    expect(rowRanges(rows)).toBe(text);
  });

  test.each([
    [100, '100 %'],
    [99.999, '99.99 %'],
    [66.66666, '66.66 %'],
    [0, '0 %'],
  ])('%d %%', (value, text) => {
    expect(formatPercent(value)).toBe(text);
  });
});

describe('coverage for other programs', () => {
  const coverage = collect(of([head, first, other], [second]));

  test('as an LCOV tracefile', () => {
    expect(renderCoverage(coverage, 'lcov')).toBe(
      [
        'TN:',
        'SF:policies/a.rego',
        'FN:3,policy.a.deny:3',
        'FN:7,policy.a.allow:7',
        'FNDA:0,policy.a.deny:3',
        'FNDA:1,policy.a.allow:7',
        'FNF:2',
        'FNH:1',
        'DA:3,1',
        'DA:4,1',
        'DA:5,0',
        'DA:7,1',
        'LF:4',
        'LH:3',
        'end_of_record',
        '',
      ].join('\n'),
    );
  });

  test('as JSON, like `opa test --coverage`', () => {
    expect(JSON.parse(renderCoverage(coverage, 'json'))).toMatchObject({
      files: {
        'policies/a.rego': {
          not_covered: [{ start: { row: 5, col: 2 }, end: { row: 5, col: 10 } }],
          covered_lines: 3,
          not_covered_lines: 1,
          coverage: 75,
          rules: [{ rule: 'policy.a.deny', id: 'A-1', covered: false, not_covered_rows: [5] }, { covered: true }],
        },
      },
      coverage: 75,
    });
  });

  test('files are named by their format', () => {
    expect(readCoverageReport('json=b=c', readCoverageReport('lcov=a'))).toEqual([
      { format: 'lcov', file: 'a' },
      { format: 'json', file: 'b=c' },
    ]);
    for (const wrong of ['lcov', 'lcov=', 'html=x']) expect(() => readCoverageReport(wrong)).toThrow(/lcov=<file>/);
  });
});
