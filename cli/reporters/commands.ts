import type { Command, Diagnostic, FunctionUse, Target } from '../../engine/contract.ts';
import type { ParseResult } from '../../engine/dialect.ts';
import { printable, type Paint } from './terminal.ts';

/** What a dialect made of a statement, for a person's eyes. Ends with a newline. */
export function renderParse(text: string, result: ParseResult, paint: Paint): string {
  const blocks = result.commands.map((command, index) => renderCommand(command, index + 1, paint));
  if (blocks.length === 0) blocks.push('No commands: the statement does nothing.\n');
  return [...blocks, ...result.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text, paint))].join('\n');
}

/** One command, numbered from 1. Ends with a newline. */
export function renderCommand(command: Command, number: number, paint: Paint): string {
  const state = command.complete
    ? paint('green', 'complete')
    : paint('yellow', `incomplete: ${printable(command.reasons.join(', '))}`);
  const lines: [string, string][] = [
    ['text', shorten(printable(command.text))],
    ['effects', command.effects.join(', ')],
    ['targets', list(command.targets.map(renderTarget))],
    ['functions', list(command.functions.map(renderFunction))],
    ['attributes', renderAttributes(command)],
    ['secrets', list(command.secrets.map(({ start, end }) => `text[${start}..${end}]`))],
    ['fingerprint', shorten(printable(command.fingerprint))],
  ];
  const body = lines
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `   ${paint('dim', name.padEnd(12))}${value}\n`);
  return `${number}. ${paint('bold', printable(command.verb))}  ${state}\n${body.join('')}`;
}

function renderTarget({ access, kind, path, resolution }: Target): string {
  return `${access} ${kind} ${path.join('.')}${resolution === 'exact' ? '' : ` (${resolution})`}`;
}

function renderFunction({ path, category, known, volatility }: FunctionUse): string {
  const notes = [category, ...(volatility === undefined ? [] : [volatility]), ...(known ? [] : ['not known'])];
  return `${path.join('.')} (${notes.join(', ')})`;
}

function renderAttributes(command: Command): string {
  return list(Object.entries(command.attributes).map(([name, value]) => `${name}: ${JSON.stringify(value)}`));
}

/** How many targets or functions are listed: a dump names thousands, and --format json has them. */
const longestList = 50;

/** Indented below each other where there are several. */
function list(items: readonly string[]): string {
  const shown = items.slice(0, longestList).map((item) => shorten(printable(item)));
  if (items.length > longestList) shown.push(`… and ${items.length - longestList} more`);
  return shown.join(`\n${' '.repeat(15)}`);
}

function renderDiagnostic({ severity, code, message, help, span }: Diagnostic, text: string, paint: Paint): string {
  const colour = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'blue';
  const head = `${paint(colour, severity)} ${code}: ${printable(message)}\n`;
  const way = help === undefined ? '' : `  ${printable(help)}\n`;
  return head + (span === undefined ? '' : renderPlace(text, span.start, paint)) + way;
}

/** The line of the text that holds a position, with a mark under it. */
function renderPlace(text: string, position: number, paint: Paint): string {
  const begin = text.lastIndexOf('\n', position - 1) + 1;
  const end = text.indexOf('\n', position);
  // The mark must stand right where characters were written as escapes.
  const before = printable(text.slice(begin, position).slice(-60));
  const after = printable(text.slice(position, end < 0 ? undefined : end).slice(0, 60));
  return `  ${before}${after}\n  ${' '.repeat(before.length)}${paint('red', '^')}\n`;
}

function shorten(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 400)}… (${text.length} characters)`;
}
