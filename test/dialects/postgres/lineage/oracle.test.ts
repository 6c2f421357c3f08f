import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Catalogue } from '../../../../engine/catalogue.ts';
import type { CommandLineage } from '../../../../engine/lineage.ts';
import { CHANGES } from '../../../corpus/masking/labels.ts';
import { labelledQueries, type Case } from '../../../corpus/masking/labelled.ts';
import { mixedQueries } from '../../../corpus/masking/mixed.ts';
import { isOpaque } from '../../../corpus/masking/opaque.ts';
import { isSuspect, openCorpus, Session } from './support.ts';
import { query, type Answer } from './wire.ts';

let database: PGlite;
let catalogue: Catalogue;

beforeAll(async () => {
  ({ database, catalogue } = await openCorpus());
}, 60_000);

afterAll(async () => {
  await database.close();
});

/** Every labelled column holds other values, in places where triggers do not see it. */
const everyChange = [
  'SET LOCAL session_replication_role = replica',
  ...Object.values(CHANGES),
  'REFRESH MATERIALIZED VIEW mail_list',
  'SET LOCAL session_replication_role = origin',
].join(';');

/** Runs statements in a transaction that is undone; the last one's answer. */
async function ask(statements: readonly string[], before: readonly string[] = []): Promise<Answer> {
  let answer = await query(database, 'BEGIN');
  for (const text of [...before, ...statements]) {
    if (answer.error === undefined) answer = await query(database, text);
  }
  await query(database, 'ROLLBACK; DEALLOCATE ALL; CLOSE ALL');
  return answer;
}

/** Columns of the answer that hold other values once every labelled column does. */
async function changedColumns(statements: readonly string[]): Promise<{ answer: Answer; changed: readonly number[] }> {
  const answer = await ask(statements);
  const after = await ask(statements, [everyChange]);
  if (answer.error !== undefined || after.error !== undefined) return { answer, changed: [] };
  const values = ({ rows }: Answer, index: number): string =>
    rows
      .map((row) => String(row[index]))
      .sort()
      .join('\n');
  const changed = answer.names
    .map((_, index) => index)
    .filter((index) => values(answer, index) !== values(after, index));
  return { answer, changed };
}

const flat = (one: Case): readonly string[] => (typeof one === 'string' ? [one] : one);

function lineageOf(statements: readonly string[], session = new Session(catalogue)): CommandLineage {
  let last: CommandLineage | undefined;
  for (const text of statements) [last] = session.follow(text).commands;
  if (last === undefined) throw new Error('No command.');
  return last;
}

const cases = Object.entries(labelledQueries).flatMap(([group, list]) =>
  list.map((one) => ({ group, statements: flat(one) })),
);

/** Where the server says that a column comes from, as lineage foresaw it. System columns and rows are told as well. */
function expectOrigins(answer: Answer, { columns }: CommandLineage): void {
  if ('unknown' in columns) return;
  expect(columns.map(({ origin }) => [origin?.relation ?? 0, origin?.attribute ?? 0])).toEqual(answer.origins);
}

describe('what changes with a labelled column is known to come from one, or unknown', () => {
  test.each(cases)('$group: $statements', async ({ statements }) => {
    const { answer, changed } = await changedColumns(statements);
    const lineage = lineageOf(statements);
    const { columns } = lineage;
    if ('unknown' in columns) {
      expect(isOpaque(statements.join()), columns.unknown).toBe(true);
      return;
    }
    const missed = changed.filter((index) => {
      const column = columns[index];
      return column === undefined || !isSuspect(column);
    });
    expect(missed).toEqual([]);
    if (answer.error !== undefined || answer.names.length === 0) return;
    expect(columns.map(({ name }) => name)).toEqual(answer.names);
    if (!/ (t|u|pg_temp\.u)\b/.test(statements.at(-1) ?? '') || statements.length === 1) expectOrigins(answer, lineage);
  });
});

describe('the same queries over tables without labels show nothing', () => {
  const plain = cases
    .map(({ group, statements }) => ({
      group,
      statements: statements.map((text) => text.replaceAll('zq7', 'abc').replaceAll('public.', 'plain.')),
    }))
    .filter(({ statements }) => !isOpaque(statements.join()));

  test.each(plain)('$group: $statements', async ({ statements }) => {
    const lineage = lineageOf(statements, new Session(catalogue, ['plain']));
    expect('unknown' in lineage.columns ? lineage.columns : lineage.columns.filter(isSuspect)).toEqual([]);
    expect(lineage.flows.flatMap(({ columns }) => columns).filter(isSuspect)).toEqual([]);
    const answer = await ask(statements, ['SET LOCAL search_path = plain']);
    if (answer.error !== undefined || answer.names.length === 0 || statements.length > 1) return;
    expectOrigins(answer, lineage);
  });
});

describe('what shows nothing labelled is taken for clean', () => {
  test('but for 10 % of the columns at most', async () => {
    const masked: string[] = [];
    let clean = 0;
    for (const text of mixedQueries) {
      const { answer, changed } = await changedColumns([text]);
      expect(answer.error, text).toBeUndefined();
      const { columns } = lineageOf([text]);
      if ('unknown' in columns) throw new Error(`${text}: ${columns.unknown}`);
      columns.forEach((column, index) => {
        if (changed.includes(index)) return;
        clean++;
        if (isSuspect(column)) masked.push(`${column.name} of ${text}`);
      });
    }
    console.log(`${masked.length} of ${clean} clean columns are taken for labelled ones:\n${masked.join('\n')}`);
    expect(masked.length / clean).toBeLessThanOrEqual(0.1);
  });
});
