import { checksOf, type Check } from './checks.ts';
import { groupBy } from './order.ts';
import { placeOf } from './position.ts';
import type { Report } from './report.ts';
import { escapeCharacter } from './terminal.ts';
import { shorten } from './text.ts';

/** Servers read a whole file into memory; a case's text that is longer helps nobody. */
const maximumText = 20_000;

/**
 * JUnit XML as Jenkins, GitLab, GitHub actions and others read it: elements and attributes of the Jenkins xUnit plugin's
 * junit-10.xsd and no others. A file's findings are one failed case.
 */
export function renderJunit(report: Report): string {
  const checks = checksOf(report);
  const suites = [...groupBy(checks, ({ suite }) => suite)].map(([name, members]) => renderSuite(name, members));
  const { failures, errors } = count(checks);
  const attributes = {
    name: `sallyport ${report.tool}`,
    tests: String(checks.length),
    failures: String(failures),
    errors: String(errors),
    time: seconds(total(checks)),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', attributes, `\n${suites.join('')}`)}`;
}

function renderSuite(name: string, checks: readonly Check[]): string {
  const { failures, errors, skipped } = count(checks);
  const files = new Set(checks.map(({ file }) => file));
  const [file] = files;
  const attributes = {
    name,
    tests: String(checks.length),
    failures: String(failures),
    errors: String(errors),
    skipped: String(skipped),
    time: seconds(total(checks)),
    ...(file !== undefined && files.size === 1 ? { file } : {}),
  };
  return element('testsuite', attributes, `\n${checks.map(renderCheck).join('')}`);
}

function renderCheck(check: Check): string {
  const { suite, name, status, output, durationMs } = check;
  const attributes = { name, classname: suite, ...(durationMs === undefined ? {} : { time: seconds(durationMs) }) };
  const parts = [
    ...(status === 'passed' ? [] : [renderTrouble(check)]),
    ...(output === undefined || output === '' ? [] : [element('system-out', {}, escapeText(output))]),
  ];
  return element('testcase', attributes, parts.length === 0 ? '' : `\n${parts.join('')}`);
}

function renderTrouble({ status, type = status, message = '', text, file, row }: Check): string {
  const name = status === 'failed' ? 'failure' : status === 'skipped' ? 'skipped' : 'error';
  // Most servers show the text alone.
  const place = placeOf(file, row === undefined ? undefined : { row });
  const body = [place, text ?? message].filter((part) => part !== '').join('\n');
  return element(name, { message: shorten(message, maximumText), type }, status === 'skipped' ? '' : escapeText(body));
}

/** An element; `content` is XML already. */
function element(name: string, attributes: Readonly<Record<string, string>>, content: string): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(value)}"`);
  const head = `<${name}${list.join('')}`;
  return content === '' ? `${head}/>\n` : `${head}>${content}</${name}>\n`;
}

function escapeAttribute(text: string): string {
  return escapeXml(text).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}

function escapeText(text: string): string {
  return escapeXml(shorten(text, maximumText));
}

/**
 * XML 1.0 §2.2 has no way to write most control characters, lone surrogates, U+FFFE and U+FFFF, not even as references:
 * they become visible escapes. So do C1 controls, which are discouraged, and carriage returns, which parsers rewrite.
 */
function escapeXml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, escapeCharacter)
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function count(checks: readonly Check[]): { failures: number; errors: number; skipped: number } {
  const of = (wanted: Check['status']): number => checks.filter(({ status }) => status === wanted).length;
  return { failures: of('failed'), errors: of('error'), skipped: of('skipped') };
}

function total(checks: readonly Check[]): number {
  return checks.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
}

/** Digits only: what is no time counts as none. */
function seconds(milliseconds: number): string {
  return (milliseconds > 0 && milliseconds < 1e15 ? milliseconds / 1000 : 0).toFixed(3);
}
