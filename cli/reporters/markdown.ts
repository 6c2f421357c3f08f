import type { Diagnostic } from '../../engine/contract.ts';
import type { ReportContext } from './formats.ts';
import { markdownBlock, markdownCode, markdownText } from './markdown-text.ts';
import { troubles, worstFirst } from './order.ts';
import { pathFromRoot } from './paths.ts';
import { placeOf, positionOf } from './position.ts';
import type { CaseResult, Report, ReportTable } from './report.ts';
import { plural } from './text.ts';

/** GitHub refuses longer comments. It counts characters; counting bytes stays below that. */
const maximumBytes = 65_536;
/** What stands at the end says that something was left out. */
const reserve = 400;

const longTable = 12;

const icons = ['✅', '❌', '⛔'] as const;
const severities = { error: '🔴 error', warning: '🟡 warning', info: '🔵 info' } as const;

/**
 * A comment for a pull request. A bot finds the one that it wrote before by the first line, which is not shown, and
 * replaces it. Never longer than a comment may be: what does not fit is counted.
 */
export function renderMarkdown(report: Report, context: ReportContext): string {
  const { tool, summary, exitCode } = report;
  const head = `<!-- sallyport:${tool} -->\n### ${icons[exitCode]} sallyport ${tool}: ${markdownText(summary)}\n`;
  const page = new Page(head);
  for (const table of report.tables) addTable(page, table);
  addFindings(page, report, context);
  for (const one of troubles(report.cases)) page.add(renderCase(one, context), 'failed case');
  return page.end();
}

/** Text that takes pieces as long as they fit. */
class Page {
  #text: string;
  #bytes: number;
  readonly #left = new Map<string, number>();

  constructor(head: string) {
    this.#text = head;
    this.#bytes = Buffer.byteLength(head);
  }

  /** Adds a piece, or counts it under what it is one of. */
  add(piece: string, noun: string, closing = 0): boolean {
    const bytes = Buffer.byteLength(piece);
    if (this.#bytes + bytes + closing + reserve > maximumBytes) {
      this.leave(noun);
      return false;
    }
    this.#text += piece;
    this.#bytes += bytes;
    return true;
  }

  leave(noun: string, count = 1): void {
    this.#left.set(noun, (this.#left.get(noun) ?? 0) + count);
  }

  end(): string {
    if (this.#left.size === 0) return this.#text;
    const what = [...this.#left].map(([noun, count]) => plural(count, noun)).join(', ');
    return `${this.#text}\n> **Not shown here: ${what}.** A comment holds no more; the JSON report has all of them.\n`;
  }
}

function addTable(page: Page, { title, columns, rows, note }: ReportTable): void {
  if (columns.length === 0) return;
  const line = (cells: readonly string[]): string =>
    `| ${columns.map((_, index) => markdownText(cells[index] ?? '', 200)).join(' | ')} |\n`;
  const columnsLine = `${line(columns)}|${columns.map(() => ' --- |').join('')}\n`;
  const below = note === undefined ? '' : `\n${markdownText(note)}\n`;
  const name = markdownText(title);
  // A long table would push what is below it out of sight.
  const long = rows.length > longTable;
  const head = long
    ? `\n<details><summary>${name} (${rows.length})</summary>\n\n${columnsLine}`
    : `\n**${name}**\n\n${columnsLine}`;
  const foot = long ? `${below}\n</details>\n` : below;
  addList(page, head, rows.map(line), foot, 'table row');
}

function addFindings(page: Page, { findings, rules }: Report, context: ReportContext): void {
  if (findings.length === 0) return;
  const line = (finding: Diagnostic): string => {
    const { severity, code, message, help } = finding;
    const info = Object.hasOwn(rules, code) ? rules[code] : undefined;
    const way = help === undefined ? '' : `<br>${markdownText(help)}`;
    const rule = link(markdownCode(code), info?.url);
    return `| ${severities[severity]} | ${renderPlace(finding, context)} | ${markdownText(message)}${way} | ${rule} |\n`;
  };
  const head = `\n<details open><summary>${plural(findings.length, 'finding')}</summary>\n\n| | Where | What | Rule |\n| --- | --- | --- | --- |\n`;
  addList(page, head, worstFirst(findings).map(line), '\n</details>\n', 'finding');
}

/** A head, as many lines as fit, and a foot; nothing where not even one line fits. */
function addList(page: Page, head: string, lines: readonly string[], foot: string, noun: string): void {
  const closing = Buffer.byteLength(foot);
  const [first = '', ...others] = lines;
  if (!page.add(head + first, noun, closing)) {
    page.leave(noun, others.length);
    return;
  }
  const misfit = others.findIndex((line) => !page.add(line, noun, closing));
  if (misfit >= 0) page.leave(noun, others.length - misfit - 1);
  page.add(foot, noun);
}

function renderCase(one: CaseResult, context: ReportContext): string {
  const { suite, name, status, message, explanation, output } = one;
  const place = renderPlace(one, context);
  const title = `${markdownText(suite)} › ${markdownText(name)}${status === 'error' ? ' (could not run)' : ''}`;
  const parts = [
    [place, message === undefined ? '' : markdownText(message)].filter((part) => part !== '').join(' '),
    explanation === undefined || explanation === '' ? '' : markdownBlock(explanation),
    output === undefined || output === '' ? '' : `Printed:\n\n${markdownBlock(output)}`,
  ];
  const body = parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .join('\n\n');
  return `\n<details><summary>❌ ${title}</summary>\n\n${body}\n\n</details>\n`;
}

function renderPlace(where: Pick<Diagnostic, 'file' | 'row' | 'col'>, { root, repository }: ReportContext): string {
  const { file } = where;
  if (file === undefined) return '';
  const position = positionOf(where);
  const url =
    repository === undefined
      ? undefined
      : `${repository}/${encodePath(pathFromRoot(file, root))}${position === undefined ? '' : `#L${position.row}`}`;
  return link(markdownCode(placeOf(file, position)), url);
}

function link(text: string, url: string | undefined): string {
  // Nothing in an address may end the link or the table's cell.
  return url !== undefined && /^https?:\/\/[^\s()<>|\\`]+$/.test(url) ? `[${text}](${url})` : text;
}

function encodePath(path: string): string {
  const wellFormed = Buffer.from(path, 'utf8').toString('utf8');
  return encodeURIComponent(wellFormed)
    .replaceAll('%2F', '/')
    .replace(/[()']/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
