import type { Command } from '../../../../engine/contract.ts';
import type { ColumnSource } from '../../../../engine/lineage.ts';
import type { ColumnAttribute } from '../attributes.ts';
import type { Analysis } from './analysis.ts';
import { sourceOf } from './memo.ts';
import type { Taint } from './taint.ts';

/** What the lists of `attributes.columns` are made of. */
export interface ReadColumns {
  readonly projected: Taint;
  readonly predicates: Taint;
  readonly elsewhere: Taint;
}

type Lists = Partial<Record<'projected' | 'predicates' | 'elsewhere', readonly ColumnAttribute[]>>;

/**
 * `attributes.columns` by the catalogue: whole paths, labels, and through subqueries, CTEs and views to the tables. Where
 * something of the command is unknown, what the text alone tells stays in the lists. Undefined where they would be empty.
 */
export function labelledColumns(command: Command, read: ReadColumns, analysis: Analysis): object | undefined {
  const before = listsOf(command);
  const list = (key: keyof ReadColumns): Map<string, ColumnAttribute> => {
    const taint = read[key];
    const found = new Map<string, ColumnAttribute>();
    const certain = isKnown(command) && taint.unknown === undefined;
    for (const { path } of before[key] ?? []) {
      if (certain && path.at(-1) !== '*') continue;
      const resolved = resolve(path, analysis);
      found.set(resolved.path.join('\0'), resolved);
    }
    for (const source of taint.sources) found.set(source.path.join('\0'), ofSource(source));
    return found;
  };
  const projected = list('projected');
  const predicates = list('predicates');
  const elsewhere = list('elsewhere');
  const all = new Map([...projected, ...predicates, ...elsewhere]);
  if (all.size === 0 && before.projected === undefined) return undefined;
  return {
    read: [...all.values()],
    projected: [...projected.values()],
    predicates: [...predicates.values()],
    ...(elsewhere.size > 0 ? { elsewhere: [...elsewhere.values()] } : {}),
  };
}

/** Statements whose every column lineage has looked at; of others the text's own lists are all that there is. */
const FOLLOWED: ReadonlySet<string> = new Set([
  'select',
  'insert',
  'update',
  'delete',
  'merge',
  'copy',
  'declare',
  'fetch',
]);

function isKnown(command: Command): boolean {
  const { statement } = command.attributes;
  return command.complete && typeof statement === 'string' && FOLLOWED.has(statement);
}

function ofSource({ path, labels }: ColumnSource): ColumnAttribute {
  return { path: [...path], labels: [...labels] };
}

/** A path of the text's, qualified and labelled where the catalogue has such a column. */
function resolve(path: readonly string[], analysis: Analysis): ColumnAttribute {
  const column = path.at(-1) ?? '';
  const relname = path.at(-2);
  const schemaname = path.at(-3);
  const asItIs = { path: [...path], labels: [] };
  if (relname === undefined) return asItIs;
  const range = { relname, ...(schemaname === undefined ? {} : { schemaname }) };
  const found = analysis.resolver.relation(range);
  if (found.kind !== 'relation') return asItIs;
  const { relation } = found;
  const columns = relation.columns.filter(({ name }) => column === '*' || name === column);
  if (columns.length === 0) return asItIs;
  const labels = new Set(columns.flatMap((each) => sourceOf(relation, each, analysis.memo).labels));
  return { path: [relation.schema, relation.name, column], labels: [...labels].sort() };
}

function listsOf(command: Command): Lists {
  const columns = command.attributes['columns'];
  if (!isRecord(columns)) return {};
  return {
    projected: pathsOf(columns['projected']),
    predicates: pathsOf(columns['predicates']),
    elsewhere: pathsOf(columns['elsewhere']),
  };
}

function pathsOf(list: unknown): ColumnAttribute[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown): ColumnAttribute[] => {
    if (!isRecord(entry) || !Array.isArray(entry['path'])) return [];
    return [{ path: entry['path'].filter((part): part is string => typeof part === 'string'), labels: [] }];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
