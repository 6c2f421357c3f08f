import type { CaseResult, Report } from '../reporters/report.ts';
import { coverageTables, formatPercent, rowRanges, type Coverage } from './coverage.ts';
import { toJson } from './coverage-report.ts';
import type { TestRun } from './run.ts';

/** What a run of tests has to say. `threshold`: the least coverage, in percent. */
export function testReport(run: TestRun, options: { threshold: number | undefined; durationMs: number }): Report {
  const { tests, cases, coverage, findings, files } = run;
  const { threshold, durationMs } = options;
  const gate = coverage === undefined || threshold === undefined ? [] : [thresholdCase(coverage, threshold)];
  const all = [...tests, ...cases, ...gate];
  const broken = findings.some(({ severity }) => severity === 'error');
  const failed = all.some(({ status }) => status === 'failed' || status === 'error');
  return {
    tool: 'test',
    summary: summarize(run, all, durationMs),
    exitCode: broken ? 2 : failed ? 1 : 0,
    files,
    findings,
    rules: {},
    cases: all,
    tables: coverage === undefined ? [] : coverageTables(coverage),
    details: {
      duration_ms: Math.round(durationMs),
      ...(coverage === undefined ? {} : { coverage: toJson(coverage) }),
    },
  };
}

/** `41 tests and 1,000 cases: 1,040 passed, 1 failed, in 2.1 s` */
function summarize({ tests, cases, findings }: TestRun, all: readonly CaseResult[], durationMs: number): string {
  const count = (status: CaseResult['status']): number => all.filter((one) => one.status === status).length;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const parts = [
    `${number(count('passed'))} passed`,
    ...(count('failed') > 0 ? [`${number(count('failed'))} failed`] : []),
    ...(count('error') > 0 ? [`${number(count('error'))} with errors`] : []),
    ...(count('skipped') > 0 ? [`${number(count('skipped'))} skipped`] : []),
  ];
  const ran = `${plural(tests.length, 'test')} and ${plural(cases.length, 'case')}: ${parts.join(', ')}`;
  const not =
    errors === 0 ? '' : `; not everything was run, for there ${errors === 1 ? 'is' : 'are'} ${plural(errors, 'error')}`;
  return `${ran}${not}, in ${(durationMs / 1000).toFixed(1)} s`;
}

function plural(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}

function thresholdCase({ coverage, files }: Coverage, threshold: number): CaseResult {
  const name = `at least ${formatPercent(threshold)}`;
  if (coverage >= threshold) return { suite: 'coverage', name, status: 'passed' };
  const left = files.filter(({ notCoveredRows }) => notCoveredRows.length > 0);
  return {
    suite: 'coverage',
    name,
    status: 'failed',
    message: `coverage is ${formatPercent(coverage)}, less than ${formatPercent(threshold)}`,
    explanation: left.map(({ file, notCoveredRows }) => `not covered: ${file}:${rowRanges(notCoveredRows)}`).join('\n'),
  };
}
