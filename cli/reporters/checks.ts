import { byPlace, groupBy, troubles } from './order.ts';
import { placeOf, positionOf } from './position.ts';
import type { CaseResult, Report } from './report.ts';
import { plural } from './text.ts';
import type { Diagnostic } from '../../engine/contract.ts';

/** A report as formats see it that know only tests: each has a result, and there is nothing beside them. */
export interface Check {
  readonly suite: string;
  readonly name: string;
  readonly status: CaseResult['status'];
  /** A short word for the kind of trouble: a finding's code. */
  readonly type?: string;
  /** In one line, as far as its author kept to one. */
  readonly message?: string;
  /** At length. */
  readonly text?: string;
  readonly file?: string;
  readonly row?: number;
  readonly durationMs?: number;
  readonly output?: string;
}

/**
 * Cases are checks, and so is each file with findings; where a command has no cases, each file that it looked at. A
 * report whose exit code is not 0 has at least one check that did not pass: CI that reads the file must not see less
 * than CI that reads the exit code.
 */
export function checksOf(report: Report): Check[] {
  const { cases, findings, files, tool, exitCode, summary } = report;
  const byFile = groupBy(byPlace(findings), ({ file }) => file ?? '');
  const named = new Set(cases.length === 0 ? files : []);
  for (const file of byFile.keys()) named.add(file);
  const checks = [
    ...[...named].map((file) => fileCheck(file, byFile.get(file) ?? [], report)),
    ...cases.map(caseCheck),
  ];
  if (exitCode === 0 || checks.some(({ status }) => status === 'failed' || status === 'error')) return checks;
  const status = exitCode === 2 ? 'error' : 'failed';
  return [...checks, { suite: tool, name: 'summary', status, type: status, message: summary }];
}

function fileCheck(file: string, findings: readonly Diagnostic[], { tool, failLevel }: Report): Check {
  const name = file === '' ? tool : file;
  const place = { suite: tool, name, ...(file === '' ? {} : { file }) };
  const text = findings.map(describe).join('\n');
  // What did not change the exit code is worth reading, and no failure.
  const failures = findings.filter(({ severity }) => severity === 'error' || severity === failLevel);
  const [first] = failures;
  if (first === undefined) return { ...place, status: 'passed', ...(text === '' ? {} : { output: text }) };
  const position = positionOf(first);
  const message = findings.length === 1 ? first.message : `${plural(findings.length, 'finding')}: ${first.message}`;
  return {
    ...place,
    status: 'failed',
    type: first.code,
    message,
    text,
    ...(position === undefined ? {} : { row: position.row }),
  };
}

function describe(finding: Diagnostic): string {
  const { severity, code, message, help, file } = finding;
  const place = placeOf(file, positionOf(finding));
  return `${severity}[${code}] ${place === '' ? '' : `${place} `}${message}${help === undefined ? '' : `\n  help: ${help}`}`;
}

function caseCheck(one: CaseResult): Check {
  const { suite, name, status, message, explanation, file, durationMs, output } = one;
  const position = positionOf(one);
  return {
    suite,
    name,
    status,
    type: status,
    ...(message === undefined ? {} : { message }),
    ...(explanation === undefined ? {} : { text: explanation }),
    ...(file === undefined ? {} : { file }),
    ...(position === undefined ? {} : { row: position.row }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(output === undefined ? {} : { output }),
  };
}

/** Whether a report says by itself that something is wrong: with findings or cases, not with its exit code alone. */
export function namesTrouble({ findings, cases }: Report): boolean {
  return findings.some(({ severity }) => severity === 'error') || troubles(cases).length > 0;
}
