import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Diagnostic } from '../../engine/contract.ts';
import { packageVersion } from '../version.ts';
import type { ReportContext } from './formats.ts';
import { troubles, worstFirst } from './order.ts';
import { pathFromRoot } from './paths.ts';
import { positionOf, type Position } from './position.ts';
import type { Report, RuleInfo } from './report.ts';
import { oneLine, plural, shorten } from './text.ts';

/** GitHub code scanning refuses a run with more results. */
const maximumResults = 25_000;
/** Of a rule's texts GitHub keeps 1,024 characters, of a name 255, of tags ten. */
const maximumText = 1_000;
const maximumName = 255;
const maximumMessage = 4_000;

const levels = { error: 'error', warning: 'warning', info: 'note' } as const;

/** Findings and failed cases alike. */
interface Entry {
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly file: string | undefined;
  readonly position: Position | undefined;
}

/**
 * SARIF 2.1.0 (OASIS), in the shape that GitHub code scanning takes: every result has a location, every rule a help text,
 * and an upload of one command does not replace another's (automationDetails).
 */
export function renderSarif(report: Report, context: ReportContext): string {
  const { tool, exitCode } = report;
  const all = [...worstFirst(report.findings).map(fromFinding), ...casesOf(report)];
  const entries = all.slice(0, maximumResults);
  const ids = [...new Set(entries.map(({ rule }) => rule))];
  const indexes = new Map(ids.map((id, index) => [id, index]));
  const fingerprint = createFingerprints(context);
  const run = {
    tool: {
      driver: {
        name: 'Sallyport',
        semanticVersion: packageVersion(),
        rules: ids.map((id) => renderRule(id, ruleOf(id, report))),
      },
    },
    automationDetails: { id: `sallyport/${tool}/` },
    columnKind: 'unicodeCodePoints',
    originalUriBaseIds: { '%SRCROOT%': { description: { text: 'The root of the repository.' } } },
    invocations: [
      {
        executionSuccessful: exitCode !== 2,
        exitCode,
        toolExecutionNotifications: notifications(report, all.length - entries.length),
      },
    ],
    results: entries.map((entry) => ({
      ruleId: entry.rule,
      ruleIndex: indexes.get(entry.rule) ?? 0,
      level: entry.level,
      message: { text: escapeMessage(shorten(entry.message, maximumMessage)) },
      // A result without a location is refused: what is about everything is put to the first file.
      locations: [renderLocation(entry.file || report.files[0] || '.', entry.position, context)],
      partialFingerprints: { 'sallyportLine/v1': fingerprint(entry) },
    })),
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function fromFinding(finding: Diagnostic): Entry {
  const { code, severity, message, help, file } = finding;
  const text = help === undefined ? message : `${message}\n${help}`;
  return { rule: ruleId(code), level: levels[severity], message: text, file, position: positionOf(finding) };
}

function casesOf({ cases, tool }: Report): Entry[] {
  return troubles(cases).map((one) => {
    const { suite, name, status, message, file } = one;
    const text = `${suite} › ${name}${message === undefined ? '' : `: ${message}`}`;
    return { rule: `${tool}_case_${status}`, level: 'error', message: text, file, position: positionOf(one) };
  });
}

function ruleOf(id: string, { rules, tool }: Report): RuleInfo | undefined {
  if (id === `${tool}_case_failed`) return { title: 'A case did not come out as expected' };
  if (id === `${tool}_case_error`) return { title: 'A case could not be run' };
  return Object.hasOwn(rules, id) ? rules[id] : undefined;
}

function renderRule(id: string, info: RuleInfo | undefined): unknown {
  const title = text(info?.title) ?? id;
  const description = text(info?.description) ?? title;
  const url = info?.url;
  const page =
    url !== undefined && /^https?:\/\/[\w.-]+/.test(url) && URL.canParse(url) ? new URL(url).href : undefined;
  const category = text(info?.category);
  return {
    id,
    name: shorten(id, maximumName),
    shortDescription: { text: title },
    fullDescription: { text: description },
    ...(page === undefined ? {} : { helpUri: page }),
    help: { text: page === undefined ? description : `${description}\n${page}` },
    properties: { tags: ['policy', ...(category === undefined ? [] : [category])] },
  };
}

/** Texts of a rule may not be empty. */
function text(given: string | undefined): string | undefined {
  const line = oneLine(given ?? '');
  return line === '' ? undefined : shorten(line, maximumText);
}

/** Identifiers may not be empty either. */
function ruleId(code: string): string {
  return text(code) ?? 'unnamed';
}

function renderLocation(file: string, position: Position | undefined, { root }: ReportContext): unknown {
  return {
    physicalLocation: {
      artifactLocation: isAbsolute(file)
        ? { uri: pathToFileURL(wellFormed(file)).href }
        : { uri: relativeUri(pathFromRoot(file, root)), uriBaseId: '%SRCROOT%' },
      // Without a line GitHub refuses the result.
      region: position === undefined ? { startLine: 1 } : renderRegion(position),
    },
  };
}

function renderRegion({ row, col, end }: Position): unknown {
  return {
    startLine: row,
    ...(col === undefined ? {} : { startColumn: col }),
    ...(end === undefined ? {} : { endLine: end.row, endColumn: end.col }),
  };
}

/** RFC 3986: each step of the path percent-encoded; a colon in the first would make a scheme of it. */
function relativeUri(path: string): string {
  return wellFormed(path).split('/').map(encodeURIComponent).join('/');
}

/** Without lone surrogates, which have no percent-encoding. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** In a message `{0}` and `[text](1)` have a meaning (§3.11.5, §3.11.6). */
function escapeMessage(text: string): string {
  return text.replace(/[{}]/g, '$&$&').replace(/[\\[\]]/g, '\\$&');
}

function notifications(report: Report, left: number): unknown[] {
  const summary = { level: report.exitCode === 2 ? 'error' : 'note', message: { text: escapeMessage(report.summary) } };
  if (left <= 0) return [summary];
  const missing = `${plural(left, 'more result')} left out: code scanning takes ${maximumResults} of a run.`;
  return [summary, { level: 'warning', message: { text: missing } }];
}

/**
 * What stays the same while lines above come and go: the rule, the file and the words of the line (of the message, where
 * the file cannot be read), numbered where several are equal.
 */
function createFingerprints({ sources }: ReportContext): (entry: Entry) => string {
  const seen = new Map<string, number>();
  return ({ rule, file, position, message }) => {
    const line = file === undefined || position === undefined ? undefined : sources(file)?.[position.row - 1];
    const key = JSON.stringify([rule, file ?? '', line?.trim() ?? message]);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    return `${createHash('sha256').update(key).digest('hex').slice(0, 32)}:${number}`;
  };
}
