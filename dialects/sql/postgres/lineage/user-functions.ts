import type { Node } from '@pgsql/types';
import type { CatalogueFunction } from '../../../../engine/catalogue.ts';
import type { FunctionFacts } from '../mapping/services.ts';
import type { Analysis } from './analysis.ts';
import { carry, fillTemporary } from './flows.ts';
import type { Argument, CallResult } from './calls.ts';
import { isPureBody } from './plpgsql.ts';
import { fieldsOf } from './rows.ts';
import { NO_RANGE, type Range, type RangeItem, type Scope } from './scope.ts';
import {
  CLEAN,
  CONSTANT,
  contentOf,
  derived,
  NO_ROWS,
  union,
  unionAll,
  unknownTaint,
  type Field,
  type Rows,
  type Taint,
  type Value,
} from './taint.ts';

const PURE: ReadonlySet<string> = new Set(['pure', 'session', 'sleep']);

/**
 * A function that users or extensions have made. SQL bodies are followed with their arguments; of PL/pgSQL only what
 * plainly reads nothing counts as made of its arguments; of C, what an extension or a superuser declares immutable.
 *
 * @param facts of an extension that the dialect knows
 */
export function userCall(
  called: CatalogueFunction,
  args: readonly Argument[],
  facts: FunctionFacts | undefined,
  analysis: Analysis,
): CallResult {
  const given = unionAll(args.map(({ value }) => value.taint));
  const body = analysis.deeper(() => bodyRows(called, args, facts, given, analysis));
  if (body === undefined) {
    const taint = union(given, unknownTaint('unknown_function'));
    analysis.read(taint);
    // What it does with its arguments is not known; only what is volatile can keep them.
    if (called.volatility === 'volatile') {
      carry(analysis, 'server', [called.schema, called.name], given);
      fillTemporary(analysis);
    }
    return shaped(called, { fields: [], open: taint, control: CLEAN }, analysis);
  }
  return shaped(called, body, analysis);
}

/** Rows that the function gives, or undefined where nobody knows. */
function bodyRows(
  called: CatalogueFunction,
  args: readonly Argument[],
  facts: FunctionFacts | undefined,
  given: Taint,
  analysis: Analysis,
): Rows | undefined {
  const ofArguments: Rows = { fields: [], open: given, control: CLEAN };
  if (called.extension !== undefined && facts !== undefined && PURE.has(facts.category)) return ofArguments;
  if (called.kind === 'aggregate' || called.kind === 'window') {
    return called.extension !== undefined && called.language === 'internal' ? ofArguments : undefined;
  }
  if (called.language === 'c' || called.language === 'internal') {
    return called.volatility === 'immutable' ? ofArguments : undefined;
  }
  if (called.source === undefined) return undefined;
  if (called.language === 'plpgsql') return isPureBody(called, analysis) ? ofArguments : undefined;
  if (called.language !== 'sql') return undefined;
  const key = `${called.schema}.${called.name}(${called.inputs.map(({ type }) => type).join()})`;
  if (analysis.calling.has(key)) return undefined;
  const statements = bodyStatements(called.source, analysis);
  if (statements === undefined) return undefined;
  analysis.calling.add(key);
  try {
    const scope = parameterScope(called, args, analysis);
    const path = called.searchPath ?? analysis.sessionPath;
    return analysis.inside(path, () => lastRows(statements, scope, analysis));
  } finally {
    analysis.calling.delete(key);
  }
}

function lastRows(statements: readonly Node[], scope: Scope, analysis: Analysis): Rows | undefined {
  let last: Rows | undefined = NO_ROWS;
  for (const statement of statements) {
    if ('ReturnStmt' in statement) {
      const value = statement.ReturnStmt.returnval;
      last =
        value === undefined
          ? undefined
          : { fields: [{ name: '', value: analysis.walk.evaluate(value, scope, analysis) }], control: CLEAN };
      continue;
    }
    const followed = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].some(
      (tag) => tag in statement,
    );
    if (!followed) return undefined;
    last = analysis.walk.queryRows(statement, scope, undefined, analysis);
  }
  return last;
}

/** `$n` and names of parameters: they stand behind every column of the body. */
function parameterScope(called: CatalogueFunction, args: readonly Argument[], analysis: Analysis): Scope {
  const values = called.inputs.map((input, index): Value => {
    const named = args.find((argument) => argument.name !== undefined && argument.name === input.name);
    if (named !== undefined) return plain(named.value);
    const last = index === called.inputs.length - 1;
    // The last one may be VARIADIC and hold all that is left.
    const rest = args.slice(index, last ? undefined : index + 1).filter(({ name }) => name === undefined);
    const [only] = rest;
    if (rest.length === 1 && only !== undefined) return plain(only.value);
    return rest.length === 0 ? CONSTANT : derived(unionAll(rest.map(({ value }) => value.taint)));
  });
  const fields = called.inputs.flatMap((input, index): Field[] =>
    input.name === '' ? [] : [{ name: input.name, value: values[index] ?? CONSTANT }],
  );
  const own: RangeItem = { name: called.name, fields };
  // `p.f` is the field of a parameter that is a row.
  const rows = fields.map(({ name, value }): RangeItem => {
    const known = fieldsOf(value, analysis);
    return { name, fields: known ?? [], ...(known === undefined ? { open: value.taint } : {}) };
  });
  const range: Range = fields.length === 0 ? NO_RANGE : { tables: [own, ...rows], columns: [own] };
  return { range, ctes: undefined, parent: undefined, parameters: values };
}

/** An argument as a value of its own: no column of a relation any more. */
function plain(value: Value): Value {
  const { taint, type, fields } = value;
  return { taint, ...(type === undefined ? {} : { type }), ...(fields === undefined ? {} : { fields }) };
}

/** Statements of a body: a text of SQL, or one of standard SQL as the target prints it (BEGIN ATOMIC …, RETURN …). */
function bodyStatements(source: string, analysis: Analysis): readonly Node[] | undefined {
  const { parser } = analysis.services;
  const parsed = parser.parse(source);
  if (parsed.ok) {
    const statements = (parsed.tree.stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
    if (!statements.some((statement) => 'TransactionStmt' in statement)) return statements;
  }
  const made = parser.parse(`CREATE FUNCTION f() RETURNS void LANGUAGE sql ${source}`);
  const statement = made.ok && made.tree.stmts?.length === 1 ? made.tree.stmts[0]?.stmt : undefined;
  if (statement === undefined || !('CreateFunctionStmt' in statement)) return undefined;
  return flattened(statement.CreateFunctionStmt.sql_body);
}

function flattened(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return 'List' in node ? (node.List.items ?? []).flatMap(flattened) : [node];
}

/** The body's rows in the shape that the function declares. */
function shaped(called: CatalogueFunction, body: Rows, analysis: Analysis): CallResult {
  const { control } = body;
  const content = contentOf(body);
  const names = declaredColumns(called, analysis);
  if (names === undefined) {
    // A record: of columns that the call defines, or nobody knows.
    return { rows: body.open === undefined ? body : { ...body, open: body.open }, scalar: false };
  }
  if (names === 'scalar') {
    const [output] = called.outputs;
    const taint = called.returns.name === 'void' ? CLEAN : content;
    const value = derived(taint, { schema: called.returns.schema, name: called.returns.name });
    return { rows: { fields: [{ name: output?.name ?? '', value }], control }, scalar: true };
  }
  const [only] = body.fields;
  const columns = body.fields.length === 1 && names.length > 1 ? only?.value.fields : body.fields;
  const positional = body.open === undefined && columns?.length === names.length ? columns : undefined;
  const fields = names.map((name, index): Field => {
    const value = positional?.[index]?.value;
    return { name, value: derived(value === undefined ? content : value.taint) };
  });
  return { rows: { fields, control }, scalar: false };
}

function declaredColumns(called: CatalogueFunction, analysis: Analysis): readonly string[] | 'scalar' | undefined {
  const { outputs, returns } = called;
  if (outputs.length > 1) return outputs.map(({ name }) => name);
  if (outputs.length === 1) return 'scalar';
  if (returns.name === 'record' && returns.schema === 'pg_catalog') return undefined;
  const relation = analysis.resolver.composite(returns);
  return relation === undefined ? 'scalar' : relation.columns.map(({ name }) => name);
}
