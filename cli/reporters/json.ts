import type { Diagnostic } from '../../engine/contract.ts';
import { countCases, countFindings } from './counts.ts';
import { byPlace } from './order.ts';
import { positionOf } from './position.ts';
import type { CaseResult, Report } from './report.ts';

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
    findings: byPlace(findings).map(renderFinding),
    rules,
    cases: cases.map(renderCase),
    details,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function renderFinding(finding: Diagnostic): Diagnostic {
  const { severity, code, message, help, file, span } = finding;
  const { row, col, end } = positionOf(finding) ?? {};
  return {
    severity,
    code,
    message,
    ...(help === undefined ? {} : { help }),
    ...(file === undefined ? {} : { file }),
    ...(row === undefined ? {} : { row }),
    ...(col === undefined ? {} : { col }),
    ...(end === undefined ? {} : { end_row: end.row, end_col: end.col }),
    ...(span === undefined ? {} : { span }),
  };
}

/** JSON is written with underscores throughout, like the contract. */
function renderCase(one: CaseResult): unknown {
  const { row: _row, durationMs, ...rest } = one;
  const position = positionOf(one);
  return {
    ...rest,
    ...(position === undefined ? {} : { row: position.row }),
    ...(durationMs === undefined || !Number.isFinite(durationMs) ? {} : { duration_ms: Math.max(0, durationMs) }),
  };
}
