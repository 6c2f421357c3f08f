import { CLEAN, union, unionAll, unknownTaint, type Field, type Rows, type Taint, type Value } from './taint.ts';

/** Something in FROM, as column references see it. */
export interface RangeItem {
  /** Alias, or the relation's own name; undefined where it has none. */
  readonly name: string | undefined;
  /** The schema that may stand before the name: of relations without an alias. */
  readonly schema?: string;
  readonly fields: readonly Field[];
  /** There are other columns, or may be, and they hold this. */
  readonly open?: Taint;
  /** It is a relation, with system columns; its OID where the catalogue has it. */
  readonly relation?: number | 'unknown';
  /** What fields hold that it may have besides: elements of an array may be rows. */
  readonly loose?: Taint;
  /** The row as one value, where it is not just its fields: functions that return one scalar. */
  readonly scalar?: boolean;
}

/** What FROM brings in sight: items that names may be qualified with, and those that give columns to bare names and `*`. */
export interface Range {
  readonly tables: readonly RangeItem[];
  readonly columns: readonly RangeItem[];
}

export const NO_RANGE: Range = { tables: [], columns: [] };

export function rangeOf(item: RangeItem): Range {
  return { tables: [item], columns: [item] };
}

export function joined(left: Range, right: Range): Range {
  return { tables: [...left.tables, ...right.tables], columns: [...left.columns, ...right.columns] };
}

/** WITH's queries in sight, innermost first. */
export interface CteScope {
  /** Undefined where it has none of that name. */
  find(name: string): Rows | undefined;
  readonly parent: CteScope | undefined;
}

export interface Scope {
  readonly range: Range;
  readonly ctes: CteScope | undefined;
  readonly parent: Scope | undefined;
  /** Named windows of this level. */
  readonly windows?: ReadonlyMap<string, Taint>;
  /** `$n` of a function's body or a prepared statement. */
  readonly parameters?: readonly Value[];
}

export function rangeColumn(range: Range, name: string): { found: Value | undefined; open: Taint | undefined } {
  let open: Taint | undefined;
  let found: Value | undefined;
  for (const item of range.columns) {
    found ??= item.fields.find((field) => field.name === name)?.value;
    if (item.open !== undefined) open = union(open ?? CLEAN, item.open);
  }
  return { found, open };
}

/** `t` as a value: its row. */
export function wholeRow(item: RangeItem): Value {
  const [only] = item.fields;
  // `SELECT x FROM unnest(…) AS x` means the value, not a row of it.
  if (item.scalar === true && only !== undefined) return only.value;
  const taint = union(unionAll(item.fields.map((field) => field.value.taint)), item.open ?? CLEAN);
  return {
    taint,
    ...(item.open === undefined ? { fields: item.fields } : {}),
    ...(typeof item.relation === 'number' ? { origin: { relation: item.relation, attribute: 0 } } : {}),
  };
}

const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax']);
const SYSTEM_NUMBERS: Readonly<Record<string, number>> = {
  ctid: -1,
  xmin: -2,
  cmin: -3,
  xmax: -4,
  cmax: -5,
  tableoid: -6,
};

/** Columns that every relation has; they tell nothing of its values. */
export function systemColumn(range: readonly RangeItem[], name: string): Value | undefined {
  if (!SYSTEM_COLUMNS.has(name)) return undefined;
  const item = range.find((candidate) => candidate.relation !== undefined);
  const attribute = SYSTEM_NUMBERS[name];
  if (item === undefined || attribute === undefined) return undefined;
  const { relation } = item;
  return { taint: CLEAN, ...(typeof relation === 'number' ? { origin: { relation, attribute } } : {}) };
}

/** The field of an item, or what its unknown columns hold. */
export function itemColumn(item: RangeItem, name: string): Value | undefined {
  const found = item.fields.find((field) => field.name === name)?.value;
  if (found !== undefined) return found;
  const system = systemColumn([item], name);
  if (system !== undefined) return system;
  return item.open === undefined ? undefined : { taint: item.open };
}

/** An item by its qualifier, from the innermost level outwards. */
export function findItem(scope: Scope | undefined, name: string, schema: string | undefined): RangeItem | undefined {
  for (let level = scope; level !== undefined; level = level.parent) {
    const found = level.range.tables.find(
      (item) => item.name === name && (schema === undefined || item.schema === schema),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

export function findWindow(scope: Scope, name: string): Taint {
  return scope.windows?.get(name) ?? unknownTaint('unknown_window');
}

/** `AS t(a, b)`: new names for the first columns. */
export function renamed(fields: readonly Field[], names: readonly string[]): readonly Field[] {
  if (names.length === 0) return fields;
  return fields.map((field, index) => ({ name: names[index] ?? field.name, value: field.value }));
}

export function findCte(scope: CteScope | undefined, name: string): Rows | undefined {
  for (let level = scope; level !== undefined; level = level.parent) {
    const rows = level.find(name);
    if (rows !== undefined) return rows;
  }
  return undefined;
}
