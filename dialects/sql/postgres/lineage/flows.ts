import type { ColumnSource, Flow, OutputColumn, OutputColumns } from '../../../../engine/lineage.ts';
import type { Analysis } from './analysis.ts';
import {
  CLEAN,
  derived,
  unknownTaint,
  within,
  type Field,
  type Rows,
  type Taint,
  type TypeRef,
  type Value,
} from './taint.ts';

/** A value as a result's column. */
export function outputColumn(name: string, value: Value): OutputColumn {
  const { taint, origin, direct } = value;
  const sources = [...taint.sources];
  const kind = taint.unknown !== undefined ? 'unknown' : direct === true && sources.length > 0 ? 'direct' : 'derived';
  return {
    name,
    kind,
    sources,
    ...(origin === undefined ? {} : { origin }),
    type: typeName(value.type),
    ...(taint.unknown === undefined ? {} : { reason: taint.unknown }),
  };
}

function typeName(type: TypeRef | undefined): string {
  if (type === undefined) return '';
  return type.array === true ? `${type.name}[]` : type.name;
}

export function outputColumns(rows: Rows): OutputColumns {
  if (rows.open !== undefined) return { unknown: rows.open.unknown ?? 'unknown_columns' };
  return rows.fields.map((field) => outputColumn(field.name, field.value));
}

/** Columns of a relation that is filled: where nobody knows how many, one without a name stands for all. */
export function flowColumns(rows: Rows): readonly OutputColumn[] {
  const columns = rows.fields.map((field) => outputColumn(field.name, field.value));
  return rows.open === undefined ? columns : [...columns, outputColumn('', derived(unknownOf(rows.open)))];
}

function unknownOf(taint: Taint): Taint {
  return { sources: taint.sources, unknown: taint.unknown ?? 'unknown_columns' };
}

/** Notes that values go to a place out of sight; constants may go anywhere. */
export function carry(analysis: Analysis, into: Flow['into'], path: readonly string[], taint: Taint): void {
  if (within(taint, CLEAN)) return;
  analysis.flows.push({ into, path, columns: [outputColumn('', derived(taint))], creates: false });
}

/** A column that is assigned: what it depends on already does not flow into it. */
export function assigned(field: Field | undefined, name: string, taint: Taint): OutputColumn {
  const before: ReadonlySet<ColumnSource> = field?.value.taint.sources ?? CLEAN.sources;
  const sources = new Set([...taint.sources].filter((source) => !before.has(source)));
  return outputColumn(name, derived({ ...taint, sources }));
}

export function isConstant(column: OutputColumn): boolean {
  return column.kind !== 'unknown' && column.sources.length === 0;
}

export function sourcesOf(taint: Taint): readonly ColumnSource[] {
  return [...taint.sources];
}

/** Code that nobody has looked into may fill any temporary table of the session. */
export function fillTemporary(analysis: Analysis): void {
  for (const [name, before] of analysis.resolver.everyTemporary()) {
    const columns = before.map((column) => outputColumn(column.name, derived(unknownTaint('unknown_function'))));
    analysis.flows.push({ into: 'temporary', path: [name], columns, creates: false });
  }
}
