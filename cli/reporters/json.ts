import type { CaseResult, Report } from './report.ts';
import { countCases, countFindings } from './counts.ts';

/**
 * One JSON object for programs, as report.schema.json describes it. The same report gives the same bytes. Tables are for
 * people and stay out: what they show stands in `details`.
 */
export function renderJson(report: Report): string {
  const { tool, summary, exitCode, files, findings, rules, cases, details } = report;
  const document = {
    version: 1,
    tool,
    summary,
    exit_code: exitCode,
    counts: { files: files.length, findings: countFindings(findings), cases: countCases(cases) },
    files,
    findings,
    rules,
    cases: cases.map(renderCase),
    details,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** JSON is written with underscores throughout, like the contract. */
function renderCase({ durationMs, ...rest }: CaseResult): unknown {
  return { ...rest, ...(durationMs === undefined ? {} : { duration_ms: durationMs }) };
}
