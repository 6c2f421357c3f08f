import type { CommonTableExpr, Node, SelectStmt, WithClause } from '@pgsql/types';
import { stringsOf } from '../mapping/names.ts';
import type { Analysis } from './analysis.ts';
import { fromRange } from './from.ts';
import { outputFields } from './output.ts';
import { NO_RANGE, renamed, type CteScope, type Scope } from './scope.ts';
import {
  CLEAN,
  contentOf,
  derived,
  either,
  union,
  unionAll,
  unknownRows,
  unknownTaint,
  unmarked,
  within,
  type Field,
  type Rows,
  type Taint,
} from './taint.ts';
import { windowTaint } from './windows.ts';

/** Rows of a query or of a statement that changes data, as they stand in WITH, FROM, sublinks and views. */
export function queryRows(
  node: Node | undefined,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): Rows {
  if (node === undefined) return unknownRows('unknown_node');
  return analysis.deeper(() => {
    if ('SelectStmt' in node) return selectRows(node.SelectStmt, parent, ctes, analysis);
    return analysis.walk.changeRows(node, parent, ctes, analysis) ?? unknownRows('unknown_statement');
  });
}

export function selectRows(
  select: SelectStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  analysis: Analysis,
): Rows {
  const { scope: ctes } = withQueries(select.withClause, parent, outer, analysis);
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return setOperation(select, parent, ctes, analysis);
  if (select.valuesLists !== undefined) return valuesRows(select, parent, ctes, analysis);
  const from = fromRange(select.fromClause, parent, ctes, analysis);
  const windows = new Map<string, Taint>();
  const scope: Scope = { range: from.range, ctes, parent, windows };
  for (const node of select.windowClause ?? []) {
    if ('WindowDef' in node) windows.set(node.WindowDef.name ?? '', windowTaint(node.WindowDef, scope, analysis));
  }
  const fields = outputFields(select.targetList, scope, analysis);
  const control = unionAll([
    from.control,
    decides(select.whereClause, scope, analysis),
    decides(select.havingClause, scope, analysis),
    decidesAll(select.groupClause, scope, fields.fields, analysis),
    decidesAll(select.distinctClause, scope, fields.fields, analysis),
    sortControl(select, scope, fields.fields, analysis),
  ]);
  // DISTINCT without ON compares all that it gives.
  const distinct = select.distinctClause === undefined ? CLEAN : contentOf({ ...fields, control });
  return { ...fields, control: union(control, distinct) };
}

function decides(node: Node | undefined, scope: Scope, analysis: Analysis): Taint {
  return node === undefined ? CLEAN : analysis.decide(analysis.walk.evaluate(node, scope, analysis).taint);
}

/** GROUP BY, ORDER BY and DISTINCT ON may name outputs, by name or number. */
function decidesAll(
  nodes: readonly Node[] | undefined,
  scope: Scope,
  outputs: readonly Field[],
  analysis: Analysis,
): Taint {
  let taint = CLEAN;
  for (const node of nodes ?? []) taint = union(taint, deciding(node, scope, outputs, analysis));
  return analysis.decide(taint);
}

function deciding(node: Node, scope: Scope, outputs: readonly Field[], analysis: Analysis): Taint {
  if ('SortBy' in node)
    return node.SortBy.node === undefined ? CLEAN : deciding(node.SortBy.node, scope, outputs, analysis);
  if ('GroupingSet' in node) {
    return unionAll((node.GroupingSet.content ?? []).map((each) => deciding(each, scope, outputs, analysis)));
  }
  if ('A_Const' in node) {
    analysis.readsLiterals = true;
    const ordinal = node.A_Const.ival?.ival;
    return ordinal === undefined ? CLEAN : (outputs[ordinal - 1]?.value.taint ?? CLEAN);
  }
  const named = outputName(node);
  const output = named === undefined ? undefined : outputs.find((field) => field.name === named);
  const own = output !== undefined && named !== undefined ? output.value.taint : CLEAN;
  // A bare name may be an output's or a column's: both are counted, where there are both.
  if (output !== undefined && !hasColumn(scope, named)) return own;
  return union(own, analysis.walk.evaluate(node, scope, analysis).taint);
}

function outputName(node: Node): string | undefined {
  if (!('ColumnRef' in node)) return undefined;
  const parts = stringsOf(node.ColumnRef.fields);
  return parts.length === 1 && node.ColumnRef.fields?.length === 1 ? parts[0] : undefined;
}

function hasColumn(scope: Scope, name: string | undefined): boolean {
  return scope.range.columns.some((item) => item.fields.some((field) => field.name === name));
}

function sortControl(select: SelectStmt, scope: Scope, outputs: readonly Field[], analysis: Analysis): Taint {
  return unionAll([
    decidesAll(select.sortClause, scope, outputs, analysis),
    decides(select.limitCount, scope, analysis),
    decides(select.limitOffset, scope, analysis),
  ]);
}

function setOperation(
  select: SelectStmt,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): Rows {
  // Chains lean to the left and may be thousands long, so the left side is a loop.
  const right: SelectStmt[] = [];
  let left = select;
  while (
    left.larg !== undefined &&
    left.op !== undefined &&
    left.op !== 'SETOP_NONE' &&
    (left === select || isBare(left))
  ) {
    if (left.rarg !== undefined) right.push(left.rarg);
    left = left.larg;
  }
  let rows = analysis.deeper(() => selectRows(left, parent, ctes, analysis));
  rows = { ...rows, fields: rows.fields.map((field) => ({ name: field.name, value: unmarked(field.value) })) };
  for (const arm of right.reverse()) {
    const other = analysis.deeper(() => selectRows(arm, parent, ctes, analysis));
    rows = combined(rows, other);
  }
  const scope: Scope = { range: NO_RANGE, ctes, parent };
  const all = analysis.decide(select.all === true && select.op === 'SETOP_UNION' ? CLEAN : contentOf(rows));
  return { ...rows, control: unionAll([rows.control, all, sortControl(select, scope, rows.fields, analysis)]) };
}

/** Nothing stands at it but its two arms. */
function isBare(select: SelectStmt): boolean {
  const { withClause, sortClause, limitCount, limitOffset } = select;
  return [withClause, sortClause, limitCount, limitOffset].every((part) => part === undefined);
}

export function combined(left: Rows, right: Rows): Rows {
  const control = union(left.control, right.control);
  const open =
    left.open === undefined && right.open === undefined ? undefined : union(contentOf(left), contentOf(right));
  const fields = left.fields.map((field, index): Field => {
    const other = right.fields[index]?.value;
    if (other === undefined) {
      const missing = right.open === undefined ? unknownTaint('arity_mismatch') : contentOf(right);
      return { name: field.name, value: derived(union(field.value.taint, missing)) };
    }
    return { name: field.name, value: either(unmarked(field.value), unmarked(other)) };
  });
  return { fields, control, ...(open === undefined ? {} : { open }) };
}

function valuesRows(
  select: SelectStmt,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): Rows {
  const scope: Scope = { range: NO_RANGE, ctes, parent };
  let rows: Rows | undefined;
  for (const list of select.valuesLists ?? []) {
    const items = 'List' in list ? (list.List.items ?? []) : [];
    const fields = items.map((item, index) => ({
      name: `column${index + 1}`,
      value: analysis.walk.evaluate(item, scope, analysis),
    }));
    const row: Rows = { fields, control: CLEAN };
    rows = rows === undefined ? row : combined(rows, row);
  }
  const found = rows ?? unknownRows('unknown_node');
  return { ...found, control: union(found.control, sortControl(select, scope, found.fields, analysis)) };
}

/** The queries of WITH, and the taint of those that run whether or not they are asked. */
export function withQueries(
  clause: WithClause | undefined,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  analysis: Analysis,
): { readonly scope: CteScope | undefined } {
  if (clause === undefined) return { scope: outer };
  const expressions = (clause.ctes ?? []).flatMap((node) => ('CommonTableExpr' in node ? [node.CommonTableExpr] : []));
  if (clause.recursive === true) return { scope: recursiveQueries(expressions, parent, outer, analysis) };
  let scope = outer;
  for (const expression of expressions) {
    const rows = cteRows(expression, queryRows(expression.ctequery, parent, scope, analysis));
    const name = expression.ctename ?? '';
    scope = { parent: scope, find: (wanted) => (wanted === name ? rows : undefined) };
  }
  return { scope };
}

/** Rounds until the columns of a recursive query depend on nothing new; each adds at least one source to one of them. */
const MAX_ROUNDS = 50;

/** What is known so far of a query that refers to itself. */
interface Approximation {
  rows: Rows;
  /** It was asked for while its own query was looked at. */
  used: boolean;
}

/** WITH RECURSIVE: each may name all, so they are evaluated when they are asked for. */
function recursiveQueries(
  expressions: readonly CommonTableExpr[],
  parent: Scope | undefined,
  outer: CteScope | undefined,
  analysis: Analysis,
): CteScope {
  const done = new Map<string, Rows>();
  const approximations = new Map<string, Approximation>();
  const byName = new Map(expressions.map((expression) => [expression.ctename ?? '', expression]));
  const scope: CteScope = {
    parent: outer,
    find: (name) => {
      const expression = byName.get(name);
      if (expression === undefined) return undefined;
      const known = done.get(name);
      if (known !== undefined) return known;
      const begun = approximations.get(name);
      if (begun !== undefined) {
        begun.used = true;
        return begun.rows;
      }
      const rows = fixpoint(name, expression);
      done.set(name, rows);
      return rows;
    },
  };

  function fixpoint(name: string, expression: CommonTableExpr): Rows {
    const query = expression.ctequery;
    const first = query !== undefined && 'SelectStmt' in query ? query.SelectStmt : undefined;
    const state: Approximation = { rows: unknownRows('recursive_query'), used: false };
    const wasUsed = (): boolean => state.used;
    approximations.set(name, state);
    if (first?.larg !== undefined && first.op === 'SETOP_UNION') {
      const { larg } = first;
      const own = withQueries(first.withClause, parent, scope, analysis).scope;
      state.rows = cteRows(expression, unmarkedRows(selectRows(larg, parent, own, analysis)));
      if (wasUsed()) state.rows = unknownRows('recursive_query');
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      state.used = false;
      const rows = cteRows(expression, queryRows(query, parent, scope, analysis));
      if (!wasUsed()) break;
      const grown = combined(state.rows, unmarkedRows(rows));
      const still = grows(state.rows, grown);
      state.rows = { ...grown, fields: grown.fields };
      if (!still) break;
      if (round === MAX_ROUNDS - 1) state.rows = unknownRows('recursive_query');
    }
    const result = wasUsed() ? state.rows : cteRows(expression, queryRows(query, parent, scope, analysis));
    approximations.delete(name);
    return result;
  }

  for (const name of byName.keys()) scope.find(name);
  return scope;
}

function unmarkedRows(rows: Rows): Rows {
  return { ...rows, fields: rows.fields.map((field) => ({ name: field.name, value: unmarked(field.value) })) };
}

function grows(before: Rows, after: Rows): boolean {
  if (!within(after.control, before.control)) return true;
  return after.fields.some((field, index) => {
    const old = before.fields[index];
    return old === undefined || !within(field.value.taint, old.value.taint);
  });
}

/** The columns of WITH's query under the names that WITH gives them, and those that SEARCH and CYCLE add. */
function cteRows(expression: CommonTableExpr, rows: Rows): Rows {
  const fields = [...renamed(rows.fields, stringsOf(expression.aliascolnames))];
  const taintOf = (names: readonly Node[] | undefined): Taint =>
    unionAll(
      stringsOf(names).map((name) => fields.find((field) => field.name === name)?.value.taint ?? contentOf(rows)),
    );
  const { search_clause: search, cycle_clause: cycle } = expression;
  if (search !== undefined) {
    fields.push({ name: search.search_seq_column ?? '', value: derived(taintOf(search.search_col_list)) });
  }
  if (cycle !== undefined) {
    const taint = taintOf(cycle.cycle_col_list);
    fields.push({ name: cycle.cycle_mark_column ?? '', value: derived(taint) });
    fields.push({ name: cycle.cycle_path_column ?? '', value: derived(taint) });
  }
  return { ...rows, fields };
}
