import type { Mapping } from './mapping.ts';
import { isRecord } from './mapping.ts';
import { mapDynamicSql } from './nested-sql.ts';
import { splitAssignment } from './plpgsql-assignment.ts';

/** Every node that libpg_query's PL/pgSQL trees are made of. Others make the command incomplete. */
const known: ReadonlySet<string> = new Set(
  `function var row rec recfield type expr stmt_block stmt_assign stmt_if if_elsif stmt_case case_when stmt_loop stmt_while
  stmt_fori stmt_fors stmt_forc stmt_dynfors stmt_foreach_a stmt_exit stmt_return stmt_return_next stmt_return_query
  stmt_raise raise_option stmt_assert stmt_execsql stmt_dynexecute stmt_getdiag diag_item stmt_open stmt_fetch stmt_close
  alias stmt_perform stmt_call stmt_commit stmt_rollback stmt_set exception_block exception condition`
    .split(/\s+/)
    .map((name) => `PLpgSQL_${name}`),
);

/** Fields that hold SQL which is made at run time, by the node they stand in. */
const dynamicFields: ReadonlyMap<string, string> = new Map([
  ['PLpgSQL_stmt_dynexecute', 'query'],
  ['PLpgSQL_stmt_dynfors', 'query'],
  ['PLpgSQL_stmt_return_query', 'dynquery'],
  ['PLpgSQL_stmt_open', 'dynquery'],
]);

/** RawParseMode of PostgreSQL's parser.h. */
const FULL_STATEMENT = 0;
const TYPE_NAME = 1;
const EXPRESSION = 2;

/**
 * Maps the body of a DO block or of a PL/pgSQL function: every statement and expression in it is parsed in its turn.
 *
 * @param text the whole CREATE FUNCTION, CREATE PROCEDURE or DO statement
 */
export function mapPlPgSQL(text: string, mapping: Mapping): void {
  const parsed = mapping.services.parser.parsePlPgSQL(text);
  if (!parsed.ok) {
    mapping.incomplete('body_not_parsed');
    return;
  }
  const names = new Set(mapping.variables ?? []);
  collectNames(parsed.tree, names);
  const outer = mapping.variables;
  mapping.variables = names;
  let bodies = 0;
  for (const node of parsed.tree) {
    const body = node['PLpgSQL_function'];
    if (isRecord(body) && body['action'] !== undefined) bodies++;
    walk(node, mapping);
  }
  if (bodies === 0) mapping.incomplete('body_not_parsed');
  mapping.variables = outer;
}

/** Names of variables and records: what they qualify is no column. */
function collectNames(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectNames(item, names);
  else if (isRecord(value)) {
    for (const key in value) {
      const child = value[key];
      if (key === 'refname' && typeof child === 'string') names.add(child.toLowerCase());
      else if (typeof child === 'object') collectNames(child, names);
    }
  }
}

function walk(value: unknown, mapping: Mapping): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, mapping);
    return;
  }
  if (!isRecord(value)) return;
  for (const key in value) {
    const child = value[key];
    if (key === 'PLpgSQL_expr') visitExpression(child, mapping);
    else if (key.startsWith('PLpgSQL_')) visitNode(key, child, mapping);
    else if (typeof child === 'object') walk(child, mapping);
  }
}

function visitNode(tag: string, node: unknown, mapping: Mapping): void {
  if (!known.has(tag)) mapping.incomplete('unknown_node');
  if (tag === 'PLpgSQL_stmt_commit' || tag === 'PLpgSQL_stmt_rollback') mapping.effect('transaction');
  const dynamic = dynamicFields.get(tag);
  if (isRecord(node) && dynamic !== undefined && node[dynamic] !== undefined) visitDynamic(node[dynamic], mapping);
  walk(node, mapping);
}

function visitExpression(node: unknown, mapping: Mapping): void {
  const query = isRecord(node) ? node['query'] : undefined;
  const mode = isRecord(node) ? (node['parseMode'] ?? FULL_STATEMENT) : undefined;
  if (typeof query !== 'string' || mode === TYPE_NAME) {
    mapping.incomplete('unknown_node');
  } else if (mode === FULL_STATEMENT) {
    mapDynamicSql(query, mapping, 'body_not_parsed');
  } else if (mode === EXPRESSION) {
    mapDynamicSql(`SELECT ${query}`, mapping, 'body_not_parsed');
  } else {
    const sides = splitAssignment(query);
    if (sides === undefined) mapping.incomplete('body_not_parsed');
    else for (const side of sides) mapDynamicSql(`SELECT ${side}`, mapping, 'body_not_parsed');
  }
}

/** EXECUTE: the text is known where it is a literal. The expression that makes it is read in any case, by `walk`. */
function visitDynamic(value: unknown, mapping: Mapping): void {
  const expression = isRecord(value) ? value['PLpgSQL_expr'] : undefined;
  const query = isRecord(expression) ? expression['query'] : undefined;
  const text = typeof query === 'string' ? literalIn(query, mapping) : undefined;
  if (text === undefined) mapping.incomplete('dynamic_sql');
  else mapDynamicSql(text, mapping);
}

/** The text of an expression that is a string literal and nothing else. */
function literalIn(expression: string, mapping: Mapping): string | undefined {
  const parsed = mapping.services.parser.parse(`SELECT ${expression}`);
  const [statement, ...more] = parsed.ok ? (parsed.tree.stmts ?? []) : [];
  const select = statement?.stmt;
  if (more.length > 0 || select === undefined || !('SelectStmt' in select)) return undefined;
  const { targetList, fromClause, whereClause } = select.SelectStmt;
  const target = targetList?.[0];
  if (targetList?.length !== 1 || fromClause !== undefined || whereClause !== undefined) return undefined;
  return target !== undefined && 'ResTarget' in target ? mapping.literalText(target.ResTarget.val) : undefined;
}
