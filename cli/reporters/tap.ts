import { checksOf, type Check } from './checks.ts';
import { positionOf } from './position.ts';
import type { Report } from './report.ts';
import { oneLine, shorten } from './text.ts';

const maximumText = 20_000;

/** TAP version 14 (testanything.org): a plan, a line for every check, and a YAML block for what did not pass. */
export function renderTap(report: Report): string {
  const checks = checksOf(report);
  const plan = checks.length === 0 ? '1..0 # skip nothing to check' : `1..${checks.length}`;
  const lines = checks.map((check, index) => renderCheck(check, index + 1));
  return `TAP version 14\n${plan}\n${lines.join('')}# ${oneLine(report.summary)}\n`;
}

function renderCheck(check: Check, number: number): string {
  const { suite, name, status, message = '' } = check;
  const ok = status === 'passed' || status === 'skipped';
  const title = `${ok ? 'ok' : 'not ok'} ${number} - ${description(`${suite} › ${name}`)}`;
  if (status === 'skipped') return `${title} # SKIP ${description(message)}`.trimEnd() + '\n';
  return `${title}\n${ok ? '' : diagnostics(check)}`;
}

/** A `#` would begin a directive; a `\` before it would take its escape away. */
function description(text: string): string {
  return shorten(oneLine(text), 500).replace(/[\\#]/g, '\\$&');
}

function diagnostics({ status, type, message, text, file, row, output, durationMs }: Check): string {
  const line = positionOf({ ...(row === undefined ? {} : { row }) })?.row;
  const entries: [string, unknown][] = [
    ['message', message],
    ['severity', status === 'error' ? 'error' : 'fail'],
    ['type', type],
    ['at', file === undefined ? undefined : { file, line }],
    ['duration_ms', durationMs],
    ['details', text],
    ['output', output === '' ? undefined : output],
  ];
  const lines = entries.filter(([, value]) => value !== undefined).map(([key, value]) => `  ${key}: ${yaml(value)}\n`);
  return `  ---\n${lines.join('')}  ...\n`;
}

/** JSON is YAML, but for characters that YAML wants escaped and JSON does not. */
function yaml(value: unknown): string {
  const json = JSON.stringify(typeof value === 'string' ? shorten(value, maximumText) : value);
  return json.replace(
    /[\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
