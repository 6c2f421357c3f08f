import type { Diagnostic } from '../../engine/contract.ts';
import type { ReportContext } from './formats.ts';
import type { CaseResult, Report } from './report.ts';
import { printable } from './terminal.ts';

/** For a person at a terminal. */
export function renderPretty(report: Report, context: ReportContext): string {
  const { findings, cases, summary } = report;
  const troubles = cases.filter(({ status }) => status === 'failed' || status === 'error');
  return [
    ...findings.map((finding) => renderFinding(finding, context)),
    ...troubles.map((one) => renderCase(one, context)),
    `${printable(summary)}\n`,
  ].join('\n');
}

function renderFinding(
  { severity, code, message, help, file, row, col }: Diagnostic,
  { paint }: ReportContext,
): string {
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'blue';
  const place = [file, row, col].filter((part) => part !== undefined).join(':');
  const way = help === undefined ? '' : `  help: ${printable(help)}\n`;
  return `${paint(colour, severity)} ${code} ${printable(place)} ${printable(message)}\n${way}`;
}

function renderCase({ status, suite, name, message, explanation }: CaseResult, { paint }: ReportContext): string {
  const lines = explanation === undefined ? [] : explanation.split('\n').map(printable);
  const head = `${paint('red', status)} ${printable(suite)} › ${printable(name)}`;
  return [head, ...[message ?? ''].filter(Boolean).map(printable), ...lines].map((line) => `${line}\n`).join('');
}
