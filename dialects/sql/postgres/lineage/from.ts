import type {
  Alias,
  FuncCall,
  JoinExpr,
  JsonTable,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeTableFunc,
  RangeVar,
} from '@pgsql/types';
import { stringsOf } from '../mapping/names.ts';
import type { Analysis } from './analysis.ts';
import { evaluate, nodeTaint, structTaint } from './expressions.ts';
import { callRows } from './functions.ts';
import { outputName } from './output-names.ts';
import { relationRows, temporaryFields } from './relations.ts';
import {
  findCte,
  joined,
  NO_RANGE,
  rangeOf,
  renamed,
  type CteScope,
  type Range,
  type RangeItem,
  type Scope,
} from './scope.ts';
import {
  CLEAN,
  contentOf,
  derived,
  either,
  tainted,
  union,
  unionAll,
  unknownTaint,
  unmarked,
  type Field,
  type Rows,
  type Taint,
} from './taint.ts';

export interface From {
  readonly range: Range;
  /** What decides which rows there are. */
  readonly control: Taint;
}

const NOTHING: From = { range: NO_RANGE, control: CLEAN };

export function fromRange(
  nodes: readonly Node[] | undefined,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): From {
  let all = NOTHING;
  for (const node of nodes ?? []) all = beside(all, fromItem(node, all.range, parent, ctes, analysis));
  return all;
}

function beside(left: From, right: From): From {
  return { range: joined(left.range, right.range), control: union(left.control, right.control) };
}

/** @param left what stands before it in FROM, which LATERAL may see */
function fromItem(
  node: Node,
  left: Range,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): From {
  return analysis.deeper(() => {
    const lateral: Scope = { range: left, ctes, parent };
    if ('RangeVar' in node) return relationRange(node.RangeVar, ctes, analysis);
    if ('JoinExpr' in node) return joinRange(node.JoinExpr, left, parent, ctes, analysis);
    if ('RangeSubselect' in node) return subselectRange(node.RangeSubselect, lateral, analysis);
    if ('RangeFunction' in node) return functionRange(node.RangeFunction, lateral, analysis);
    if ('RangeTableFunc' in node) return xmlTableRange(node.RangeTableFunc, lateral, analysis);
    if ('JsonTable' in node) return jsonTableRange(node.JsonTable, lateral, analysis);
    if ('RangeTableSample' in node && node.RangeTableSample.relation !== undefined) {
      const { relation, args, repeatable } = node.RangeTableSample;
      const sampled = fromItem(relation, left, parent, ctes, analysis);
      const more = unionAll(
        [...(args ?? []), ...(repeatable === undefined ? [] : [repeatable])].map((each) =>
          nodeTaint(each, lateral, analysis),
        ),
      );
      return { range: sampled.range, control: union(sampled.control, analysis.decide(more)) };
    }
    return unknownRange('unknown_node');
  });
}

function unknownRange(reason: string): From {
  const item: RangeItem = { name: undefined, fields: [], open: unknownTaint(reason) };
  return { range: rangeOf(item), control: unknownTaint(reason) };
}

/** Rows under a name, with an alias's new names for the columns. */
function aliased(rows: Rows, name: string | undefined, alias: Alias | undefined, more: Partial<RangeItem> = {}): From {
  const fields = renamed(rows.fields, stringsOf(alias?.colnames)).map(asColumn);
  const item: RangeItem = {
    ...more,
    name: alias?.aliasname ?? name,
    fields,
    ...(rows.open === undefined ? {} : { open: rows.open }),
  };
  return { range: rangeOf(item), control: rows.control };
}

/** A row that is a column: PostgreSQL does not look through it for where its fields come from. */
function asColumn(field: Field): Field {
  const { fields } = field.value;
  if (fields === undefined) return field;
  const inner = fields.map(({ name, value }) => ({ name, value: unmarked(value) }));
  return { name: field.name, value: { ...field.value, fields: inner } };
}

export function relationRange(range: RangeVar, ctes: CteScope | undefined, analysis: Analysis): From {
  const name = range.relname ?? '';
  const cte = range.schemaname === undefined ? findCte(ctes, name) : undefined;
  if (cte !== undefined) return aliased(cte, name, range.alias);
  const found = analysis.resolver.relation(range);
  if (found.kind === 'unknown') {
    const reason = unknownTaint('unknown_relation');
    analysis.read(reason);
    const rows: Rows = { fields: [], open: reason, control: CLEAN };
    return aliased(rows, name, range.alias, { relation: 'unknown', ...schemaOf(range) });
  }
  if (found.kind === 'temporary') {
    const rows: Rows = { fields: temporaryFields(found.columns), control: CLEAN };
    return aliased(rows, name, range.alias, { relation: 'unknown', ...schemaOf(range) });
  }
  const { relation } = found;
  const rows = relationRows(relation, range.inh !== true, analysis);
  analysis.read(rows.control);
  const schema = range.alias === undefined ? { schema: relation.schema } : {};
  return aliased(rows, name, range.alias, { relation: relation.oid, ...schema });
}

function schemaOf(range: RangeVar): { readonly schema?: string } {
  return range.alias === undefined && range.schemaname !== undefined ? { schema: range.schemaname } : {};
}

function subselectRange(select: RangeSubselect, lateral: Scope, analysis: Analysis): From {
  const parent = select.lateral === true ? lateral : lateral.parent;
  return aliased(analysis.walk.queryRows(select.subquery, parent, lateral.ctes, analysis), undefined, select.alias);
}

function joinRange(
  join: JoinExpr,
  before: Range,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): From {
  const none = (): From => unknownRange('unknown_node');
  // Chains of joins lean to the left.
  const left = join.larg === undefined ? none() : fromItem(join.larg, before, parent, ctes, analysis);
  const right =
    join.rarg === undefined ? none() : fromItem(join.rarg, joined(before, left.range), parent, ctes, analysis);
  const names = join.isNatural === true ? commonNames(left.range, right.range) : stringsOf(join.usingClause);
  const merged = names.map((name) => mergedColumn(name, join, left.range, right.range));
  let control = unionAll([left.control, right.control]);
  control = union(control, analysis.decide(unionAll(merged.map((field) => field.value.taint))));
  if (join.quals !== undefined) {
    const scope: Scope = { range: joined(before, joined(left.range, right.range)), ctes, parent };
    // What stands before the join in FROM is not in sight of its condition, unless it is lateral: names are found all the same.
    const own: Scope = { range: joined(left.range, right.range), ctes, parent: scope };
    control = union(control, analysis.decide(evaluate(join.quals, own, analysis).taint));
  }
  return { range: joinedRange(join, names, merged, left.range, right.range), control };
}

function joinedRange(
  join: JoinExpr,
  names: readonly string[],
  merged: readonly Field[],
  left: Range,
  right: Range,
): Range {
  const both = joined(left, right);
  const open = unionAll(both.columns.map((item) => item.open ?? CLEAN));
  const isOpen = both.columns.some((item) => item.open !== undefined);
  const using = new Set(names);
  const rest = both.columns.flatMap((item) => item.fields.filter((field) => !using.has(field.name)));
  // Of an inner table and of an outer one it is the same column: PostgreSQL goes on naming its relation.
  const item: RangeItem = {
    name: join.alias?.aliasname,
    fields: renamed([...merged, ...rest], stringsOf(join.alias?.colnames)),
    ...(isOpen ? { open } : {}),
  };
  if (join.alias !== undefined) return rangeOf(item);
  const alias = join.join_using_alias?.aliasname;
  const usingItem: readonly RangeItem[] = alias === undefined ? [] : [{ name: alias, fields: merged }];
  // Bare names of system columns are found through the tables.
  return { tables: [...both.tables, ...usingItem], columns: [item] };
}

function commonNames(left: Range, right: Range): string[] {
  const others = new Set(right.columns.flatMap((item) => item.fields.map((field) => field.name)));
  return [...new Set(left.columns.flatMap((item) => item.fields.map((field) => field.name)))].filter((name) =>
    others.has(name),
  );
}

/** A column of USING or NATURAL JOIN: the left one's value, the right one's of RIGHT JOIN, either of FULL JOIN. */
function mergedColumn(name: string, join: JoinExpr, left: Range, right: Range): Field {
  const one = usingColumn(left, name);
  const other = usingColumn(right, name);
  if (join.jointype === 'JOIN_FULL') return { name, value: either(unmarked(one), unmarked(other)) };
  const value = join.jointype === 'JOIN_RIGHT' ? tainted(other, one.taint) : tainted(one, other.taint);
  return { name, value };
}

function usingColumn(range: Range, name: string): Field['value'] {
  for (const item of range.columns) {
    const found = item.fields.find((field) => field.name === name);
    if (found !== undefined) return found.value;
  }
  return derived(union(unknownTaint('unknown_column'), unionAll(range.columns.map((item) => item.open ?? CLEAN))));
}

function functionRange(range: RangeFunction, lateral: Scope, analysis: Analysis): From {
  const definitions = range.coldeflist;
  const parts: Rows[] = [];
  let scalar = true;
  let loose: Taint | undefined;
  let name: string | undefined;
  for (const entry of range.functions ?? []) {
    const items = 'List' in entry ? (entry.List.items ?? []) : [];
    const [call, columns] = items;
    if (call === undefined) return unknownRange('unknown_node');
    const own = columns !== undefined && 'List' in columns ? columns.List.items : definitions;
    const alias = (range.functions ?? []).length === 1 ? range.alias?.aliasname : undefined;
    for (const each of unnested(call)) {
      const part = callInFrom(each, own, alias, lateral, analysis);
      scalar &&= part.scalar;
      // What an array is made of is not known: rows, perhaps.
      if (part.name === 'unnest') loose = union(loose ?? CLEAN, contentOf(part.rows));
      name ??= part.name;
      parts.push(part.rows);
    }
  }
  const fields = parts.flatMap((rows) => rows.fields);
  if (range.ordinality === true) fields.push({ name: 'ordinality', value: derived(CLEAN) });
  const opened = parts.some((rows) => rows.open !== undefined);
  const open = unionAll(parts.map((rows) => rows.open ?? CLEAN));
  const control = unionAll(parts.map((rows) => rows.control));
  const rows: Rows = { fields, control, ...(opened ? { open } : {}) };
  return aliased(rows, name, range.alias, {
    scalar: scalar && fields.length === 1,
    ...(loose === undefined ? {} : { loose }),
  });
}

/** `unnest(a, b)` in FROM is one call for each. */
function unnested(call: Node): readonly Node[] {
  if (!('FuncCall' in call)) return [call];
  const path = stringsOf(call.FuncCall.funcname);
  const args = call.FuncCall.args ?? [];
  if (path.at(-1) !== 'unnest' || args.length < 2) return [call];
  return args.map((argument): Node => ({ FuncCall: { ...call.FuncCall, args: [argument] } }));
}

interface CallInFrom {
  readonly rows: Rows;
  readonly scalar: boolean;
  readonly name: string | undefined;
}

function callInFrom(
  node: Node,
  definitions: readonly Node[] | undefined,
  alias: string | undefined,
  lateral: Scope,
  analysis: Analysis,
): CallInFrom {
  const name = outputName(node);
  const call: FuncCall | undefined = 'FuncCall' in node ? node.FuncCall : undefined;
  if (call === undefined) {
    const value = evaluate(node, lateral, analysis);
    const control = value.taint;
    return { rows: { fields: [{ name: alias ?? name, value }], control }, scalar: true, name };
  }
  const result = callRows(call, lateral, analysis);
  const content = union(contentOf(result.rows), result.rows.control);
  if (definitions !== undefined) {
    const fields = definitions.flatMap((definition): Field[] =>
      'ColumnDef' in definition ? [{ name: definition.ColumnDef.colname ?? '', value: derived(content) }] : [],
    );
    return { rows: { fields, control: content }, scalar: false, name };
  }
  const [only] = result.rows.fields;
  if (!result.scalar || only === undefined) return { rows: result.rows, scalar: false, name };
  const column = only.name === '' ? (alias ?? name) : only.name;
  return {
    rows: { fields: [{ name: column, value: unmarked(only.value) }], control: result.rows.control },
    scalar: true,
    name,
  };
}

function xmlTableRange(table: RangeTableFunc, lateral: Scope, analysis: Analysis): From {
  const inputs = [table.docexpr, table.rowexpr, ...(table.namespaces ?? [])];
  const taint = unionAll(inputs.map((node) => (node === undefined ? CLEAN : nodeTaint(node, lateral, analysis))));
  const fields = (table.columns ?? []).flatMap((node): Field[] => {
    if (!('RangeTableFuncCol' in node)) return [];
    const { colname = '', colexpr, coldefexpr, for_ordinality: ordinality } = node.RangeTableFuncCol;
    const own = [colexpr, coldefexpr].map((each) => (each === undefined ? CLEAN : nodeTaint(each, lateral, analysis)));
    return [{ name: colname, value: derived(ordinality === true ? CLEAN : unionAll([taint, ...own])) }];
  });
  return aliased({ fields, control: taint }, 'xmltable', table.alias);
}

function jsonTableRange(table: JsonTable, lateral: Scope, analysis: Analysis): From {
  const parts = [
    structTaint('JsonValueExpr', table.context_item, lateral, analysis),
    structTaint('JsonTablePathSpec', table.pathspec, lateral, analysis),
    ...(table.passing ?? []).map((node) => nodeTaint(node, lateral, analysis)),
    structTaint('JsonBehavior', table.on_error, lateral, analysis),
  ];
  const taint = unionAll(parts);
  const fields = jsonColumns(table.columns, taint, lateral, analysis);
  return aliased({ fields, control: taint }, 'json_table', table.alias);
}

function jsonColumns(nodes: readonly Node[] | undefined, taint: Taint, lateral: Scope, analysis: Analysis): Field[] {
  return (nodes ?? []).flatMap((node): Field[] => {
    if (!('JsonTableColumn' in node)) return [];
    const column = node.JsonTableColumn;
    if (column.coltype === 'JTC_NESTED') return jsonColumns(column.columns, taint, lateral, analysis);
    if (column.coltype === 'JTC_FOR_ORDINALITY') return [{ name: column.name ?? '', value: derived(CLEAN) }];
    const own = [column.on_empty, column.on_error].map((each) => structTaint('JsonBehavior', each, lateral, analysis));
    return [{ name: column.name ?? '', value: derived(unionAll([taint, ...own])) }];
  });
}
