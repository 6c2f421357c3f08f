import type { CatalogueRelation } from '../../../../engine/catalogue.ts';
import type { OutputColumn } from '../../../../engine/lineage.ts';
import type { Analysis } from './analysis.ts';
import { sourceOf } from './memo.ts';
import { rangeOf, type RangeItem } from './scope.ts';
import { holdsValues, isSystemSchema } from './system.ts';
import {
  CLEAN,
  tainted,
  union,
  unionAll,
  unknownTaint,
  type Field,
  type Rows,
  type Taint,
  type Value,
} from './taint.ts';

/** Views over views, parents of parents: no real schema has more levels. */
const MAX_LEVELS = 64;

/**
 * The rows of a relation: each column depends on itself, on the columns that a view's query or a generation expression
 * computes it from, and on those of inheriting tables and partitions, whose rows are found in it. `control` is what a
 * view's conditions read.
 *
 * @param only without the relations that inherit from it
 */
export function relationRows(relation: CatalogueRelation, only: boolean, analysis: Analysis): Rows {
  const { memo } = analysis;
  const key = `${only ? 'o' : ''}${relation.oid}`;
  const known = memo.rows.get(key);
  if (known !== undefined) return known;
  if (memo.open.has(relation.oid) || memo.open.size > MAX_LEVELS) {
    return { ...ownRows(relation, analysis), control: unknownTaint('too_deep') };
  }
  memo.open.add(relation.oid);
  try {
    const asked = analysis.resolver.asked.size;
    const rows = only ? withComputed(relation, analysis) : withChildren(relation, analysis);
    // A function that a view calls may look for the session's own relations, so this holds for this statement alone.
    if (asked === analysis.resolver.asked.size) memo.rows.set(key, rows);
    return rows;
  } finally {
    memo.open.delete(relation.oid);
  }
}

function ownRows(relation: CatalogueRelation, analysis: Analysis): Rows {
  const system = isSystemSchema(relation.schema);
  const fields = relation.columns.map((column): Field => {
    const sources = new Set([sourceOf(relation, column, analysis.memo)]);
    const hidden =
      (system && holdsValues(relation.name, column.name)) ||
      relation.schema === 'pg_toast' ||
      (relation.name === 'pg_stat_statements' && column.name === 'query');
    const { schema, name } = column.type;
    return {
      name: column.name,
      value: {
        taint: hidden ? { sources, unknown: 'system_values' } : { sources },
        direct: true,
        origin: { relation: relation.oid, attribute: column.attribute },
        type: { schema, name },
      },
    };
  });
  return { fields, control: CLEAN };
}

function withComputed(relation: CatalogueRelation, analysis: Analysis): Rows {
  const own = ownRows(relation, analysis);
  if (isSystemSchema(relation.schema)) return own;
  if (relation.kind === 'view' || relation.kind === 'materialized_view') return viewRows(relation, own, analysis);
  if (!relation.columns.some((column) => column.generated !== undefined)) return own;
  const item: RangeItem = { name: relation.name, fields: own.fields, relation: relation.oid };
  const fields = own.fields.map((field, index) => {
    const generated = relation.columns[index]?.generated;
    if (generated === undefined) return field;
    return { name: field.name, value: tainted(field.value, expressionTaint(generated, item, analysis)) };
  });
  return { ...own, fields };
}

/** What a generation expression reads, as the target prints it. */
function expressionTaint(text: string, item: RangeItem, analysis: Analysis): Taint {
  const parsed = analysis.services.parser.parse(`SELECT ${text}`);
  const statement = parsed.ok ? parsed.tree.stmts?.[0]?.stmt : undefined;
  if (statement === undefined || !('SelectStmt' in statement)) return unknownTaint('unknown_expression');
  const [target] = statement.SelectStmt.targetList ?? [];
  const node = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (node === undefined) return unknownTaint('unknown_expression');
  return analysis.inside([], () =>
    analysis.walk.evaluate(node, { range: rangeOf(item), ctes: undefined, parent: undefined }, analysis),
  ).taint;
}

function viewRows(relation: CatalogueRelation, own: Rows, analysis: Analysis): Rows {
  const body = viewBody(relation.definition, analysis);
  const sameNumber = body !== undefined && body.open === undefined && body.fields.length >= own.fields.length;
  if (!sameNumber) {
    const reason = unknownTaint('unknown_view');
    const fields = own.fields.map((field) => ({ name: field.name, value: tainted(field.value, reason) }));
    return { fields, control: reason };
  }
  const fields = own.fields.map((field, index): Field => {
    const computed = body.fields[index]?.value;
    if (computed === undefined) return field;
    const { direct, ...rest } = tainted(field.value, computed.taint);
    const inner = computed.fields;
    return {
      name: field.name,
      value: {
        ...rest,
        ...(direct === true && computed.direct === true ? { direct } : {}),
        ...(inner === undefined ? {} : { fields: inner }),
      },
    };
  });
  return { fields, control: body.control };
}

function viewBody(definition: string | undefined, analysis: Analysis): Rows | undefined {
  if (definition === undefined) return undefined;
  const parsed = analysis.services.parser.parse(definition);
  const statement = parsed.ok && parsed.tree.stmts?.length === 1 ? parsed.tree.stmts[0]?.stmt : undefined;
  if (statement === undefined) return undefined;
  return analysis.inside([], () => analysis.walk.queryRows(statement, undefined, undefined, analysis));
}

function withChildren(relation: CatalogueRelation, analysis: Analysis): Rows {
  const own = withComputed(relation, analysis);
  if (relation.children.length === 0) return own;
  let { control } = own;
  const more = new Map<string, Taint>();
  for (const oid of relation.children) {
    const child = analysis.resolver.catalogue.relationByOid(oid);
    if (child === undefined) {
      control = union(control, unknownTaint('unknown_relation'));
      for (const { name } of own.fields) more.set(name, unknownTaint('unknown_relation'));
      continue;
    }
    const rows = relationRows(child, false, analysis);
    control = union(control, rows.control);
    for (const { name, value } of rows.fields) more.set(name, union(more.get(name) ?? CLEAN, value.taint));
  }
  const fields = own.fields.map((field) => ({
    name: field.name,
    value: tainted(field.value, more.get(field.name) ?? CLEAN),
  }));
  return { fields, control };
}

/** Everything that the rows of a relation hold, for errors that quote a whole row. */
export function everythingOf(relation: CatalogueRelation, analysis: Analysis): Taint {
  return unionAll(relationRows(relation, false, analysis).fields.map((field) => field.value.taint));
}

/** What a temporary relation of the session's holds, as it was made. */
export function temporaryFields(columns: readonly OutputColumn[]): readonly Field[] {
  return columns.map((column): Field => {
    const sources = new Set(column.sources);
    const taint: Taint =
      column.kind === 'unknown' ? { sources, unknown: column.reason ?? 'unknown_relation' } : { sources };
    const value: Value = {
      taint,
      ...(column.kind === 'direct' ? { direct: true } : {}),
      ...(column.type === '' ? {} : { type: { schema: '', name: column.type } }),
    };
    return { name: column.name, value };
  });
}
