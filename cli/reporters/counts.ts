import type { Diagnostic } from '../../engine/contract.ts';
import type { CaseResult } from './report.ts';

export function countFindings(findings: readonly Diagnostic[]): Record<Diagnostic['severity'], number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

export function countCases(cases: readonly CaseResult[]): Record<CaseResult['status'], number> {
  const counts = { passed: 0, failed: 0, skipped: 0, error: 0 };
  for (const { status } of cases) counts[status] += 1;
  return counts;
}
