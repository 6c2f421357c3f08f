import type { A_Expr, A_Indirection, ColumnRef, Node, SubLink, TypeName } from '@pgsql/types';
import { stringOf, stringsOf } from '../mapping/names.ts';
import { childFields } from '../mapping/nodes.ts';
import type { Analysis } from './analysis.ts';
import { callValue, isFunction, namedCall } from './functions.ts';
import { operatorTaint } from './operators.ts';
import { starFields } from './output.ts';
import { fieldsOf } from './rows.ts';
import { findItem, itemColumn, rangeColumn, systemColumn, wholeRow, type Scope } from './scope.ts';
import {
  CLEAN,
  CONSTANT,
  derived,
  either,
  sameType,
  sublinkTaint,
  tainted,
  union,
  unionAll,
  unknownTaint,
  unmarked,
  type Field,
  type Taint,
  type Value,
} from './taint.ts';

/** Where the value of an expression comes from. Every column that it looks at is noted as read. */
export function evaluate(node: Node, scope: Scope, analysis: Analysis): Value {
  if ('ColumnRef' in node) return columnValue(node.ColumnRef, scope, analysis);
  if ('A_Const' in node) return CONSTANT;
  if ('ParamRef' in node) return scopeParameter(node.ParamRef.number ?? 0, scope);
  return analysis.deeper(() => evaluateDeep(node, scope, analysis));
}

function evaluateDeep(node: Node, scope: Scope, analysis: Analysis): Value {
  if ('FuncCall' in node) return callValue(node.FuncCall, scope, analysis);
  if ('A_Expr' in node) return derived(expressionTaint(node.A_Expr, scope, analysis));
  if ('TypeCast' in node) {
    const { arg, typeName } = node.TypeCast;
    const value = arg === undefined ? CONSTANT : evaluate(arg, scope, analysis);
    return typeName === undefined ? derived(value.taint) : castValue(value, typeName, analysis);
  }
  if ('SubLink' in node) return sublinkValue(node.SubLink, scope, analysis);
  if ('A_Indirection' in node) return indirectionValue(node.A_Indirection, scope, analysis);
  if ('RowExpr' in node) return rowValue(node.RowExpr.args, scope, analysis);
  if ('CoalesceExpr' in node) return alternatives(node.CoalesceExpr.args, scope, analysis);
  if ('CaseExpr' in node) {
    const { arg, args = [], defresult } = node.CaseExpr;
    const results = args.flatMap((when) =>
      'CaseWhen' in when && when.CaseWhen.result !== undefined ? [when.CaseWhen.result] : [],
    );
    const conditions = args.flatMap((when) =>
      'CaseWhen' in when && when.CaseWhen.expr !== undefined ? [when.CaseWhen.expr] : [],
    );
    const value = alternatives(defresult === undefined ? results : [...results, defresult], scope, analysis);
    const control = unionAll(
      [...(arg === undefined ? [] : [arg]), ...conditions].map((each) => nodeTaint(each, scope, analysis)),
    );
    return { ...tainted(value, control) };
  }
  // GROUPING tells of the grouping set, not of values.
  if ('GroupingFunc' in node) return CONSTANT;
  if ('CollateClause' in node && node.CollateClause.arg !== undefined) {
    return derived(evaluate(node.CollateClause.arg, scope, analysis).taint);
  }
  return derived(childrenTaint(node, scope, analysis));
}

/** Of one node as such; lists and clauses included. */
export function nodeTaint(node: Node, scope: Scope, analysis: Analysis): Taint {
  return evaluate(node, scope, analysis).taint;
}

/** Of a struct that stands without its tag. */
export function structTaint(tag: string, struct: unknown, scope: Scope, analysis: Analysis): Taint {
  if (struct === undefined) return CLEAN;
  const fields = childFields.get(tag);
  if (fields === undefined || !isRecord(struct)) return unknownTaint('unknown_node');
  let taint = CLEAN;
  for (const key in struct) {
    const child = struct[key];
    if (typeof child !== 'object' || child === null) continue;
    const type = fields.get(key);
    if (type === undefined) return union(taint, unknownTaint('unknown_node'));
    const children: readonly unknown[] = Array.isArray(child) ? child : [child];
    for (const each of children) taint = union(taint, childTaint(type, each, scope, analysis));
  }
  return taint;
}

/** Names of types and of objects hold no values. */
const NAMELESS: ReadonlySet<string> = new Set([
  'TypeName',
  'String',
  'Integer',
  'Float',
  'A_Star',
  'Alias',
  'JsonFormat',
  'JsonReturning',
]);

function childTaint(type: string, child: unknown, scope: Scope, analysis: Analysis): Taint {
  if (NAMELESS.has(type)) return CLEAN;
  if (type !== 'Node') return analysis.deeper(() => structTaint(type, child, scope, analysis));
  return isNode(child) ? evaluate(child, scope, analysis).taint : unknownTaint('unknown_node');
}

function childrenTaint(node: Node, scope: Scope, analysis: Analysis): Taint {
  let taint = CLEAN;
  if ('SelectStmt' in node) return sublinkTaint(analysis.walk.queryRows(node, scope, scope.ctes, analysis));
  for (const [tag, struct] of Object.entries(node)) {
    if (!NAMELESS.has(tag)) taint = union(taint, structTaint(tag, struct, scope, analysis));
  }
  return taint;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The tree is libpg_query's, whose nodes and @pgsql/types' are generated from the same source. */
function isNode(value: unknown): value is Node {
  return isRecord(value);
}

/**
 * A cast to the type that the value has is none: PostgreSQL goes on naming the column, unless the length is another one. A
 * row that is given a name for its type is still the row: views' texts have `c.*::customers`.
 */
function castValue(value: Value, typeName: TypeName, analysis: Analysis): Value {
  const { fields, taint, origin } = value;
  const type = analysis.resolver.type(typeName);
  if (value.type !== undefined && sameType(value.type, type)) {
    const sized = (typeName.typmods ?? []).length > 0;
    return sized && origin !== undefined ? { ...value, origin: { ...origin, uncertain: true } } : value;
  }
  const columns = fields === undefined ? undefined : analysis.resolver.composite(type)?.columns;
  if (fields === undefined || columns?.length !== fields.length) return derived(taint, type);
  const named = fields.map((field, index) => ({
    name: columns[index]?.name ?? field.name,
    value: unmarked(field.value),
  }));
  return { taint, type, fields: named };
}

function scopeParameter(number: number, scope: Scope): Value {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    if (level.parameters !== undefined) return level.parameters[number - 1] ?? CONSTANT;
  }
  return CONSTANT;
}

function columnValue(reference: ColumnRef, scope: Scope, analysis: Analysis): Value {
  const fields = reference.fields ?? [];
  const last = fields.at(-1);
  if (last !== undefined && 'A_Star' in last) {
    const expanded = starFields({ ColumnRef: reference }, scope, analysis);
    const taint = unionAll([...(expanded?.fields ?? []).map((field) => field.value.taint), expanded?.open ?? CLEAN]);
    analysis.read(taint);
    return { taint, ...(expanded?.open === undefined && expanded !== undefined ? { fields: expanded.fields } : {}) };
  }
  const path = stringsOf(fields);
  const value = path.length === 1 ? bareColumn(path[0] ?? '', scope) : qualifiedColumn(path, scope, analysis);
  analysis.read(value.taint);
  return value;
}

/** A bare name: a column of the innermost level that has one; else a row of FROM. */
function bareColumn(name: string, scope: Scope): Value {
  let open: Taint | undefined;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const column = rangeColumn(level.range, name);
    if (column.open !== undefined) open = union(open ?? CLEAN, column.open);
    const found = column.found ?? systemColumn(level.range.tables, name);
    if (found !== undefined) return open === undefined ? found : tainted(unmarked(found), open);
  }
  const item = findItem(scope, name, undefined);
  const row = item === undefined ? undefined : wholeRow(item);
  if (open !== undefined) return derived(union(open, row?.taint ?? CLEAN));
  return row ?? derived(unknownTaint('unknown_column'));
}

function qualifiedColumn(path: readonly string[], scope: Scope, analysis: Analysis): Value {
  const name = path.at(-1) ?? '';
  const item = findItem(scope, path.at(-2) ?? '', path.at(-3));
  if (item === undefined) return derived(unknownTaint('unknown_relation'));
  const found = itemColumn(item, name);
  if (found !== undefined) return found;
  if (item.loose !== undefined && !isFunction(name, analysis)) return derived(item.loose);
  // `t.f` may stand for `f(t)` (manual, section 8.16.5).
  return namedCall([name], [wholeRow(item)], analysis);
}

function rowValue(nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): Value {
  const fields: Field[] = [];
  let open: Taint | undefined;
  for (const node of nodes ?? []) {
    const expanded = starFields(node, scope, analysis);
    const values = expanded?.fields.map((field) => field.value) ?? [evaluate(node, scope, analysis)];
    for (const value of values) {
      analysis.read(value.taint);
      fields.push({ name: `f${fields.length + 1}`, value: unmarked(value) });
    }
    if (expanded?.open !== undefined) open = union(open ?? CLEAN, expanded.open);
  }
  const taint = union(unionAll(fields.map((field) => field.value.taint)), open ?? CLEAN);
  return open === undefined ? { taint, fields } : { taint };
}

function alternatives(nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): Value {
  const [first, ...rest] = (nodes ?? []).map((node) => evaluate(node, scope, analysis));
  if (first === undefined) return CONSTANT;
  return rest.reduce<Value>((all, value) => either(all, value), { ...unmarked(first) });
}

/** Operator chains lean to the left and may be thousands long, so the left side is a loop. */
function expressionTaint(expression: A_Expr, scope: Scope, analysis: Analysis): Taint {
  let taint = CLEAN;
  let current: A_Expr | undefined = expression;
  while (current !== undefined) {
    const operands: Taint[] = [];
    if (current.rexpr !== undefined) operands.push(evaluate(current.rexpr, scope, analysis).taint);
    const left: Node | undefined = current.lexpr;
    const next: A_Expr | undefined = left !== undefined && 'A_Expr' in left ? left.A_Expr : undefined;
    if (left !== undefined && next === undefined) operands.push(evaluate(left, scope, analysis).taint);
    const own = union(unionAll(operands), operatorTaint(stringsOf(current.name), current.kind, analysis));
    taint = union(taint, own);
    current = next;
  }
  return taint;
}

function sublinkValue(link: SubLink, scope: Scope, analysis: Analysis): Value {
  const test = link.testexpr === undefined ? CLEAN : evaluate(link.testexpr, scope, analysis).taint;
  const rows = analysis.walk.queryRows(link.subselect, scope, scope.ctes, analysis);
  const operator = operatorTaint(stringsOf(link.operName), undefined, analysis);
  const control = unionAll([test, rows.control, operator, rows.open ?? CLEAN]);
  // EXISTS gives no value of what it selects, and count(*) under it none of the rows' columns.
  if (link.subLinkType === 'EXISTS_SUBLINK') return derived(control);
  const [only] = rows.fields;
  if (link.subLinkType === 'EXPR_SUBLINK' && rows.fields.length === 1 && only !== undefined) {
    return tainted(unmarked(only.value), control);
  }
  const taint = union(unionAll(rows.fields.map((field) => field.value.taint)), control);
  return link.subLinkType === 'MULTIEXPR_SUBLINK' || link.subLinkType === 'EXPR_SUBLINK'
    ? {
        taint,
        fields: rows.fields.map((field) => ({ name: field.name, value: tainted(unmarked(field.value), control) })),
      }
    : derived(taint);
}

function indirectionValue(indirection: A_Indirection, scope: Scope, analysis: Analysis): Value {
  const { arg } = indirection;
  let value = arg === undefined ? CONSTANT : evaluate(arg, scope, analysis);
  for (const step of indirection.indirection ?? []) {
    const name = stringOf(step);
    if (name !== undefined) value = fieldValue(value, name, analysis);
    else if ('A_Indices' in step)
      value = derived(union(value.taint, structTaint('A_Indices', step.A_Indices, scope, analysis)));
    else value = derived(value.taint);
  }
  return value;
}

/** `(row).name`: a field; else `name(row)`, which may be written so. */
function fieldValue(row: Value, name: string, analysis: Analysis): Value {
  const fields = fieldsOf(row, analysis);
  const field = fields?.find((each) => each.name === name);
  if (field !== undefined) return row.origin?.attribute === 0 ? field.value : unmarked(field.value);
  const known = fields !== undefined || row.type !== undefined;
  // A row of a shape that nobody knows: a field of it, where no function has the name.
  return known || isFunction(name, analysis) ? namedCall([name], [row], analysis) : derived(row.taint);
}
