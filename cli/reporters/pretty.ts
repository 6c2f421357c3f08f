import type { Diagnostic } from '../../engine/contract.ts';
import { countCases } from './counts.ts';
import { renderExcerpt } from './excerpt.ts';
import type { ReportContext } from './formats.ts';
import { byPlace, groupBy, troubles } from './order.ts';
import { placeOf, positionOf } from './position.ts';
import type { CaseResult, Report } from './report.ts';
import { renderTable } from './tables.ts';
import { oneLine, plural, printableLines, shorten } from './text.ts';

/** More than a person reads; `--verbose` prints all. */
const maximumFindings = 500;
const maximumCases = 200;
const maximumMessage = 2_000;

const colours = { error: 'red', warning: 'yellow', info: 'blue' } as const;
const marks = { passed: '✓', failed: '✗', error: '✗', skipped: '-' } as const;
const words = { passed: 'passed', failed: 'failed', error: 'could not run', skipped: 'skipped' } as const;
const statuses = ['failed', 'error', 'passed', 'skipped'] as const;
const markColours = { passed: 'green', failed: 'red', error: 'red', skipped: 'yellow' } as const;

/** For a person at a terminal or before a log: what is wrong, where, and the summary last. */
export function renderPretty(report: Report, context: ReportContext): string {
  const { findings, cases, tables, summary, exitCode } = report;
  const colour = (['green', 'red', 'red'] as const)[exitCode];
  const blocks = [
    ...renderFindings(findings, report, context),
    renderSuites(cases, context),
    ...renderTroubles(cases, context),
    ...tables.map((table) => renderTable(table, context.paint)),
    `${context.paint(colour, oneLine(summary))}\n`,
  ];
  return blocks.filter((block) => block !== '').join('\n');
}

function renderFindings(findings: readonly Diagnostic[], { rules }: Report, context: ReportContext): string[] {
  const shown = context.verbose ? findings.length : maximumFindings;
  const told = new Set<string>();
  const blocks = byPlace(findings)
    .slice(0, shown)
    .map((finding) => {
      // A page is named where its rule is met first: the rest of the list stays short.
      const url = told.has(finding.code) || !Object.hasOwn(rules, finding.code) ? undefined : rules[finding.code]?.url;
      told.add(finding.code);
      return renderFinding(finding, url, context);
    });
  return withRest(blocks, findings.length - shown, 'finding');
}

function renderFinding(finding: Diagnostic, url: string | undefined, { paint, sources }: ReportContext): string {
  const { severity, code, message, help, file } = finding;
  const position = positionOf(finding);
  const place = placeOf(file, position);
  const head = [
    paint(colours[severity], `${severity}[${oneLine(code)}]`),
    ...(place === '' ? [] : [paint('bold', oneLine(place))]),
  ].join(' ');
  const [first = '', ...more] = printableLines(shorten(message, maximumMessage));
  return [
    `${head} ${first}\n`,
    ...more.map((line) => `  ${line}\n`),
    renderExcerpt(file, position, sources, paint, colours[severity]),
    help === undefined ? '' : `  ${paint('dim', 'help:')} ${oneLine(shorten(help, maximumMessage))}\n`,
    url === undefined ? '' : `  ${paint('dim', 'see:')} ${oneLine(url)}\n`,
  ].join('');
}

/** A line for every suite: how many of its cases passed. The cases below it where everything is wanted. */
function renderSuites(cases: readonly CaseResult[], { paint, verbose }: ReportContext): string {
  const lines = [...groupBy(cases, ({ suite }) => suite)].flatMap(([suite, members]) => {
    const counts = countCases(members);
    const worst = counts.failed + counts.error > 0 ? 'failed' : counts.passed > 0 ? 'passed' : 'skipped';
    const told = statuses.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${words[status]}`);
    const head = `${paint(markColours[worst], marks[worst])} ${oneLine(suite)} ${paint('dim', `(${told.join(', ')})`)}\n`;
    return [head, ...(verbose ? members.map((one) => `  ${renderCaseLine(one, paint)}\n`) : [])];
  });
  return lines.join('');
}

function renderCaseLine({ name, status, durationMs, message }: CaseResult, paint: ReportContext['paint']): string {
  const time = durationMs === undefined ? '' : ` ${paint('dim', `${durationMs.toFixed(1)} ms`)}`;
  const why = status === 'skipped' && message !== undefined ? ` ${paint('dim', oneLine(message))}` : '';
  return `${paint(markColours[status], marks[status])} ${oneLine(name)}${time}${why}`;
}

function renderTroubles(cases: readonly CaseResult[], context: ReportContext): string[] {
  const all = troubles(cases);
  const shown = context.verbose ? all.length : maximumCases;
  const blocks = all.slice(0, shown).map((one) => renderTrouble(one, context));
  return withRest(blocks, all.length - shown, 'failed case');
}

function renderTrouble(one: CaseResult, { paint }: ReportContext): string {
  const { suite, name, status, file, message, explanation, output } = one;
  const place = placeOf(file, positionOf(one));
  const head = `${paint('red', `${marks[status]} ${status}`)} ${paint('bold', `${oneLine(suite)} › ${oneLine(name)}`)}`;
  const lines = [
    `${head}${place === '' ? '' : `  ${oneLine(place)}`}`,
    ...(message === undefined ? [] : printableLines(shorten(message, maximumMessage)).map((line) => `  ${line}`)),
    ...section(explanation, paint),
    ...(output === undefined || output === '' ? [] : [`  ${paint('dim', 'printed:')}`, ...section(output, paint)]),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** A bar before each line keeps what a case says apart from what the report says. */
function section(text: string | undefined, paint: ReportContext['paint']): string[] {
  if (text === undefined || text === '') return [];
  return printableLines(shorten(text, 20_000)).map((line) => `  ${paint('dim', '│')} ${line}`);
}

function withRest(blocks: string[], left: number, noun: string): string[] {
  if (left <= 0) return blocks;
  return [...blocks, `… and ${plural(left, `more ${noun}`)}; --verbose prints all of them\n`];
}
