import type { Node, SelectStmt } from '@pgsql/types';
import type { Mapping } from './mapping.ts';
import { stringOf } from './names.ts';
import { isCte } from './scope.ts';

/**
 * The literal that a query over pg_settings alone holds `name` to, in a condition that every row must meet. pg_dump sets
 * what a server may not know in this way: `SELECT set_config(name, 'x', false) FROM pg_settings WHERE name = 'y'`.
 */
export function pinnedSettingName(select: SelectStmt, mapping: Mapping): Node | undefined {
  const [source, ...others] = select.fromClause ?? [];
  if (source === undefined || others.length > 0 || !('RangeVar' in source)) return undefined;
  const { relname, schemaname, alias } = source.RangeVar;
  if (relname !== 'pg_settings' || (schemaname !== undefined && schemaname !== 'pg_catalog')) return undefined;
  // `AS s(a, b)` gives the columns other names.
  if (alias?.colnames !== undefined || (schemaname === undefined && isCte(mapping.ctes, relname))) return undefined;
  return literalOf(select.whereClause);
}

/** Whether an expression is the column `name`, as the literal is held to it. */
export function isSettingName(node: Node): boolean {
  if (!('ColumnRef' in node)) return false;
  const fields = node.ColumnRef.fields ?? [];
  const last = fields[fields.length - 1];
  return fields.length <= 2 && last !== undefined && stringOf(last) === 'name';
}

function literalOf(condition: Node | undefined): Node | undefined {
  if (condition === undefined) return undefined;
  if ('BoolExpr' in condition) {
    if (condition.BoolExpr.boolop !== 'AND_EXPR') return undefined;
    for (const part of condition.BoolExpr.args ?? []) {
      const found = literalOf(part);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!('A_Expr' in condition)) return undefined;
  const { kind, name, lexpr, rexpr } = condition.A_Expr;
  const [operator, ...qualified] = name ?? [];
  if (kind !== 'AEXPR_OP' || operator === undefined || qualified.length > 0 || stringOf(operator) !== '=')
    return undefined;
  if (lexpr === undefined || rexpr === undefined) return undefined;
  if (isSettingName(lexpr) && 'A_Const' in rexpr) return rexpr;
  return isSettingName(rexpr) && 'A_Const' in lexpr ? lexpr : undefined;
}
