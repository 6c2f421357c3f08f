import type { MaskOutcome } from '../masking/mask-outcome.ts';
import { printable, type Paint } from './terminal.ts';

/**
 * The columns of a result, a line each: name, type, where it comes from, labels, and how it is masked; and why a gateway
 * would refuse the command although the policy lets it pass. Ends with a newline; '' where there is nothing to show.
 */
export function renderColumns(outcome: MaskOutcome | undefined, paint: Paint): string {
  if (outcome === undefined) return '';
  const { columns, refused } = outcome;
  const rows = columns.map(({ name, type, provenance, labels, mask }) =>
    [name === '' ? '?' : name, type === '' ? '?' : type, provenance, labels.join(' '), mask].map(printable),
  );
  const widths = [0, 1, 2, 3].map((index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) => {
    const padded = row.slice(0, -1).map((cell, index) => cell.padEnd(widths[index] ?? 0));
    const mask = row.at(-1) ?? '';
    return `     ${padded.join('  ')}  ${paint(mask === 'shown' ? 'green' : 'yellow', mask)}\n`;
  });
  const head = lines.length === 0 ? '' : `   ${paint('dim', 'result:')}\n`;
  const away =
    refused === undefined
      ? ''
      : `   ${paint('red', 'refused by the gateway:')} ${printable(refused.rule)} ${printable(refused.message)}\n`;
  return `${head}${lines.join('')}${away}`;
}
