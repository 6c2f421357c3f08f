import type { Alias, JoinExpr, Node, RangeFunction, RangeSubselect, RangeTableSample, RangeVar } from '@pgsql/types';
import { holdsAlways } from './clauses.ts';
import { callFunction } from './functions.ts';
import type { Mapping } from './mapping.ts';
import { stringsOf } from './names.ts';
import { isCte, Scope, type RangeItem } from './scope.ts';

/** Reads the items of FROM (or USING) into the current scope. */
export function visitFrom(items: readonly Node[] | undefined, mapping: Mapping): void {
  if (items === undefined) return;
  for (const item of items) visitFromItem(item, mapping);
  if (items.length > 1) countJoins(mapping, items.length - 1);
}

export function visitFromItem(node: Node, mapping: Mapping): void {
  if ('RangeVar' in node) visitTable(node.RangeVar, mapping);
  else if ('JoinExpr' in node) visitJoin(node.JoinExpr, mapping);
  else if ('RangeSubselect' in node) visitSubselect(node.RangeSubselect, mapping);
  else if ('RangeFunction' in node) visitFunctions(node.RangeFunction, mapping);
  else if ('RangeTableSample' in node) visitSample(node.RangeTableSample, mapping);
  else visitTableFunction(node, mapping);
}

function visitTable(relation: RangeVar, mapping: Mapping): void {
  const name = relation.relname ?? '';
  if (relation.schemaname === undefined && isCte(mapping.ctes, name)) {
    mapping.target('table', [name], 'read', 'local');
    add(mapping, item(relation.alias, name));
    return;
  }
  const table = mapping.relation(relation, 'read');
  mapping.effect('read');
  add(mapping, {
    ...item(relation.alias, name),
    table,
    ...schemaOf(relation),
  });
}

/** The relation that DML changes, as a name in its expressions. */
export function addTargetRelation(relation: RangeVar | undefined, mapping: Mapping): string[] {
  const table = mapping.relationPath(relation);
  add(mapping, {
    ...item(relation?.alias, relation?.relname ?? ''),
    table,
    ...schemaOf(relation),
  });
  return table;
}

function schemaOf(relation: RangeVar | undefined): Pick<RangeItem, 'schema' | 'exact'> {
  if (relation?.schemaname === undefined) return {};
  return relation.alias === undefined ? { schema: relation.schemaname, exact: true } : { exact: true };
}

function visitJoin(join: JoinExpr, mapping: Mapping): void {
  countJoins(mapping, 1);
  const scope = mapping.scope;
  const before = scope?.items.length ?? 0;
  if (join.larg !== undefined) visitFromItem(join.larg, mapping);
  const between = scope?.items.length ?? 0;
  if (join.rarg !== undefined) visitFromItem(join.rarg, mapping);
  const unconditional = join.jointype === 'JOIN_INNER' || join.jointype === undefined;
  const restricted = join.quals !== undefined && !holdsAlways(join.quals, mapping);
  const conditioned = restricted || join.usingClause !== undefined || join.isNatural === true;
  if (unconditional && !conditioned) noteCrossJoin([join.larg, join.rarg], mapping);
  mapping.within({ zone: 'predicate' }, () => {
    mapping.visit(join.quals);
  });
  if (scope === undefined) return;
  readUsing(join, scope.items.slice(before, between), scope.items.slice(between), mapping);
  const alias = join.alias ?? join.join_using_alias;
  if (alias === undefined) return;
  const members = scope.items.slice(before);
  // The alias of a join hides the names inside it; the alias of USING does not.
  if (join.alias !== undefined) scope.items.length = before;
  add(mapping, { ...item(alias, ''), members });
}

/** Notes a join of items that nothing restricts, where it multiplies the rows of one by those of another. */
export function noteCrossJoin(items: readonly (Node | undefined)[], mapping: Mapping): void {
  if (items.filter(multiplies).length > 1) mapping.command.attributes.cross_join = true;
}

/** A function's rows come from the row beside it, and so do those of a LATERAL subquery that has a condition. */
function multiplies(node: Node | undefined): boolean {
  if (node === undefined || 'RangeFunction' in node || 'RangeTableFunc' in node || 'JsonTable' in node) return false;
  if (!('RangeSubselect' in node) || node.RangeSubselect.lateral !== true) return true;
  const query = node.RangeSubselect.subquery;
  return query === undefined || !('SelectStmt' in query) || query.SelectStmt.whereClause === undefined;
}

/** Columns of USING are read on both sides; of NATURAL JOIN any that both may have, which the text does not tell. */
function readUsing(join: JoinExpr, left: readonly RangeItem[], right: readonly RangeItem[], mapping: Mapping): void {
  const natural = join.isNatural === true;
  if (join.usingClause === undefined && !natural) return;
  for (const side of [left, right]) {
    const scope = new Scope(undefined);
    scope.items.push(...side);
    mapping.within({ zone: 'predicate', scope }, () => {
      if (natural) mapping.column([], true);
      for (const column of stringsOf(join.usingClause)) mapping.column([column], false);
    });
  }
}

function visitSubselect(subselect: RangeSubselect, mapping: Mapping): void {
  // Only LATERAL sees its left neighbours.
  const scope = subselect.lateral === true ? mapping.scope : mapping.scope?.parent;
  mapping.within({ scope, primary: false }, () => {
    mapping.visit(subselect.subquery);
  });
  add(mapping, item(subselect.alias, ''));
}

function visitFunctions(functions: RangeFunction, mapping: Mapping): void {
  mapping.visitChildren('RangeFunction', functions, 'alias');
  add(mapping, item(functions.alias, functionName(functions)));
}

/** A function without an alias goes by its own name. */
function functionName(functions: RangeFunction): string {
  const first = functions.functions?.[0];
  const call = first !== undefined && 'List' in first ? first.List.items?.[0] : undefined;
  return call !== undefined && 'FuncCall' in call ? (stringsOf(call.FuncCall.funcname).at(-1) ?? '') : '';
}

function visitSample(sample: RangeTableSample, mapping: Mapping): void {
  if (sample.relation !== undefined) visitFromItem(sample.relation, mapping);
  callFunction(stringsOf(sample.method), [], mapping);
  mapping.visitAll(sample.args);
  mapping.visit(sample.repeatable);
}

/** XMLTABLE and JSON_TABLE. */
function visitTableFunction(node: Node, mapping: Mapping): void {
  mapping.visit(node);
  if ('RangeTableFunc' in node) add(mapping, item(node.RangeTableFunc.alias, 'xmltable'));
  else if ('JsonTable' in node) add(mapping, item(node.JsonTable.alias, 'json_table'));
}

function item(alias: Alias | undefined, name: string): RangeItem {
  const renamed = alias?.colnames;
  return {
    name: alias?.aliasname ?? name,
    ...(renamed === undefined ? {} : { renamed: new Set(stringsOf(renamed)) }),
  };
}

function add(mapping: Mapping, entry: RangeItem): void {
  mapping.scope?.items.push(entry);
}

function countJoins(mapping: Mapping, joins: number): void {
  const { attributes } = mapping.command;
  attributes.joins = (attributes.joins ?? 0) + joins;
}
