import type { Node } from '@pgsql/types';
import { stringsOf } from '../mapping/names.ts';
import type { Analysis } from './analysis.ts';
import { outputName } from './output-names.ts';
import { fieldsOf } from './rows.ts';
import { findItem, type RangeItem, type Scope } from './scope.ts';
import { CLEAN, union, unknownTaint, type Field, type Taint } from './taint.ts';

export interface Outputs {
  readonly fields: readonly Field[];
  /** A star stands for columns that nobody knows: there are more than `fields`, at any place. */
  readonly open?: Taint;
}

/** The columns of a select list or of RETURNING. */
export function outputFields(targets: readonly Node[] | undefined, scope: Scope, analysis: Analysis): Outputs {
  const fields: Field[] = [];
  let open: Taint | undefined;
  for (const target of targets ?? []) {
    const { name, val } = 'ResTarget' in target ? target.ResTarget : {};
    if (val === undefined) {
      open = union(open ?? CLEAN, unknownTaint('unknown_node'));
      continue;
    }
    const expanded = starFields(val, scope, analysis);
    if (expanded === undefined) {
      fields.push({ name: name ?? outputName(val), value: analysis.walk.evaluate(val, scope, analysis) });
      continue;
    }
    for (const field of expanded.fields) {
      analysis.read(field.value.taint);
      fields.push(field);
    }
    if (expanded.open !== undefined) {
      analysis.read(expanded.open);
      open = union(open ?? CLEAN, expanded.open);
    }
  }
  return { fields, ...(open === undefined ? {} : { open }) };
}

/** What `*`, `t.*` and `(row).*` stand for; undefined for other expressions. */
export function starFields(node: Node, scope: Scope, analysis: Analysis): Outputs | undefined {
  if ('ColumnRef' in node) {
    const fields = node.ColumnRef.fields ?? [];
    const last = fields.at(-1);
    if (last === undefined || !('A_Star' in last)) return undefined;
    const path = stringsOf(fields);
    if (path.length === 0) return ofItems(scope.range.columns);
    const item = findItem(scope, path.at(-1) ?? '', path.at(-2));
    return item === undefined ? { fields: [], open: unknownTaint('unknown_relation') } : ofItems([item]);
  }
  if (!('A_Indirection' in node)) return undefined;
  const { arg, indirection = [] } = node.A_Indirection;
  const last = indirection.at(-1);
  if (arg === undefined || last === undefined || !('A_Star' in last)) return undefined;
  const rest = indirection.slice(0, -1);
  const row = analysis.walk.evaluate(
    rest.length === 0 ? arg : { A_Indirection: { arg, indirection: rest } },
    scope,
    analysis,
  );
  const fields = fieldsOf(row, analysis);
  return fields === undefined ? { fields: [], open: union(row.taint, unknownTaint('unknown_row')) } : { fields };
}

function ofItems(items: readonly RangeItem[]): Outputs {
  let open: Taint | undefined;
  const fields: Field[] = [];
  for (const item of items) {
    fields.push(...item.fields);
    if (item.open !== undefined) open = union(open ?? CLEAN, item.open);
  }
  return { fields, ...(open === undefined ? {} : { open }) };
}
