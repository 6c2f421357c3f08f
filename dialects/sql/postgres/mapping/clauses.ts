import type { Node, SelectStmt } from '@pgsql/types';
import type { Mapping } from './mapping.ts';
import { integerOf, withoutCasts } from './nodes.ts';

/**
 * Notes a WHERE clause. Statements that change data count before those that select, and of several the least
 * restricted one: a DELETE without WHERE in a CTE is a command without WHERE.
 */
export function noteWhere(where: Node | undefined, of: 'change' | 'select', mapping: Mapping): void {
  const { attributes } = mapping.command;
  const present = where !== undefined;
  const trivial = present && holdsAlways(where, mapping);
  if (of === 'change' && !mapping.changesSeen) {
    mapping.changesSeen = true;
    attributes.where = { present, trivial };
  } else if (of === 'change' || !mapping.changesSeen) {
    const before = attributes.where;
    attributes.where =
      before === undefined
        ? { present, trivial }
        : { present: before.present && present, trivial: before.trivial || trivial };
  }
}

/**
 * Whether a condition is true whatever the row is: constants, a constant or an expression compared with itself, and
 * AND, OR, NOT of such. `a = a` counts although it is not true for NULL: nobody restricts a change with it.
 */
export function holdsAlways(condition: Node, mapping: Mapping): boolean {
  return constantTruth(condition, mapping) === true;
}

function constantTruth(condition: Node, mapping: Mapping): boolean | undefined {
  const bare = withoutCasts(condition);
  if ('A_Const' in bare) return truthOf(mapping.literal(bare));
  if ('BoolExpr' in bare) {
    const truths = (bare.BoolExpr.args ?? []).map((argument) => constantTruth(argument, mapping));
    if (bare.BoolExpr.boolop === 'NOT_EXPR') return truths[0] === undefined ? undefined : !truths[0];
    if (bare.BoolExpr.boolop === 'OR_EXPR') return truths.includes(true) ? true : allSame(truths, false);
    return truths.includes(false) ? false : allSame(truths, true);
  }
  if ('BooleanTest' in bare && bare.BooleanTest.arg !== undefined) {
    const truth = constantTruth(bare.BooleanTest.arg, mapping);
    if (truth === undefined) return undefined;
    if (bare.BooleanTest.booltesttype === 'IS_TRUE' || bare.BooleanTest.booltesttype === 'IS_NOT_FALSE') return truth;
    return undefined;
  }
  if ('NullTest' in bare && bare.NullTest.arg !== undefined && bare.NullTest.nulltesttype === 'IS_NOT_NULL') {
    return isLiteral(bare.NullTest.arg) && mapping.literal(bare.NullTest.arg) !== null ? true : undefined;
  }
  if ('A_Expr' in bare) return comparisonTruth(bare.A_Expr.name, bare.A_Expr.lexpr, bare.A_Expr.rexpr, mapping);
  return undefined;
}

function comparisonTruth(
  name: readonly Node[] | undefined,
  left: Node | undefined,
  right: Node | undefined,
  mapping: Mapping,
): boolean | undefined {
  if (left === undefined || right === undefined) return undefined;
  const last = name?.[name.length - 1];
  const operator = last !== undefined && 'String' in last ? last.String.sval : undefined;
  if (isLiteral(left) && isLiteral(right))
    return compareLiterals(operator, mapping.literal(left), mapping.literal(right));
  if (operator === '=' && isColumn(left) && isColumn(right)) return sameColumn(left, right) ? true : undefined;
  if (operator === '~~' && isLiteral(right) && isColumn(left)) return mapping.literal(right) === '%' ? true : undefined;
  return undefined;
}

type Literal = string | number | boolean | null | undefined;

function compareLiterals(operator: string | undefined, left: Literal, right: Literal): boolean | undefined {
  if (left === null || right === null || left === undefined || right === undefined) return undefined;
  if (operator === '=') return String(left) === String(right);
  if (operator === '<>') return String(left) !== String(right);
  if (typeof left !== 'number' || typeof right !== 'number') return undefined;
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  if (operator === '>') return left > right;
  if (operator === '>=') return left >= right;
  return undefined;
}

function truthOf(value: Literal): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return undefined;
  return ['t', 'true', 'y', 'yes', 'on', '1'].includes(value.trim().toLowerCase()) ? true : undefined;
}

function allSame(truths: readonly (boolean | undefined)[], value: boolean): boolean | undefined {
  return truths.every((truth) => truth === value) ? value : undefined;
}

function isLiteral(node: Node): boolean {
  return 'A_Const' in withoutCasts(node);
}

function isColumn(node: Node): boolean {
  return 'ColumnRef' in withoutCasts(node);
}

function sameColumn(left: Node, right: Node): boolean {
  return columnName(left) === columnName(right);
}

function columnName(node: Node): string {
  const bare = withoutCasts(node);
  const fields = 'ColumnRef' in bare ? (bare.ColumnRef.fields ?? []) : [];
  return fields.map((field) => ('String' in field ? (field.String.sval ?? '') : '*')).join('\0');
}

export function noteLimit(select: SelectStmt, mapping: Mapping): void {
  const count = select.limitCount;
  if (count === undefined) return;
  const value = integerOf(withoutCasts(count));
  mapping.literal(count);
  // LIMIT ALL and LIMIT NULL are no limit.
  if (isLiteral(count) && value === undefined) return;
  mapping.command.attributes.limit = { present: true, ...(value === undefined ? {} : { value }) };
}

const strengths = ['key_share', 'share', 'no_key_update', 'update'] as const;
const strengthOf: Readonly<Record<string, number>> = {
  LCS_FORKEYSHARE: 0,
  LCS_FORSHARE: 1,
  LCS_FORNOKEYUPDATE: 2,
  LCS_FORUPDATE: 3,
};

/** FOR UPDATE and its kin lock rows of the tables that they name, or of all in FROM. */
export function noteLocking(select: SelectStmt, mapping: Mapping): void {
  for (const node of select.lockingClause ?? []) {
    if (!('LockingClause' in node)) continue;
    const { attributes } = mapping.command;
    const strength = Math.max(
      strengthOf[node.LockingClause.strength ?? ''] ?? 3,
      attributes.locking === undefined ? 0 : strengths.indexOf(attributes.locking),
    );
    attributes.locking = strengths[strength] ?? 'update';
    mapping.effect('lock');
    const named = new Set<string>();
    for (const relation of node.LockingClause.lockedRels ?? []) {
      if ('RangeVar' in relation) named.add(relation.RangeVar.relname ?? '');
    }
    for (const item of mapping.scope?.items ?? []) {
      if (item.table === undefined || (named.size > 0 && !named.has(item.name))) continue;
      mapping.target('table', [...item.table], 'lock', item.exact === true ? 'exact' : 'search_path');
    }
  }
}

export function noteStar(targets: readonly Node[] | undefined, mapping: Mapping): void {
  const star = (targets ?? []).some((target) => {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (value === undefined || !('ColumnRef' in value)) return false;
    const last = value.ColumnRef.fields?.at(-1);
    return last !== undefined && 'A_Star' in last;
  });
  if (star) mapping.command.attributes.star = true;
}
