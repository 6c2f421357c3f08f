import type { ReportTable } from '../reporters/report.ts';
import type { Example } from './group-table.ts';
import { changeKinds } from './measures.ts';
import type { RunFacts } from './part.ts';
import { touches } from './rule-touches.ts';
import { dimensions, KEY_SEPARATOR, type TableName, type TallyState } from './tally.ts';

export interface RankedGroup {
  readonly parts: readonly string[];
  readonly count: number;
  readonly example: Example;
}

/** The groups of a table, the most frequent first. */
export function allGroups({ tables }: TallyState, name: TableName): RankedGroup[] {
  return (tables[name]?.groups ?? [])
    .map(([key, count, example]) => ({ parts: key.split(KEY_SEPARATOR), count, example }))
    .sort((a, b) => b.count - a.count || (a.parts.join(KEY_SEPARATOR) < b.parts.join(KEY_SEPARATOR) ? -1 : 1));
}

/** As many groups of each kind of change as are asked for. */
function top(tally: TallyState, name: TableName, limit: number): RankedGroup[] {
  const taken = new Map<string, number>();
  return allGroups(tally, name).filter(({ parts: [kind = ''] }) => {
    const before = taken.get(kind) ?? 0;
    taken.set(kind, before + 1);
    return before < limit;
  });
}

const grouped = ['rule', 'subject', 'resource', 'fingerprint', 'obligation', 'unexpected'] as const;

/** For programs: the same groups as in the tables, with what a table was cut to where it was. */
export function topGroups({ limit_groups }: RunFacts, tally: TallyState): Record<string, unknown> {
  const tables = grouped.map((name) => [
    name,
    {
      known: tally.tables[name]?.groups.length ?? 0,
      /** One in so many keys was kept: there were too many to count each. */
      sampled: 2 ** (tally.tables[name]?.halvings ?? 0),
      top: top(tally, name, limit_groups).map(({ parts: [change, ...what], count, example }) => ({
        change,
        what,
        count,
        example,
      })),
    },
  ]);
  const plain = (['parsed', 'error'] as const).map((name) => [
    name,
    {
      known: tally.tables[name]?.groups.length ?? 0,
      sampled: 2 ** (tally.tables[name]?.halvings ?? 0),
      top: allGroups(tally, name)
        .slice(0, limit_groups)
        .map(({ parts, count, example }) => ({ what: parts, count, example })),
    },
  ]);
  return Object.fromEntries([...tables, ...plain]) as Record<string, unknown>;
}

const effects = ['allow', 'review', 'deny'];

export function tablesOf(run: RunFacts, tally: TallyState): ReportTable[] {
  const limit = run.limit_groups;
  return [
    decisions(tally),
    changes(tally),
    ...dimensions.map((name) =>
      groupTable(`Changes by ${name}`, [name], top(tally, name, limit), cutNote(tally, name)),
    ),
    groupTable(
      'What is owed',
      ['obligation', 'from → to'],
      top(tally, 'obligation', limit),
      cutNote(tally, 'obligation'),
    ),
    groupTable(
      'Not expected',
      ['rule or obligation', 'fingerprint'],
      top(tally, 'unexpected', limit),
      cutNote(tally, 'unexpected'),
    ),
    parsedDifferently(tally, limit),
    untouched(run, tally),
    counts('Taken as recorded', 'because of', tally.kept),
    counts('Refused without a decision', 'code', tally.refused),
  ].filter(({ rows }) => rows.length > 0);
}

function decisions({ matrix }: TallyState): ReportTable {
  const rows = effects
    .map((from) => [from, ...effects.map((to) => amount(matrix[`${from}->${to}`] ?? 0))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== '0'));
  return { title: 'Decisions', columns: ['was \\ is', ...effects], rows };
}

function changes({ changes: all, counters }: TallyState): ReportTable {
  const judged = counters['judged'] ?? 0;
  const rows = changeKinds.flatMap((kind) => {
    const { count = 0, accepted = 0, parsed_differently = 0 } = all[kind] ?? {};
    if (count === 0) return [];
    return [[kind, amount(count), share(count, judged), amount(accepted), amount(parsed_differently)]];
  });
  return { title: 'Changes', columns: ['change', 'commands', 'share', 'expected', 'read differently'], rows };
}

function groupTable(
  title: string,
  names: readonly string[],
  groups: readonly RankedGroup[],
  note?: string,
): ReportTable {
  const rows = groups.map(({ parts: [change = '', ...what], count, example }) => [
    change,
    ...names.map((_, index) => what[index] ?? ''),
    amount(count),
    oneLine(example.text),
    `${example.file}:${example.row}`,
  ]);
  return {
    title,
    columns: ['change', ...names, 'commands', 'such as', 'at'],
    rows,
    ...(note === undefined ? {} : { note }),
  };
}

function parsedDifferently(tally: TallyState, limit: number): ReportTable {
  const groups = allGroups(tally, 'parsed');
  const rows = groups
    .slice(0, limit)
    .map(({ parts: [what = ''], count, example }) => [
      what,
      amount(count),
      oneLine(example.text),
      `${example.file}:${example.row}`,
    ]);
  const left = groups.length - rows.length;
  return {
    title: 'Parsed differently than recorded',
    columns: ['difference', 'commands', 'such as', 'at'],
    rows,
    ...(left === 0 ? {} : { note: `${left} more` }),
  };
}

function untouched({ rules }: RunFacts, { fired }: TallyState): ReportTable {
  const rows = rules
    .filter((rule) => touches(rule, fired) === 0)
    .map(({ id, effect, title = '', file, row }) => [id, effect, title, `${file}:${row}`]);
  return {
    title: 'Rules that this traffic never touched',
    columns: ['rule', 'effect', 'title', 'at'],
    rows,
    note: `${rows.length} of ${rules.length} rules`,
  };
}

function counts(title: string, column: string, entries: Readonly<Record<string, number>>): ReportTable {
  return {
    title,
    columns: [column, 'commands'],
    rows: Object.entries(entries).map(([name, count]) => [name, amount(count)]),
  };
}

/** Says so where not every group could be counted. */
function cutNote({ tables }: TallyState, name: TableName): string | undefined {
  const halvings = tables[name]?.halvings ?? 0;
  return halvings === 0
    ? undefined
    : `of one in ${2 ** halvings} groups, chosen by their hash: there are too many to count each`;
}

function amount(count: number): string {
  return count.toLocaleString('en-US');
}

function share(count: number, of: number): string {
  return of === 0 ? '' : `${((100 * count) / of).toFixed(2)} %`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}
