import type { Command } from '../../engine/contract.ts';
import type { StatementDecision } from '../../engine/statement-decision.ts';
import { printable, type Paint } from './terminal.ts';

const colours = { allow: 'green', deny: 'red', review: 'yellow' } as const;

/** A decision for a person's eyes, the rules that made it and what to do next. Ends with a newline. */
export function renderDecision({ effect, reasons, obligations }: StatementDecision, paint: Paint): string {
  const lines = reasons.flatMap(({ rule, message, severity, remediation }) => [
    `   ${paint('dim', printable(rule))} ${printable(message)}${severity === undefined ? '' : ` (${printable(severity)})`}`,
    ...(remediation === undefined ? [] : [`   ${paint('dim', 'instead:')} ${printable(remediation)}`]),
  ]);
  const owed = obligations.map((obligation) => `   ${paint('dim', 'owed:')} ${printable(JSON.stringify(obligation))}`);
  return `${paint(colours[effect], effect)}\n${[...lines, ...owed].map((line) => `${line}\n`).join('')}`;
}

/** The command that a decision is about, on one line. */
export function renderSubjectMatter({ verb, text, effects }: Command, paint: Paint): string {
  const line = printable(text.replace(/\s+/g, ' '));
  return `${paint('bold', printable(verb))} [${effects.join(', ')}] ${line.length > 100 ? `${line.slice(0, 100)}…` : line}`;
}
