import type { Diagnostic } from '../../engine/contract.ts';
import type { CaseResult } from './report.ts';

const ranks = { error: 0, warning: 1, info: 2 } as const;

/** By file, row and column; what has no file comes first, because it is about all of them. */
export function byPlace(findings: readonly Diagnostic[]): Diagnostic[] {
  return findings.toSorted(
    (a, b) =>
      compare(a.file ?? '', b.file ?? '') ||
      compare(a.row ?? 0, b.row ?? 0) ||
      compare(a.col ?? 0, b.col ?? 0) ||
      compare(a.code, b.code),
  );
}

/** The worst first, for formats whose readers stop somewhere; by place among equals. */
export function worstFirst(findings: readonly Diagnostic[]): Diagnostic[] {
  return byPlace(findings).sort((a, b) => ranks[a.severity] - ranks[b.severity]);
}

/** Cases that did not pass and were not skipped. */
export function troubles(cases: readonly CaseResult[]): CaseResult[] {
  return cases.filter(({ status }) => status === 'failed' || status === 'error');
}

/** Compares code units, not words of a language: the order is the same on every machine. */
function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Groups in the order in which they were met first. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
