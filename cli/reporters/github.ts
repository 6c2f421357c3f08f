import { namesTrouble } from './checks.ts';
import type { ReportContext } from './formats.ts';
import { defuseWorkflowCommands } from './github-environment.ts';
import { troubles, worstFirst } from './order.ts';
import { pathFromRoot } from './paths.ts';
import { positionOf, type Position } from './position.ts';
import type { Report } from './report.ts';
import { oneLine, printableLines, shorten } from './text.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

/** An annotation's text is shown whole in a pull request. GitHub keeps 64 KB of it. */
const maximumMessage = 4_000;
const maximumTitle = 200;

/**
 * Workflow commands of GitHub Actions, which show findings beside the lines of a pull request
 * (docs.github.com, "Workflow commands"). GitHub shows ten errors, warnings and notices each for a step, so the worst
 * come first; all of them stand in the log. The summary is the last line.
 */
export function renderGithub(report: Report, { root }: ReportContext): string {
  const { findings, rules, cases, summary, exitCode, tool } = report;
  const lines = worstFirst(findings).map(({ severity, code, message, help, file, ...where }) => {
    const title = Object.hasOwn(rules, code) ? `${code}: ${rules[code]?.title ?? ''}` : code;
    const text = help === undefined ? message : `${message}\nhelp: ${help}`;
    return annotation(commands[severity], pathFromRoot(file, root), positionOf(where), title, text);
  });
  for (const one of troubles(cases)) {
    const { suite, name, file, message, explanation } = one;
    const text = [message, explanation].filter((part) => part !== undefined && part !== '').join('\n');
    lines.push(annotation('error', pathFromRoot(file, root), positionOf(one), `${suite} › ${name}`, text));
  }
  // A step that fails without a word would send people searching through the log.
  if (exitCode !== 0 && !namesTrouble(report)) {
    lines.push(annotation('error', undefined, undefined, `sallyport ${tool}`, summary));
  }
  return [...lines, defuseWorkflowCommands(`sallyport ${tool}: ${oneLine(summary)}`)]
    .map((line) => `${line}\n`)
    .join('');
}

function annotation(
  command: string,
  file: string | undefined,
  position: Position | undefined,
  title: string,
  message: string,
): string {
  const properties: [string, string | number | undefined][] = [
    ['file', file],
    ...(file === undefined || position === undefined ? [] : place(position)),
    ['title', shorten(oneLine(title), maximumTitle)],
  ];
  const list = properties
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  const text = printableLines(shorten(message, maximumMessage)).join('\n');
  return `::${command} ${list.join(',')}::${escapeData(text === '' ? title : text)}`;
}

/** The runner drops columns where the lines differ. */
function place({ row, col, end }: Position): [string, number | undefined][] {
  if (end !== undefined && end.row !== row) {
    return [
      ['line', row],
      ['endLine', end.row],
    ];
  }
  return [
    ['line', row],
    ['col', col],
    ['endColumn', end?.col],
  ];
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
