import type { Analysis } from './analysis.ts';
import { sourceOf } from './memo.ts';
import { CLEAN, derived, union, type Field, type Value } from './taint.ts';

/** The fields of a row, where they are known: a composite type's hold what the whole of it does. */
export function fieldsOf(row: Value, analysis: Analysis): readonly Field[] | undefined {
  if (row.fields !== undefined) return row.fields;
  const relation = analysis.resolver.composite(row.type);
  if (relation === undefined) return undefined;
  return relation.columns.map((column): Field => {
    // What a table's row type is made of is named after its columns, so that labels hold for it as well.
    const own =
      relation.kind === 'composite_type' || row.taint === CLEAN
        ? CLEAN
        : { sources: new Set([sourceOf(relation, column, analysis.memo)]) };
    return { name: column.name, value: derived(union(row.taint, own), column.type) };
  });
}
