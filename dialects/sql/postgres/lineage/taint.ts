import type { ColumnOrigin, ColumnSource } from '../../../../engine/lineage.ts';

/** What a value may carry: the columns that it depends on, and why nobody knows all of them, where that is so. */
export interface Taint {
  readonly sources: ReadonlySet<ColumnSource>;
  readonly unknown?: string;
}

export interface TypeRef {
  readonly schema: string;
  readonly name: string;
  readonly array?: boolean;
}

/** A value of an expression, as far as it matters where it comes from. */
export interface Value {
  readonly taint: Taint;
  /** It is one column's value as it is. */
  readonly direct?: boolean;
  /** What RowDescription will say that it comes from. */
  readonly origin?: ColumnOrigin;
  readonly type?: TypeRef;
  /** Of a row: what its fields hold. */
  readonly fields?: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly value: Value;
}

/** Rows of a query or of something in FROM. */
export interface Rows {
  readonly fields: readonly Field[];
  /** There may be columns besides `fields`, nobody knows how many and of what names, which hold this. */
  readonly open?: Taint;
  /** What decides which rows there are. */
  readonly control: Taint;
}

export const CLEAN: Taint = { sources: new Set() };
export const CONSTANT: Value = { taint: CLEAN };
export const NO_ROWS: Rows = { fields: [], control: CLEAN };

export function unknownTaint(reason: string): Taint {
  return { sources: CLEAN.sources, unknown: reason };
}

export function unknownRows(reason: string): Rows {
  return { fields: [], open: unknownTaint(reason), control: unknownTaint(reason) };
}

/** What depends on both. Gives back one of the two where it says all that the other does. */
export function union(left: Taint, right: Taint): Taint {
  if (left === right || isClean(right)) return left;
  if (isClean(left)) return right;
  if (within(right, left)) return left;
  if (within(left, right)) return right;
  const unknown = left.unknown ?? right.unknown;
  return { sources: new Set([...left.sources, ...right.sources]), ...(unknown === undefined ? {} : { unknown }) };
}

export function unionAll(taints: Iterable<Taint>): Taint {
  let all = CLEAN;
  for (const taint of taints) all = union(all, taint);
  return all;
}

/** Whether nothing is in `small` that is not in `large`. */
export function within(small: Taint, large: Taint): boolean {
  if (small.unknown !== undefined && large.unknown === undefined) return false;
  if (small.sources.size > large.sources.size) return false;
  for (const source of small.sources) if (!large.sources.has(source)) return false;
  return true;
}

function isClean(taint: Taint): boolean {
  return taint.unknown === undefined && taint.sources.size === 0;
}

/** Arrays are written `text[]` or named `_text`. */
export function sameType(one: TypeRef, other: TypeRef): boolean {
  return one.schema === other.schema && catalogueName(one) === catalogueName(other);
}

function catalogueName({ name, array }: TypeRef): string {
  return array === true ? `_${name}` : name;
}

/** The value of an expression that is made of these. */
export function derived(taint: Taint, type?: TypeRef): Value {
  return type === undefined ? { taint } : { taint, type };
}

/** The same value, on which more depends. */
export function tainted(value: Value, more: Taint): Value {
  const taint = union(value.taint, more);
  if (taint === value.taint) return value;
  const fields = value.fields?.map((field) => ({ name: field.name, value: tainted(field.value, more) }));
  return { ...value, taint, ...(fields === undefined ? {} : { fields }) };
}

/** The same value where RowDescription will not tell of its column. */
export function unmarked(value: Value): Value {
  if (value.origin === undefined) return value;
  const { taint, direct, type, fields } = value;
  return {
    taint,
    ...(direct === undefined ? {} : { direct }),
    ...(type === undefined ? {} : { type }),
    ...(fields === undefined ? {} : { fields: fields.map((field) => ({ ...field, value: unmarked(field.value) })) }),
  };
}

/** One value or the other: of set operations, rows of VALUES, COALESCE. */
export function either(left: Value, right: Value): Value {
  const taint = union(left.taint, right.taint);
  const fields = mergeFields(left.fields, right.fields);
  return {
    taint,
    ...(left.direct === true && right.direct === true && taint.sources.size === 1 ? { direct: true } : {}),
    ...(left.type === undefined ? {} : { type: left.type }),
    ...(fields === undefined ? {} : { fields }),
  };
}

function mergeFields(
  left: readonly Field[] | undefined,
  right: readonly Field[] | undefined,
): readonly Field[] | undefined {
  if (left === undefined || right?.length !== left.length) return undefined;
  return left.map((field, index) => {
    const other = right[index];
    return other === undefined ? field : { name: field.name, value: either(field.value, other.value) };
  });
}

/** Everything that rows hold, names aside. */
export function contentOf(rows: Rows): Taint {
  return union(unionAll(rows.fields.map((field) => field.value.taint)), rows.open ?? CLEAN);
}

/** What an expression learns from a subquery: its values, and which rows there are. */
export function sublinkTaint(rows: Rows): Taint {
  return union(contentOf(rows), rows.control);
}
