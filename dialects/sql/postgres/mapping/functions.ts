import type { FuncCall, Node } from '@pgsql/types';
import type { FunctionUse } from '../../../../engine/contract.ts';
import { argumentReaders } from './function-arguments.ts';
import type { Mapping } from './mapping.ts';
import { stringsOf } from './names.ts';
import type { FunctionFacts } from './services.ts';

export function visitFuncCall(call: FuncCall, mapping: Mapping): void {
  callFunction(stringsOf(call.funcname), call.args ?? [], mapping);
  // Before PostgreSQL 16 SYSTEM_USER was a name like any other.
  if (call.funcformat === 'COERCE_SQL_SYNTAX' && stringsOf(call.funcname).at(-1) === 'system_user') {
    mapping.column(['system_user'], false);
  }
  mapping.visitChildren('FuncCall', call, 'funcname');
}

/**
 * Notes a call. An unqualified name that PostgreSQL ships counts as known as long as pg_catalog is searched first: a
 * function of the same name with better fitting argument types elsewhere in search_path would win, and who may create
 * one there is a matter of the target's own privileges (CREATE on a schema of search_path).
 */
export function callFunction(path: readonly string[], args: readonly Node[], mapping: Mapping): void {
  const facts = lookup(path, args.length, mapping);
  if (facts === undefined) {
    unknownFunction(path, mapping);
    return;
  }
  mapping.command.function(describe(facts));
  // A plan calls no volatile function.
  if (mapping.mode === 'plan' && facts.volatility === 'volatile') return;
  for (const effect of facts.effects) mapping.command.effect(effect);
  if (facts.category === 'dynamic_sql' && !argumentReaders.has(nameOf(facts))) mapping.incomplete('dynamic_sql');
  argumentReaders.get(nameOf(facts))?.(args, mapping);
}

/** A function that SQL's own syntax calls, such as CURRENT_USER. */
export function useBuiltin(name: string, mapping: Mapping): void {
  const facts = mapping.services.lookupFunction(['pg_catalog', name]);
  mapping.command.function(
    facts === undefined ? { path: ['pg_catalog', name], category: 'pure', known: true } : describe(facts),
  );
}

export function unknownFunction(path: readonly string[], mapping: Mapping): void {
  mapping.command.function({ path: [...path], category: 'unknown', known: false });
  mapping.command.effect('execute');
  mapping.object('function', [...path], 'execute');
  mapping.incomplete('unknown_function');
}

function lookup(path: readonly string[], argumentCount: number, mapping: Mapping): FunctionFacts | undefined {
  if (path.length === 1 && !mapping.settings.catalogFirst) return undefined;
  return mapping.services.lookupFunction(path, argumentCount);
}

function nameOf(facts: FunctionFacts): string {
  return facts.path[facts.path.length - 1] ?? '';
}

function describe(facts: FunctionFacts): FunctionUse {
  const { category, volatility } = facts;
  return { path: [...facts.path], category, known: true, ...(volatility === undefined ? {} : { volatility }) };
}
