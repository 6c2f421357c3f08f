import type { LintPart } from './protocol.ts';

/** Regal asks rules over several files only where there are several; of Sallyport's own, these go by one file as well. */
const forOneFile = new Set(['sallyport/duplicate-id']);

/** What the parts of one run gave, as if it had been one request. */
export function mergeParts(parts: readonly LintPart[]): LintPart {
  const aggregates: Record<string, object[]> = {};
  for (const part of parts) {
    for (const [rule, entries] of Object.entries(part.aggregates)) (aggregates[rule] ??= []).push(...entries);
  }
  const linted = parts.flatMap((part) => part.linted);
  return {
    violations: parts.flatMap((part) => part.violations),
    unparsed: parts.flatMap((part) => part.unparsed),
    linted,
    aggregates:
      linted.length > 1
        ? aggregates
        : Object.fromEntries(Object.entries(aggregates).filter(([rule]) => forOneFile.has(rule))),
    ignore_directives: Object.assign(
      {},
      ...parts.map((part) => part.ignore_directives),
    ) as LintPart['ignore_directives'],
  };
}
