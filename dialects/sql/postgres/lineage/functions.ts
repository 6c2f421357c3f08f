import type { FuncCall } from '@pgsql/types';
import { stringsOf } from '../mapping/names.ts';
import type { Analysis } from './analysis.ts';
import { builtinCall } from './builtins.ts';
import type { Argument, CallResult } from './calls.ts';
import { starFields } from './output.ts';
import { findWindow, type Scope } from './scope.ts';
import { isSystemSchema } from './system.ts';
import { userCall } from './user-functions.ts';
import {
  CLEAN,
  contentOf,
  derived,
  tainted,
  union,
  unionAll,
  unknownTaint,
  type Field,
  type Taint,
  type Value,
} from './taint.ts';
import { windowTaint } from './windows.ts';

/** A call in FROM. */
export function callRows(call: FuncCall, scope: Scope, analysis: Analysis): CallResult {
  return invoke(stringsOf(call.funcname), argumentsOf(call, scope, analysis), analysis);
}

/** A call in an expression; what filters or orders an aggregate's rows, or makes a window, counts as well. */
export function callValue(call: FuncCall, scope: Scope, analysis: Analysis): Value {
  const value = valueOf(callRows(call, scope, analysis));
  const parts: Taint[] = (call.agg_order ?? []).map((node) => analysis.walk.evaluate(node, scope, analysis).taint);
  if (call.agg_filter !== undefined) parts.push(analysis.walk.evaluate(call.agg_filter, scope, analysis).taint);
  const { over } = call;
  if (over !== undefined) {
    parts.push(over.name === undefined ? windowTaint(over, scope, analysis) : findWindow(scope, over.name));
  }
  return tainted(value, unionAll(parts));
}

/** A call that is written as a field (`t.upper`) or as an operator. */
export function namedCall(
  path: readonly string[],
  values: readonly Value[],
  analysis: Analysis,
  anyNumber = false,
): Value {
  const args = values.map((value) => ({ value }));
  return valueOf(analysis.deeper(() => invoke(path, args, analysis, anyNumber)));
}

function valueOf({ rows, scalar }: CallResult): Value {
  const [only] = rows.fields;
  if (scalar && only !== undefined) return tainted(only.value, rows.control);
  const taint = union(contentOf(rows), rows.control);
  return rows.open === undefined ? { taint, fields: rows.fields } : { taint };
}

function argumentsOf(call: FuncCall, scope: Scope, analysis: Analysis): readonly Argument[] {
  return (call.args ?? []).flatMap((node): readonly Argument[] => {
    if ('NamedArgExpr' in node && node.NamedArgExpr.arg !== undefined) {
      const { arg, name } = node.NamedArgExpr;
      return [
        { value: analysis.walk.evaluate(arg, scope, analysis), node: arg, ...(name === undefined ? {} : { name }) },
      ];
    }
    const expanded = starFields(node, scope, analysis);
    if (expanded === undefined) return [{ value: analysis.walk.evaluate(node, scope, analysis), node }];
    if (expanded.open !== undefined) return [{ value: analysis.walk.evaluate(node, scope, analysis) }];
    for (const field of expanded.fields) analysis.read(field.value.taint);
    return expanded.fields.map(({ value }) => ({ value }));
  });
}

/** Whether anything that can be called has the name. */
export function isFunction(name: string, analysis: Analysis): boolean {
  return analysis.services.lookupFunction([name], 1) !== undefined || analysis.resolver.functions([name]).length > 0;
}

/** Calls whatever the name may mean: the arguments' types tell PostgreSQL which, and nobody here. */
function invoke(path: readonly string[], args: readonly Argument[], analysis: Analysis, anyNumber = false): CallResult {
  const facts = analysis.services.lookupFunction(path, anyNumber ? undefined : args.length);
  const schema = facts?.path[0] ?? '';
  const builtin = facts !== undefined && facts.path.length > 1 && isSystemSchema(schema) ? facts : undefined;
  const own = analysis.resolver
    .functions(path)
    .filter((candidate) => !isSystemSchema(candidate.schema) && (anyNumber || takes(candidate.inputs, args.length)));
  const results = own.map((candidate) => userCall(candidate, args, facts, analysis));
  if (builtin !== undefined) results.unshift(builtinCall(builtin, args, analysis));
  const [first, ...rest] = results;
  if (first === undefined) {
    const taint = union(unionAll(args.map(({ value }) => value.taint)), unknownTaint('unknown_function'));
    analysis.read(taint);
    return { rows: { fields: [{ name: '', value: derived(taint) }], control: CLEAN, open: taint }, scalar: false };
  }
  return rest.reduce(either, first);
}

/** Defaults fill in for arguments that are missing; an array at the end may be VARIADIC. */
function takes(inputs: readonly { readonly type: string }[], count: number): boolean {
  if (inputs.length >= count) return true;
  const last = inputs.at(-1)?.type ?? '';
  return last.endsWith('[]') || last.startsWith('_') || last.includes('any');
}

function either(left: CallResult, right: CallResult): CallResult {
  const all = union(contentOf(right.rows), right.rows.control);
  const same = left.scalar === right.scalar && left.rows.fields.length === right.rows.fields.length;
  const fields = left.rows.fields.map((field): Field => ({ name: field.name, value: tainted(field.value, all) }));
  const open = same ? left.rows.open : union(left.rows.open ?? CLEAN, unknownTaint('unknown_function'));
  return {
    rows: { fields, control: union(left.rows.control, right.rows.control), ...(open === undefined ? {} : { open }) },
    scalar: left.scalar && right.scalar,
  };
}
