import type { DeleteStmt, InsertStmt, MergeStmt, Node, RangeVar, ReturningClause, UpdateStmt } from '@pgsql/types';
import type { OutputColumn } from '../../../../engine/lineage.ts';
import type { Analysis } from './analysis.ts';
import { evaluate } from './expressions.ts';
import { assigned, isConstant } from './flows.ts';
import { fromRange, relationRange } from './from.ts';
import { outputFields } from './output.ts';
import { queryRows, withQueries } from './query.ts';
import { joined, NO_RANGE, rangeOf, type CteScope, type Range, type RangeItem, type Scope } from './scope.ts';
import {
  CLEAN,
  contentOf,
  NO_ROWS,
  tainted,
  union,
  unionAll,
  unknownTaint,
  type Field,
  type Rows,
  type Taint,
} from './taint.ts';

/** What RETURNING gives of a statement that changes data; undefined for other statements. */
export function changeRows(
  node: Node,
  parent: Scope | undefined,
  ctes: CteScope | undefined,
  analysis: Analysis,
): Rows | undefined {
  if ('InsertStmt' in node) return insertRows(node.InsertStmt, parent, ctes, analysis);
  if ('UpdateStmt' in node) return updateRows(node.UpdateStmt, parent, ctes, analysis);
  if ('DeleteStmt' in node) return deleteRows(node.DeleteStmt, parent, ctes, analysis);
  if ('MergeStmt' in node) return mergeRows(node.MergeStmt, parent, ctes, analysis);
  return undefined;
}

/** The relation that is changed, and what its columns are given. */
class Target {
  readonly item: RangeItem;
  readonly range: RangeVar;
  readonly #given = new Map<string, Taint>();
  readonly #analysis: Analysis;

  constructor(range: RangeVar | undefined, analysis: Analysis) {
    this.#analysis = analysis;
    this.range = range ?? {};
    const [item] = relationRange({ inh: true, ...this.range }, undefined, analysis).range.tables;
    this.item = item ?? { name: undefined, fields: [], open: unknownTaint('unknown_relation') };
    analysis.written = union(analysis.written, everything(this.item));
  }

  assign(name: string, taint: Taint): void {
    this.#given.set(name, union(this.#given.get(name) ?? CLEAN, taint));
    this.#analysis.read(taint);
  }

  /** An item whose columns hold what they are given besides. */
  after(name: string | undefined, only: boolean): RangeItem {
    const fields = this.item.fields.map((field): Field => {
      const given = this.#given.get(field.name) ?? CLEAN;
      return { name: field.name, value: only ? { taint: given } : tainted(field.value, given) };
    });
    return { ...this.item, name, fields };
  }

  /** Notes what flows into the relation. */
  flow(): void {
    const analysis = this.#analysis;
    const found = analysis.resolver.relation(this.range);
    const columns = [...this.#given].map(([name, taint]): OutputColumn => {
      return assigned(
        this.item.fields.find((field) => field.name === name),
        name,
        taint,
      );
    });
    if (found.kind === 'temporary') {
      analysis.flows.push({ into: 'temporary', path: [found.name], columns, creates: false });
      return;
    }
    const kept = columns.filter((column) => !isConstant(column));
    if (kept.length === 0) return;
    const temporary = found.kind === 'relation' && found.relation.temporary;
    const path = found.kind === 'relation' ? [found.relation.schema, found.relation.name] : writtenPath(this.range);
    analysis.flows.push({ into: temporary ? 'temporary' : 'relation', path, columns: kept, creates: false });
  }

  /** @param after the relation's columns come after those of `more`, as MERGE's do */
  returning(
    clause: ReturningClause | undefined,
    more: Range,
    ctes: CteScope | undefined,
    parent: Scope | undefined,
    after = false,
  ): Rows {
    if (clause === undefined) return NO_ROWS;
    const own = this.after(this.item.name, false);
    const names = returningNames(clause);
    const hidden: Range = {
      tables: [this.after(names.old, false), this.after(names.new, false)].filter(
        ({ name }) => name !== undefined && name !== own.name,
      ),
      columns: [],
    };
    const both = after ? joined(more, rangeOf(own)) : joined(rangeOf(own), more);
    const scope: Scope = { range: joined(both, hidden), ctes, parent };
    return { ...outputFields(clause.exprs, scope, this.#analysis), control: CLEAN };
  }
}

function writtenPath(range: RangeVar): readonly string[] {
  const name = range.relname ?? '';
  return range.schemaname === undefined ? [name] : [range.schemaname, name];
}

function everything(item: RangeItem): Taint {
  return union(unionAll(item.fields.map((field) => field.value.taint)), item.open ?? CLEAN);
}

/** RETURNING WITH (OLD AS o, NEW AS n). */
function returningNames(clause: ReturningClause): { readonly old: string; readonly new: string } {
  const names = { old: 'old', new: 'new' };
  for (const node of clause.options ?? []) {
    if (!('ReturningOption' in node)) continue;
    const { option, value } = node.ReturningOption;
    if (value === undefined) continue;
    if (option === 'RETURNING_OPTION_OLD') names.old = value;
    else names.new = value;
  }
  return names;
}

function insertRows(
  insert: InsertStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  analysis: Analysis,
): Rows {
  const { scope: ctes } = withQueries(insert.withClause, parent, outer, analysis);
  const target = new Target(insert.relation, analysis);
  const source = insert.selectStmt === undefined ? NO_ROWS : queryRows(insert.selectStmt, parent, ctes, analysis);
  giveRows(target, columnNames(insert.cols) ?? target.item.fields.map(({ name }) => name), source);
  const conflict = insert.onConflictClause;
  if (conflict !== undefined) {
    const range = joined(rangeOf(target.item), rangeOf(target.after('excluded', true)));
    const scope: Scope = { range, ctes, parent };
    giveTargets(target, conflict.targetList, scope, analysis);
    decide(conflict.whereClause, scope, analysis);
  }
  target.flow();
  return target.returning(insert.returningClause, NO_RANGE, ctes, parent);
}

function columnNames(nodes: readonly Node[] | undefined): readonly string[] | undefined {
  return nodes?.flatMap((node) => ('ResTarget' in node ? [node.ResTarget.name ?? ''] : []));
}

function giveRows(target: Target, names: readonly string[], source: Rows): void {
  names.forEach((name, index) => {
    const value = source.fields[index]?.value.taint;
    if (source.open !== undefined) target.assign(name, contentOf(source));
    else if (value !== undefined) target.assign(name, value);
  });
  if (names.length === 0) for (const field of source.fields) target.assign(field.name, field.value.taint);
  if (names.length === 0 && source.open !== undefined) target.assign('', source.open);
}

/** SET's assignments. */
function giveTargets(target: Target, nodes: readonly Node[] | undefined, scope: Scope, analysis: Analysis): void {
  for (const node of nodes ?? []) {
    if (!('ResTarget' in node)) continue;
    const { name = '', val, indirection } = node.ResTarget;
    const taint = val === undefined ? CLEAN : assignedTaint(val, scope, analysis);
    analysis.elsewhere = union(analysis.elsewhere, taint);
    target.assign(name, taint);
    for (const index of indirection ?? []) analysis.read(evaluate(index, scope, analysis).taint);
  }
}

/** `(a, b) = (…)`: the one of the row that the column is given. */
function assignedTaint(node: Node, scope: Scope, analysis: Analysis): Taint {
  if (!('MultiAssignRef' in node)) return evaluate(node, scope, analysis).taint;
  const { source, colno = 0 } = node.MultiAssignRef;
  if (source === undefined) return unknownTaint('unknown_node');
  const row = evaluate(source, scope, analysis);
  return row.fields?.[colno - 1]?.value.taint ?? row.taint;
}

function decide(node: Node | undefined, scope: Scope, analysis: Analysis): void {
  if (node !== undefined) analysis.decide(evaluate(node, scope, analysis).taint);
}

function updateRows(
  update: UpdateStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  analysis: Analysis,
): Rows {
  const { scope: ctes } = withQueries(update.withClause, parent, outer, analysis);
  const target = new Target(update.relation, analysis);
  const from = fromRange(update.fromClause, parent, ctes, analysis).range;
  const scope: Scope = { range: joined(rangeOf(target.item), from), ctes, parent };
  giveTargets(target, update.targetList, scope, analysis);
  decide(update.whereClause, scope, analysis);
  target.flow();
  return target.returning(update.returningClause, from, ctes, parent);
}

function deleteRows(
  deletion: DeleteStmt,
  parent: Scope | undefined,
  outer: CteScope | undefined,
  analysis: Analysis,
): Rows {
  const { scope: ctes } = withQueries(deletion.withClause, parent, outer, analysis);
  const target = new Target(deletion.relation, analysis);
  const using = fromRange(deletion.usingClause, parent, ctes, analysis).range;
  decide(deletion.whereClause, { range: joined(rangeOf(target.item), using), ctes, parent }, analysis);
  return target.returning(deletion.returningClause, using, ctes, parent);
}

function mergeRows(merge: MergeStmt, parent: Scope | undefined, outer: CteScope | undefined, analysis: Analysis): Rows {
  const { scope: ctes } = withQueries(merge.withClause, parent, outer, analysis);
  const target = new Target(merge.relation, analysis);
  const nodes = merge.sourceRelation === undefined ? [] : [merge.sourceRelation];
  const source = fromRange(nodes, parent, ctes, analysis).range;
  const scope: Scope = { range: joined(rangeOf(target.item), source), ctes, parent };
  decide(merge.joinCondition, scope, analysis);
  for (const node of merge.mergeWhenClauses ?? []) {
    if (!('MergeWhenClause' in node)) continue;
    const { condition, commandType, targetList, values } = node.MergeWhenClause;
    decide(condition, scope, analysis);
    if (commandType !== 'CMD_INSERT') giveTargets(target, targetList, scope, analysis);
    else {
      const fields = (values ?? []).map((value) => ({ name: '', value: evaluate(value, scope, analysis) }));
      const names = columnNames(targetList) ?? target.item.fields.map(({ name }) => name);
      giveRows(target, names, { fields, control: CLEAN });
    }
  }
  target.flow();
  return target.returning(merge.returningClause, source, ctes, parent, true);
}
