import type {
  AlterTableStmt,
  CopyStmt,
  CreateStmt,
  CreateTableAsStmt,
  ExplainStmt,
  IntoClause,
  Node,
  RangeVar,
} from '@pgsql/types';
import type { Command } from '../../../../engine/contract.ts';
import type { Flow, OutputColumn } from '../../../../engine/lineage.ts';
import { stringsOf } from '../mapping/names.ts';
import type { Analysis } from './analysis.ts';
import { evaluate } from './expressions.ts';
import { assigned, fillTemporary, flowColumns, isConstant, outputColumn, outputColumns } from './flows.ts';
import { relationRange } from './from.ts';
import { callRows } from './functions.ts';
import { queryRows } from './query.ts';
import { NO_RANGE, rangeOf, renamed, type RangeItem, type Scope } from './scope.ts';
import {
  CLEAN,
  contentOf,
  derived,
  NO_ROWS,
  union,
  unionAll,
  unknownRows,
  unknownTaint,
  type Field,
  type Rows,
  type Taint,
  type Value,
} from './taint.ts';

const EMPTY: Scope = { range: NO_RANGE, ctes: undefined, parent: undefined };

/** The rows that a statement gives to the client; flows, cursors and what is read are noted on the way. */
export function statementRows(node: Node | undefined, command: Command, analysis: Analysis): Rows {
  if (node === undefined) return NO_ROWS;
  return analysis.deeper(() => {
    if ('SelectStmt' in node) {
      const rows = queryRows(node, undefined, undefined, analysis);
      const into = intoOf(node);
      return into === undefined ? rows : made(into, rows, analysis);
    }
    if ('InsertStmt' in node || 'UpdateStmt' in node || 'DeleteStmt' in node || 'MergeStmt' in node) {
      return queryRows(node, undefined, undefined, analysis);
    }
    if ('CopyStmt' in node) return copyRows(node.CopyStmt, analysis);
    if ('ExplainStmt' in node) return explainRows(node.ExplainStmt, command, analysis);
    if ('CreateTableAsStmt' in node) return createdRows(node.CreateTableAsStmt, command, analysis);
    if ('DeclareCursorStmt' in node) {
      const { portalname = '', query } = node.DeclareCursorStmt;
      const rows = statementRows(query, command, analysis);
      analysis.cursor = { name: portalname, columns: outputColumns(rows) };
      return NO_ROWS;
    }
    if ('FetchStmt' in node)
      return fetchedRows(node.FetchStmt.portalname ?? '', node.FetchStmt.ismove === true, analysis);
    if ('ExecuteStmt' in node)
      return executedRows(node.ExecuteStmt.name ?? '', node.ExecuteStmt.params, command, analysis);
    if ('PrepareStmt' in node) {
      queryRows(node.PrepareStmt.query, undefined, undefined, analysis);
      // Nothing of it runs yet.
      analysis.flows.length = 0;
      return NO_ROWS;
    }
    if ('VariableShowStmt' in node) return shownRows(node.VariableShowStmt.name ?? '');
    if ('CallStmt' in node) return calledRows(node, analysis);
    if ('DoStmt' in node) return doneRows(command, analysis);
    if ('ListenStmt' in node) {
      // What others will say on the channel may quote anything.
      analysis.read(unknownTaint('notifications'));
      return NO_ROWS;
    }
    if ('AlterTableStmt' in node) return alteredRows(node.AlterTableStmt, command, analysis);
    if ('CreateStmt' in node) temporaryTable(node.CreateStmt, analysis);
    return touchedRows(command, analysis);
  });
}

function intoOf(node: Extract<Node, { SelectStmt: unknown }>): IntoClause | undefined {
  let select = node.SelectStmt;
  while (select.larg !== undefined) select = select.larg;
  return select.intoClause;
}

/** CREATE TABLE AS and SELECT INTO. */
function made(into: IntoClause, rows: Rows, analysis: Analysis): Rows {
  const range = into.rel ?? {};
  const named = { ...rows, fields: renamed(rows.fields, stringsOf(into.colNames)) };
  const temporary = analysis.resolver.makesTemporary(range);
  const path = temporary ? [range.relname ?? ''] : analysis.resolver.creationPath(range);
  const columns = flowColumns(named);
  analysis.flows.push({ into: temporary ? 'temporary' : 'relation', path, columns, creates: true });
  return NO_ROWS;
}

/** A temporary table is in no catalogue: what its columns are, and that nothing is in them yet, is noted here. */
function temporaryTable(create: CreateStmt, analysis: Analysis): void {
  const range = create.relation ?? {};
  if (!analysis.resolver.makesTemporary(range)) return;
  const into = 'temporary';
  const parents = (create.inhRelations ?? []).flatMap((node) => ('RangeVar' in node ? node.RangeVar : []));
  const columns = (create.tableElts ?? []).flatMap((node) => tableColumns(node, analysis));
  // Of a type's columns nothing is looked up, and those of a parent are its children's as well.
  if (create.ofTypename !== undefined || parents.length > 0) columns.push(NOBODY_KNOWS);
  analysis.flows.push({ into, path: [range.relname ?? ''], columns, creates: true });
  // Its rows are found in its parents.
  for (const { relname = '' } of parents) {
    analysis.flows.push({ into, path: [relname], columns: [NOBODY_KNOWS], creates: false });
  }
}

const NOBODY_KNOWS = outputColumn('', derived(unknownTaint('unknown_columns')));

function tableColumns(node: Node, analysis: Analysis): OutputColumn[] {
  if ('ColumnDef' in node) {
    const { colname = '', constraints = [] } = node.ColumnDef;
    const taints = constraints.flatMap((one): Taint | [] => {
      if (!('Constraint' in one)) return [];
      const { contype, raw_expr: expression } = one.Constraint;
      // It holds what other columns of the row hold.
      if (contype === 'CONSTR_GENERATED') return unknownTaint('generated');
      return contype === 'CONSTR_DEFAULT' && expression !== undefined
        ? evaluate(expression, EMPTY, analysis).taint
        : [];
    });
    return [outputColumn(colname, derived(unionAll(taints)))];
  }
  if (!('TableLikeClause' in node)) return [];
  const { relation, options = 0 } = node.TableLikeClause;
  const found = analysis.resolver.relation(relation ?? {});
  if (found.kind !== 'relation') return [NOBODY_KNOWS];
  // Without INCLUDING it has no more than names and types of them.
  return found.relation.columns.map(({ name, generated }) =>
    outputColumn(name, derived(options !== 0 && generated !== undefined ? unknownTaint('generated') : CLEAN)),
  );
}

function createdRows(create: CreateTableAsStmt, command: Command, analysis: Analysis): Rows {
  const rows = statementRows(create.query, command, analysis);
  // A materialized view's query stands in the catalogue, so what is in it is known whenever it is read.
  if (create.objtype === 'OBJECT_MATVIEW' || create.into === undefined) return NO_ROWS;
  return made(create.into, rows, analysis);
}

/** Names of columns of a relation that are written or read whole. */
function relationItem(range: RangeVar | undefined, analysis: Analysis): RangeItem {
  const [item] = relationRange(range ?? {}, undefined, analysis).range.tables;
  return item ?? { name: undefined, fields: [], open: unknownTaint('unknown_relation') };
}

function copyRows(copy: CopyStmt, analysis: Analysis): Rows {
  const into: Flow['into'] | undefined =
    copy.is_program === true ? 'program' : copy.filename === undefined ? undefined : 'file';
  const scopeOf = (item: RangeItem): Scope => ({ range: rangeOf(item), ctes: undefined, parent: undefined });
  if (copy.is_from === true) {
    const item = relationItem(copy.relation, analysis);
    analysis.written = union(analysis.written, contentOf({ ...item, control: CLEAN }));
    if (copy.whereClause !== undefined) analysis.decide(evaluate(copy.whereClause, scopeOf(item), analysis).taint);
    // What a file or a program of the server's gives is nobody's to know.
    if (into !== undefined && copy.relation !== undefined) loaded(copy.relation, item, analysis);
    return NO_ROWS;
  }
  const rows =
    copy.relation === undefined
      ? queryRows(copy.query, undefined, undefined, analysis)
      : tableRows(copy.relation, copy.attlist, analysis);
  if (into === undefined) return rows;
  analysis.flows.push({ into, path: [copy.filename ?? ''], columns: flowColumns(rows), creates: false });
  return NO_ROWS;
}

function loaded(range: RangeVar, item: RangeItem, analysis: Analysis): void {
  const columns = item.fields.map((field) => assigned(undefined, field.name, unknownTaint('unknown_file')));
  const found = analysis.resolver.relation(range);
  const temporary = found.kind === 'temporary';
  if (temporary) analysis.flows.push({ into: 'temporary', path: [found.name], columns, creates: false });
}

/** COPY table TO: the columns that it names, or all but the generated ones; of the table alone, without its children. */
function tableRows(range: RangeVar, names: readonly Node[] | undefined, analysis: Analysis): Rows {
  const item = relationItem({ ...range, inh: true }, analysis);
  const wanted = names === undefined ? undefined : stringsOf(names);
  const found = analysis.resolver.relation(range);
  const generated = new Set(
    found.kind === 'relation'
      ? found.relation.columns.filter((column) => column.generated !== undefined).map((column) => column.name)
      : [],
  );
  const fields =
    wanted === undefined
      ? item.fields.filter((field) => !generated.has(field.name))
      : wanted.map(
          (name): Field =>
            item.fields.find((field) => field.name === name) ?? {
              name,
              value: derived(unknownTaint('unknown_column')),
            },
        );
  const rows: Rows = { fields, control: CLEAN, ...(item.open === undefined ? {} : { open: item.open }) };
  analysis.read(contentOf(rows));
  return rows;
}

/** A plan tells of the statement and of how many rows there are; with unknown functions, of what they gave when it was made. */
function explainRows(explain: ExplainStmt, command: Command, analysis: Analysis): Rows {
  const { flows } = analysis;
  const before = flows.length;
  statementRows(explain.query, command, analysis);
  analysis.cursor = undefined;
  const planned = command.attributes['explain'];
  const runs = typeof planned === 'object' && planned !== null && 'analyze' in planned && planned['analyze'] === true;
  if (!runs) flows.length = before;
  const taint = analysis.reads.unknown === undefined ? CLEAN : unknownTaint(analysis.reads.unknown);
  return { fields: [{ name: 'QUERY PLAN', value: derived(taint) }], control: CLEAN };
}

function fetchedRows(name: string, moves: boolean, analysis: Analysis): Rows {
  // What the cursor's conditions look at is not known here, and errors may quote it.
  analysis.read(unknownTaint('cursor'));
  if (moves) return NO_ROWS;
  const columns = analysis.resolver.cursor(name);
  if (columns === undefined) return unknownRows('unknown_cursor');
  if ('unknown' in columns) return unknownRows(columns.unknown);
  const fields = columns.map((column): Field => {
    const sources = new Set(column.sources);
    const unknown = column.kind === 'unknown' ? { unknown: column.reason ?? 'unknown_cursor' } : {};
    const value: Value = {
      taint: { sources, ...unknown },
      ...(column.kind === 'direct' ? { direct: true } : {}),
      ...(column.origin === undefined ? {} : { origin: column.origin }),
      ...(column.type === '' ? {} : { type: { schema: '', name: column.type } }),
    };
    return { name: column.name, value };
  });
  return { fields, control: CLEAN };
}

function executedRows(name: string, params: readonly Node[] | undefined, command: Command, analysis: Analysis): Rows {
  analysis.readsLiterals = true;
  const text = analysis.prepared.get(name);
  const parsed = text === undefined ? undefined : analysis.services.parser.parse(text);
  const statement = parsed?.ok === true && parsed.tree.stmts?.length === 1 ? parsed.tree.stmts[0]?.stmt : undefined;
  if (statement === undefined) {
    analysis.read(unknownTaint('unknown_prepared_statement'));
    return unknownRows('unknown_prepared_statement');
  }
  const parameters = (params ?? []).map((node): Value => derived(evaluate(node, EMPTY, analysis).taint));
  const inner = 'PrepareStmt' in statement ? statement.PrepareStmt.query : statement;
  if (inner !== undefined && parameters.every(({ taint }) => taint === CLEAN))
    return statementRows(inner, command, analysis);
  return queryRows(inner, { ...EMPTY, parameters }, undefined, analysis);
}

function shownRows(name: string): Rows {
  if (name === 'all') {
    const names = ['name', 'setting', 'description'];
    return { fields: names.map((each) => ({ name: each, value: derived(CLEAN) })), control: CLEAN };
  }
  const taint = name.includes('.') ? unknownTaint('session_setting') : CLEAN;
  return { fields: [{ name, value: derived(taint) }], control: CLEAN };
}

/** A procedure gives back its OUT arguments, if any, and may do anything. */
function calledRows(node: Extract<Node, { CallStmt: unknown }>, analysis: Analysis): Rows {
  const call = node.CallStmt.funccall;
  const reason = unknownTaint('unknown_function');
  analysis.read(reason);
  fillTemporary(analysis);
  if (call === undefined) return unknownRows('unknown_node');
  callRows(call, EMPTY, analysis);
  const procedures = analysis.resolver.functions(stringsOf(call.funcname));
  const [only] = procedures;
  if (procedures.length !== 1 || only === undefined) return unknownRows('unknown_function');
  return { fields: only.outputs.map(({ name }) => ({ name, value: derived(reason) })), control: CLEAN };
}

/** What a DO block reads may go anywhere from there. */
function doneRows(command: Command, analysis: Analysis): Rows {
  const reason = unknownTaint('procedural');
  analysis.read(reason);
  fillTemporary(analysis);
  const reads = command.targets.some(
    ({ kind, access }) => access === 'read' && (kind === 'table' || kind === 'column'),
  );
  if (reads || !command.complete) {
    const columns = flowColumns({ fields: [], open: reason, control: CLEAN });
    analysis.flows.push({ into: 'server', path: ['do'], columns, creates: false });
  }
  return NO_ROWS;
}

/** ALTER COLUMN … TYPE … USING computes a column anew, from any of its row. */
function alteredRows(alter: AlterTableStmt, command: Command, analysis: Analysis): Rows {
  const range = alter.relation ?? {};
  const item = alter.relation === undefined ? undefined : relationItem({ ...range, inh: true }, analysis);
  for (const node of alter.cmds ?? []) {
    if (!('AlterTableCmd' in node) || item === undefined) continue;
    const { subtype, name = '', def } = node.AlterTableCmd;
    const using = def !== undefined && 'ColumnDef' in def ? def.ColumnDef.raw_default : undefined;
    if (subtype !== 'AT_AlterColumnType' || using === undefined) continue;
    const taint = evaluate(using, { range: rangeOf(item), ctes: undefined, parent: undefined }, analysis).taint;
    const column = assigned(
      item.fields.find((field) => field.name === name),
      name,
      taint,
    );
    const path = analysis.resolver.creationPath(range);
    if (!isConstant(column)) analysis.flows.push({ into: 'relation', path, columns: [column], creates: false });
  }
  return touchedRows(command, analysis);
}

/** Statements about objects: what they say of rows is in their errors (a key that is there twice, a cast that fails). */
function touchedRows(command: Command, analysis: Analysis): Rows {
  const relations = command.targets.filter(({ kind }) => kind === 'table' || kind === 'materialized_view');
  const taints = relations.map(({ path }): Taint => {
    const relname = path.at(-1) ?? '';
    const schemaname = path.at(-2);
    const range: RangeVar = { relname, inh: true, ...(schemaname === undefined ? {} : { schemaname }) };
    if (analysis.resolver.relation(range).kind === 'unknown') return CLEAN;
    return contentOf({ ...relationItem(range, analysis), control: CLEAN });
  });
  const dynamic = command.complete ? CLEAN : unknownTaint('incomplete');
  analysis.read(union(unionAll(taints), dynamic));
  return NO_ROWS;
}
