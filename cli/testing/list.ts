import { formatFinding } from '../errors.ts';
import { printable } from '../reporters/terminal.ts';
import type { TestRun } from './run.ts';

/** The names of what would be run, a line each, as `--run` sees them; with their places. Findings come first. */
export function renderList({ tests, cases, findings }: TestRun, json: boolean): string {
  const items = [
    ...tests.map((one) => ({ ...one, name: `data.${one.suite}.${one.name}` })),
    ...cases.map((one) => ({ ...one, name: `${one.suite}: ${one.name}` })),
  ].map(({ name, file, row, status }) => ({ name, file, row, skipped: status === 'skipped' }));
  if (json) return `${JSON.stringify({ tests: items, findings }, null, 2)}\n`;
  const lines = items.map(({ name, file, row, skipped }) => {
    const place = `${file ?? ''}:${row ?? 1}`;
    return `${printable(name)}  ${printable(place)}${skipped ? '  (skipped)' : ''}\n`;
  });
  return [...findings.map(formatFinding), ...lines].join('');
}
