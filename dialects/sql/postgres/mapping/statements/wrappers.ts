import type {
  CallStmt,
  CopyStmt,
  CreateTableAsStmt,
  DeallocateStmt,
  ExecuteStmt,
  ExplainStmt,
  IntoClause,
  PrepareStmt,
} from '@pgsql/types';
import { callFunction } from '../functions.ts';
import type { Mapping } from '../mapping.ts';
import { stringsOf } from '../names.ts';
import { mapDynamicSql } from '../nested-sql.ts';
import { preparedText } from '../prepared-text.ts';
import { statementName } from '../statement-names.ts';
import { noteNested } from '../with.ts';
import { define, definitions, isOn, option } from './objects.ts';

/** EXPLAIN runs its statement with ANALYZE, and plans it without. */
export function visitExplain(explain: ExplainStmt, mapping: Mapping): void {
  // The last one counts, as in PostgreSQL.
  const analyze = isOn(
    definitions(explain.options).findLast((element) => element.defname === 'analyze'),
    mapping,
  );
  mapping.act('explain');
  mapping.effect('read');
  mapping.command.attributes.explain = { analyze, statement: statementName(explain.query) ?? 'unknown' };
  noteNested(explain.query, mapping);
  mapping.within({ mode: analyze ? mapping.mode : 'plan' }, () => {
    mapping.visit(explain.query);
  });
  mapping.visitAll(explain.options);
}

/** PREPARE runs nothing yet, but what it keeps will run by name: it counts as what it keeps. */
export function visitPrepare(prepare: PrepareStmt, mapping: Mapping): void {
  mapping.act('prepare');
  mapping.effect('session');
  const text = preparedText(mapping.statementText);
  mapping.command.attributes.prepared = {
    action: 'prepare',
    name: prepare.name ?? '',
    ...(text === undefined ? {} : { text }),
  };
  // The text above holds every literal.
  mapping.dependsOnText = true;
  noteNested(prepare.query, mapping);
  mapping.visitAll(prepare.argtypes);
  mapping.visit(prepare.query);
}

/** EXECUTE is what PREPARE kept under the name, as far as the session's settings tell. */
export function visitExecute(execute: ExecuteStmt, mapping: Mapping): void {
  mapping.act('execute');
  mapping.effect('execute');
  const name = execute.name ?? '';
  mapping.command.attributes.prepared = { action: 'execute', name };
  mapping.target('prepared_statement', [name], 'execute');
  mapping.visitAll(execute.params);
  const text = mapping.settings.prepared.get(name);
  mapping.dependsOnText = true;
  if (text === undefined) mapping.incomplete('unknown_prepared_statement');
  else mapDynamicSql(text, mapping, 'unknown_prepared_statement');
}

export function visitDeallocate(deallocate: DeallocateStmt, mapping: Mapping): void {
  mapping.act('deallocate');
  mapping.effect('session');
  mapping.command.attributes.prepared =
    deallocate.isall === true || deallocate.name === undefined
      ? { action: 'deallocate_all' }
      : { action: 'deallocate', name: deallocate.name };
}

/** CREATE TABLE AS, CREATE MATERIALIZED VIEW and CREATE TABLE … AS EXECUTE. */
export function visitCreateTableAs(create: CreateTableAsStmt, mapping: Mapping): void {
  const kind = create.objtype === 'OBJECT_MATVIEW' ? 'materialized_view' : 'table';
  define(mapping, 'create', kind);
  mapping.effect('write');
  const { attributes } = mapping.command;
  if (create.if_not_exists === true) attributes.if_not_exists = true;
  visitInto(create.into, mapping, kind);
  noteNested(create.query, mapping);
  mapping.visit(create.query);
}

/** SELECT INTO makes a table out of what it reads. */
export function visitInto(into: IntoClause | undefined, mapping: Mapping, kind = 'table'): void {
  if (into === undefined) return;
  define(mapping, 'create', kind);
  mapping.effect('write');
  mapping.relation(into.rel, 'create', kind);
  if (into.rel?.relpersistence === 't') mapping.command.attributes.temporary = true;
  mapping.visitChildren('IntoClause', into, 'rel');
}

const formats: ReadonlySet<string> = new Set(['text', 'csv', 'binary']);

export function visitCopy(copy: CopyStmt, mapping: Mapping): void {
  mapping.act('copy');
  const from = copy.is_from === true;
  const endpoint = copy.is_program === true ? 'program' : copy.filename === undefined ? 'client' : 'file';
  const format = mapping.literalText(option(copy.options, 'format')?.arg) ?? 'text';
  if (!formats.has(format)) mapping.incomplete('unknown_copy_format');
  mapping.command.attributes.copy = { direction: from ? 'from' : 'to', endpoint, format };
  mapping.effect(from ? 'bulk_load' : 'bulk_export');
  mapping.effect(from ? 'write' : 'read');
  copyEndpoint(copy, endpoint, from, mapping);
  if (copy.relation !== undefined) {
    const table = mapping.relation(copy.relation, from ? 'write' : 'read');
    const resolution = copy.relation.schemaname === undefined ? 'search_path' : 'exact';
    const columns = copy.attlist === undefined ? ['*'] : stringsOf(copy.attlist);
    for (const column of columns) mapping.target('column', [...table, column], from ? 'write' : 'read', resolution);
    if (!from) for (const column of columns) mapping.command.projected([...table, column]);
  }
  noteNested(copy.query, mapping);
  mapping.visit(copy.query);
  mapping.visit(copy.whereClause);
  mapping.visitAll(copy.options);
}

function copyEndpoint(copy: CopyStmt, endpoint: string, from: boolean, mapping: Mapping): void {
  if (endpoint === 'client') return;
  mapping.dependsOnText = true;
  mapping.effect('unsafe_io');
  if (endpoint === 'file') {
    mapping.target('file', [copy.filename ?? ''], from ? 'read' : 'write');
    return;
  }
  mapping.effect('execute');
  mapping.target('program', [copy.filename ?? ''], 'execute');
}

/** CALL runs a procedure, which the catalogue cannot know. */
export function visitCall(call: CallStmt, mapping: Mapping): void {
  mapping.act('call');
  mapping.effect('execute');
  mapping.effect('procedural');
  if (call.funccall === undefined) {
    mapping.incomplete('unknown_node');
    return;
  }
  const path = stringsOf(call.funccall.funcname);
  mapping.object('procedure', path, 'execute');
  callFunction(path, call.funccall.args ?? [], mapping);
  mapping.visitChildren('FuncCall', call.funccall, 'funcname');
}
