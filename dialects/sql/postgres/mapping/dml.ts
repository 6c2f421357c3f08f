import type {
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  MergeWhenClause,
  Node,
  OnConflictClause,
  RangeVar,
  ReturningClause,
  UpdateStmt,
} from '@pgsql/types';
import { holdsAlways, noteStar, noteWhere } from './clauses.ts';
import { addTargetRelation, visitFrom, visitFromItem } from './from.ts';
import type { Mapping } from './mapping.ts';
import { Scope } from './scope.ts';
import { inZone, visitTargets } from './select.ts';
import { noteSetting } from './settings.ts';
import { visitWith } from './with.ts';

/** Runs `body` with WITH's names in force and the changed relation in scope. Gives that relation's path. */
function changing(
  statement: { withClause?: InsertStmt['withClause']; relation?: RangeVar },
  mapping: Mapping,
  body: (table: string[]) => void,
): void {
  const ctes = visitWith(statement.withClause, mapping);
  mapping.within({ ctes, scope: new Scope(mapping.scope), zone: 'other' }, () => {
    body(addTargetRelation(statement.relation, mapping));
  });
}

/**
 * Changing a system catalog is changing the server. pg_settings is a view whose rule calls set_config(): which setting
 * changes, and to what, only its rows tell.
 */
function noteCatalogChange(relation: RangeVar | undefined, mapping: Mapping): void {
  const path = mapping.relationPath(relation);
  if (path.at(-2) !== 'pg_catalog' && path.at(-2) !== 'information_schema') return;
  mapping.effect('admin');
  if (path.at(-1) !== 'pg_settings' || mapping.mode === 'plan') return;
  noteSetting(mapping, { action: 'set', scope: 'session' });
  mapping.incomplete('dynamic_setting');
}

export function visitInsert(insert: InsertStmt, mapping: Mapping): void {
  mapping.act('insert');
  mapping.effect('write');
  mapping.relation(insert.relation, 'write');
  noteCatalogChange(insert.relation, mapping);
  changing(insert, mapping, (table) => {
    writeColumns(insert.cols, table, insert.relation, mapping);
    // The source does not see the target.
    mapping.within({ scope: mapping.scope?.parent, primary: false }, () => {
      mapping.visit(insert.selectStmt);
    });
    visitConflict(insert.onConflictClause, table, insert, mapping);
    visitReturning(insert.returningClause, insert.relation, mapping);
  });
}

function visitConflict(
  clause: OnConflictClause | undefined,
  table: string[],
  insert: InsertStmt,
  mapping: Mapping,
): void {
  if (clause === undefined) return;
  mapping.within({ zone: 'predicate', primary: false }, () => {
    mapping.visitStruct('InferClause', clause.infer);
    // EXCLUDED is the row that was to be inserted.
    mapping.scope?.items.push({ name: 'excluded' });
    mapping.visit(clause.whereClause);
  });
  writeColumns(clause.targetList, table, insert.relation, mapping);
  visitTargets(clause.targetList, mapping);
  mapping.scope?.items.pop();
}

export function visitUpdate(update: UpdateStmt, mapping: Mapping): void {
  mapping.act('update');
  mapping.effect('write');
  mapping.relation(update.relation, 'write');
  noteCatalogChange(update.relation, mapping);
  changing(update, mapping, (table) => {
    visitFrom(update.fromClause, mapping);
    writeColumns(update.targetList, table, update.relation, mapping);
    visitTargets(update.targetList, mapping);
    visitCondition(update.whereClause, mapping);
    visitReturning(update.returningClause, update.relation, mapping);
  });
}

export function visitDelete(statement: DeleteStmt, mapping: Mapping): void {
  mapping.act('delete');
  mapping.effect('delete');
  mapping.relation(statement.relation, 'delete');
  noteCatalogChange(statement.relation, mapping);
  changing(statement, mapping, () => {
    visitFrom(statement.usingClause, mapping);
    visitCondition(statement.whereClause, mapping);
    visitReturning(statement.returningClause, statement.relation, mapping);
  });
}

export function visitMerge(merge: MergeStmt, mapping: Mapping): void {
  mapping.act('merge');
  noteCatalogChange(merge.relation, mapping);
  changing(merge, mapping, (table) => {
    if (merge.sourceRelation !== undefined) visitFromItem(merge.sourceRelation, mapping);
    inZone(mapping, 'predicate', () => {
      mapping.visit(merge.joinCondition);
    });
    for (const node of merge.mergeWhenClauses ?? []) {
      if (!('MergeWhenClause' in node)) {
        mapping.incomplete('unknown_node');
        continue;
      }
      const clause = node.MergeWhenClause;
      noteMergeWhere(clause, merge.joinCondition, mapping);
      if (clause.commandType === 'CMD_DELETE') {
        mapping.act('delete');
        mapping.effect('delete');
        mapping.relation(merge.relation, 'delete');
      } else if (clause.commandType !== 'CMD_NOTHING') {
        mapping.effect('write');
        mapping.relation(merge.relation, 'write');
        writeColumns(clause.targetList, table, merge.relation, mapping);
      }
      inZone(mapping, 'predicate', () => {
        mapping.visit(clause.condition);
      });
      visitTargets(clause.targetList, mapping);
      mapping.visitAll(clause.values);
    }
    visitReturning(merge.returningClause, merge.relation, mapping);
  });
}

/** A WHEN clause changes the rows that the join finds, or those that it does not find, and of them those of its AND. */
function noteMergeWhere(clause: MergeWhenClause, join: Node | undefined, mapping: Mapping): void {
  if (clause.commandType !== 'CMD_DELETE' && clause.commandType !== 'CMD_UPDATE') return;
  const { condition } = clause;
  const restricted = condition !== undefined && !holdsAlways(condition, mapping);
  noteWhere(restricted || clause.matchKind !== 'MERGE_WHEN_MATCHED' ? condition : join, 'change', mapping);
}

function visitCondition(where: Node | undefined, mapping: Mapping): void {
  noteWhere(where, 'change', mapping);
  mapping.within({ zone: 'predicate', primary: false }, () => {
    mapping.visit(where);
  });
}

/** RETURNING gives rows back, so the statement reads its own target too. */
function visitReturning(clause: ReturningClause | undefined, relation: RangeVar | undefined, mapping: Mapping): void {
  if (clause === undefined) return;
  mapping.command.attributes.returning = true;
  mapping.effect('read');
  const table = mapping.relation(relation, 'read');
  noteStar(clause.exprs, mapping);
  const names = ['old', 'new'];
  for (const node of clause.options ?? []) {
    if ('ReturningOption' in node && node.ReturningOption.value !== undefined) names.push(node.ReturningOption.value);
  }
  const target = mapping.scope?.items[0];
  const scope = new Scope(mapping.scope);
  for (const name of names) if (target?.name !== name) scope.items.push({ ...target, name, table });
  inZone(mapping, 'projection', () => {
    // `*` and bare names mean the target's and FROM's columns, not OLD's and NEW's.
    for (const expression of clause.exprs ?? []) {
      const qualified = mentions(expression, names);
      mapping.within({ scope: qualified ? scope : mapping.scope }, () => {
        visitTargets([expression], mapping);
      });
    }
  });
}

/** Whether an expression qualifies a column by one of these names. */
function mentions(value: unknown, names: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => mentions(item, names));
  if (typeof value !== 'object' || value === null) return false;
  for (const [key, child] of Object.entries(value)) {
    if (key === 'sval' && names.includes(String(child))) return true;
    if (mentions(child, names)) return true;
  }
  return false;
}

function writeColumns(
  targets: readonly Node[] | undefined,
  table: readonly string[],
  relation: RangeVar | undefined,
  mapping: Mapping,
): void {
  const resolution = relation?.schemaname === undefined ? 'search_path' : 'exact';
  for (const target of targets ?? []) {
    if (!('ResTarget' in target)) continue;
    const name = target.ResTarget.name;
    if (name !== undefined) mapping.target('column', [...table, name], 'write', resolution);
    mapping.visitAll(target.ResTarget.indirection);
  }
}
