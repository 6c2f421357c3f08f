import type { Node, ResTarget, SelectStmt } from '@pgsql/types';
import { noteCrossJoin, visitFrom } from './from.ts';
import { noteLimit, noteLocking, noteStar, noteWhere } from './clauses.ts';
import type { Mapping, Zone } from './mapping.ts';
import { stringOf } from './names.ts';
import { pinnedSettingName } from './pinned-setting.ts';
import { Scope } from './scope.ts';
import { visitWith } from './with.ts';

/** SELECT, VALUES, TABLE and set operations. SELECT INTO creates a table. */
export function visitSelect(select: SelectStmt, mapping: Mapping): void {
  mapping.act('select');
  const { primary } = mapping;
  // A query without a table reads too: what functions and settings tell.
  if (primary) mapping.effect('read');
  const ctes = visitWith(select.withClause, mapping);
  const scope = new Scope(mapping.scope);
  mapping.within({ ctes, scope }, () => {
    if (select.intoClause !== undefined) mapping.visitStruct('IntoClause', select.intoClause);
    if (select.op !== undefined && select.op !== 'SETOP_NONE') visitSetOperation(select, mapping);
    else visitBody(select, mapping);
    if (primary) noteLimit(select, mapping);
    noteLocking(select, mapping);
    inZone(mapping, 'predicate', () => {
      visitOrder(select.sortClause, mapping);
      mapping.visit(select.limitOffset);
      mapping.visit(select.limitCount);
    });
  });
}

function visitSetOperation(select: SelectStmt, mapping: Mapping): void {
  const { attributes } = mapping.command;
  attributes.set_operations = (attributes.set_operations ?? 0) + 1;
  const branches = { scope: mapping.scope?.parent };
  mapping.within(branches, () => {
    mapping.visitStruct('SelectStmt', select.larg);
    mapping.visitStruct('SelectStmt', select.rarg);
  });
  // A branch's limit bounds the branch only.
  delete attributes.limit;
}

function visitBody(select: SelectStmt, mapping: Mapping): void {
  inZone(mapping, 'projection', () => {
    visitFrom(select.fromClause, mapping);
  });
  if (select.whereClause === undefined) noteCrossJoin(select.fromClause ?? [], mapping);
  if (mapping.primary) {
    if (select.distinctClause !== undefined) mapping.command.attributes.distinct = true;
    noteStar(select.targetList, mapping);
  }
  if (mapping.primary && select.fromClause !== undefined) noteWhere(select.whereClause, 'select', mapping);
  if (mapping.scope !== undefined) mapping.scope.settingName = pinnedSettingName(select, mapping);
  inZone(mapping, 'projection', () => {
    visitTargets(select.targetList, mapping);
    mapping.visitAll(select.valuesLists);
  });
  inZone(mapping, 'predicate', () => {
    mapping.within({ primary: false }, () => {
      mapping.visit(select.whereClause);
      mapping.visitAll(select.distinctClause);
      mapping.visitAll(select.groupClause);
      mapping.visit(select.havingClause);
      mapping.visitAll(select.windowClause);
    });
  });
}

/** A select list: its expressions, and the names that it gives them. */
export function visitTargets(targets: readonly Node[] | undefined, mapping: Mapping): void {
  mapping.within({ primary: false }, () => {
    for (const target of targets ?? []) {
      if (!('ResTarget' in target)) {
        mapping.visit(target);
        continue;
      }
      visitTarget(target.ResTarget, mapping);
    }
  });
  for (const target of targets ?? []) {
    if ('ResTarget' in target && target.ResTarget.name !== undefined) mapping.scope?.outputs.add(target.ResTarget.name);
  }
}

function visitTarget(target: ResTarget, mapping: Mapping): void {
  mapping.visit(target.val);
  mapping.visitAll(target.indirection);
}

/** ORDER BY: a bare name is an output's name first. */
function visitOrder(sorts: readonly Node[] | undefined, mapping: Mapping): void {
  mapping.within({ primary: false }, () => {
    for (const sort of sorts ?? []) if (!isOutputName(sort, mapping)) mapping.visit(sort);
  });
}

function isOutputName(sort: Node, mapping: Mapping): boolean {
  if (!('SortBy' in sort) || sort.SortBy.useOp !== undefined) return false;
  const expression = sort.SortBy.node;
  if (expression === undefined || !('ColumnRef' in expression) || expression.ColumnRef.fields?.length !== 1)
    return false;
  const name = stringOf(expression.ColumnRef.fields[0]);
  return name !== undefined && mapping.scope?.outputs.has(name) === true;
}

/** Inside a predicate everything is predicate: what a subquery of WHERE selects never reaches the result. */
export function inZone(mapping: Mapping, zone: Zone, body: () => void): void {
  mapping.within({ zone: mapping.zone === 'predicate' ? 'predicate' : zone }, body);
}
