import type { MaskedColumn } from '../masking/mask-outcome.ts';
import type { ColumnExpectation, ExpectedColumn, ExpectedColumns } from './types.ts';

/**
 * Compares a result's columns with what a case expects of them.
 *
 * @param actual absent where values were not followed
 * @returns what differs, one line each
 */
export function compareColumns(
  expected: ExpectedColumns,
  actual: readonly MaskedColumn[] | undefined,
  place: string,
): string[] {
  const key = `${place}columns`;
  if (actual === undefined) return [`${key}: no values were followed; give the case a \`catalogue\``];
  if (!isList(expected)) return Object.entries(expected).flatMap(([name, one]) => compareNamed(name, one, actual, key));
  if (expected.length !== actual.length) {
    return [`${key}: expected ${expected.length}, found ${actual.length}: ${shown(actual)}`];
  }
  return expected.flatMap((one, index) => {
    const [name = '', column = null] = Object.entries(one)[0] ?? [];
    const found = actual[index];
    if (found === undefined) return [];
    if (found.name !== name) return [`${key}[${index}]: expected ${name}, found ${nameOf(found)}`];
    return compareOne(column, found, `${key}[${index}] ${name}`);
  });
}

function isList(expected: ExpectedColumns): expected is readonly Readonly<Record<string, ExpectedColumn>>[] {
  return Array.isArray(expected);
}

/** A result may have several columns of one name: each of them is meant. */
function compareNamed(name: string, expected: ExpectedColumn, actual: readonly MaskedColumn[], key: string): string[] {
  const found = actual.filter((column) => column.name === name);
  if (found.length === 0) return [`${key}: there is no ${name}; there are: ${shown(actual)}`];
  return found.flatMap((column) => compareOne(expected, column, `${key}.${name}`));
}

function compareOne(expected: ExpectedColumn, column: MaskedColumn, place: string): string[] {
  const wanted: ColumnExpectation = typeof expected === 'object' && expected !== null ? expected : { mask: expected };
  const lines: string[] = [];
  const compare = (what: string, want: string | undefined, is: string): void => {
    if (want !== undefined && want !== is) lines.push(`${place}${what}: expected ${want}, found ${is}`);
  };
  // YAML's null is the mask of that name.
  compare('', wanted.mask === null ? 'null' : wanted.mask, column.mask);
  compare('.provenance', wanted.provenance, column.provenance);
  compare('.type', wanted.type, column.type);
  compare('.labels', wanted.labels === undefined ? undefined : list(wanted.labels), list(column.labels));
  return lines;
}

function list(labels: readonly string[]): string {
  return labels.length === 0 ? 'none' : [...labels].sort().join(', ');
}

function shown(columns: readonly MaskedColumn[]): string {
  return columns.length === 0 ? 'none' : columns.map((column) => `${nameOf(column)} ${column.mask}`).join(', ');
}

function nameOf({ name }: MaskedColumn): string {
  return name === '' ? '(unnamed)' : name;
}
