import type {
  AlterTableCmd,
  AlterTableMoveAllStmt,
  AlterTableStmt,
  Constraint,
  CreateForeignTableStmt,
  CreateStmt,
  IndexStmt,
  Node,
  TableLikeClause,
  ViewStmt,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { useOperator } from '../expressions.ts';
import { Scope } from '../scope.ts';
import { noteNested } from '../with.ts';
import { define, noteBehavior, objectKind, role, roles } from './objects.ts';

/** Runs `body` where bare columns are those of the table that is defined or altered. */
export function inTable(name: string, path: readonly string[], mapping: Mapping, body: () => void): void {
  const scope = new Scope(undefined);
  scope.items.push({ name, table: path });
  mapping.within({ scope, mode: mapping.mode === 'plan' ? 'plan' : 'define', primary: false }, body);
}

export function visitCreateTable(create: CreateStmt, mapping: Mapping, kind = 'table'): void {
  define(mapping, 'create', kind);
  const { attributes } = mapping.command;
  if (create.if_not_exists === true) attributes.if_not_exists = true;
  if (create.relation?.relpersistence === 't') attributes.temporary = true;
  const path = mapping.relation(create.relation, 'create', kind);
  inTable(create.relation?.relname ?? '', path, mapping, () => {
    mapping.visitChildren('CreateStmt', create, 'relation');
  });
}

export function visitCreateForeignTable(create: CreateForeignTableStmt, mapping: Mapping): void {
  if (create.base !== undefined) visitCreateTable(create.base, mapping, 'foreign_table');
  mapping.target('server', [create.servername ?? ''], 'use');
  mapping.visitAll(create.options);
}

export function visitView(view: ViewStmt, mapping: Mapping): void {
  define(mapping, 'create', 'view');
  if (view.replace === true) mapping.command.attributes.or_replace = true;
  if (view.view?.relpersistence === 't') mapping.command.attributes.temporary = true;
  mapping.relation(view.view, 'create', 'view');
  noteNested(view.query, mapping);
  mapping.within({ mode: 'define' }, () => {
    mapping.visitChildren('ViewStmt', view, 'view');
  });
}

/** Building an index reads its table and calls the functions of its expressions. */
export function visitIndex(index: IndexStmt, mapping: Mapping): void {
  define(mapping, 'create', 'index');
  const { attributes } = mapping.command;
  if (index.if_not_exists === true) attributes.if_not_exists = true;
  if (index.concurrent === true) attributes.concurrently = true;
  const path = mapping.relation(index.relation, 'alter');
  if (index.idxname !== undefined) mapping.object('index', [...path.slice(0, -1), index.idxname], 'create');
  inTable(index.relation?.relname ?? '', path, mapping, () => {
    mapping.visitChildren('IndexStmt', index, 'relation', 'excludeOpNames');
    for (const node of index.excludeOpNames ?? []) if ('List' in node) useOperator(node.List.items, mapping);
  });
}

export function visitConstraint(constraint: Constraint, mapping: Mapping): void {
  if (constraint.pktable !== undefined) mapping.relation(constraint.pktable, 'use');
  for (const node of constraint.exclusions ?? []) visitExclusion(node, mapping);
  mapping.visitChildren('Constraint', constraint, 'pktable', 'exclusions');
}

/** EXCLUDE (element WITH operator): a pair of an element and an operator's name. */
function visitExclusion(node: Node, mapping: Mapping): void {
  const [element, operator] = 'List' in node ? (node.List.items ?? []) : [];
  mapping.visit(element);
  if (operator !== undefined && 'List' in operator) useOperator(operator.List.items, mapping);
}

export function visitLike(like: TableLikeClause, mapping: Mapping): void {
  mapping.relation(like.relation, 'use');
}

export function visitAlterTable(alter: AlterTableStmt, mapping: Mapping): void {
  const kind = objectKind(alter.objtype);
  define(mapping, 'alter', kind);
  if (alter.missing_ok === true) mapping.command.attributes.if_exists = true;
  const path = mapping.relation(alter.relation, 'alter', kind);
  inTable(alter.relation?.relname ?? '', path, mapping, () => {
    for (const node of alter.cmds ?? []) {
      if ('AlterTableCmd' in node) visitTableCommand(node.AlterTableCmd, path, mapping);
      else mapping.visit(node);
    }
  });
}

/** `AT_AlterColumnType` is `alter_column_type`. */
function actionName(subtype: string | undefined): string {
  return (subtype ?? '')
    .replace('AT_', '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase();
}

function visitTableCommand(command: AlterTableCmd, path: readonly string[], mapping: Mapping): void {
  const action = actionName(command.subtype);
  const { attributes } = mapping.command;
  attributes.actions ??= [];
  if (!attributes.actions.includes(action)) attributes.actions.push(action);
  noteBehavior(command.behavior, mapping);
  if (action.startsWith('drop_') && action !== 'drop_not_null') mapping.effect('drop');
  if (columnActions.has(action)) {
    const name = command.name ?? columnName(command.def);
    const access = action === 'drop_column' ? 'drop' : action.startsWith('add_column') ? 'create' : 'alter';
    if (name !== undefined) mapping.object('column', [...path, name], access);
  }
  if (action === 'change_owner') {
    mapping.effect('grant');
    role(command.newowner, 'use', mapping);
  }
  // Row security, triggers and rules guard the data.
  if (guards.has(action)) mapping.effect('admin');
  mapping.visitChildren('AlterTableCmd', command, 'newowner');
}

const columnActions: ReadonlySet<string> = new Set([
  'add_column',
  'add_column_to_view',
  'column_default',
  'drop_not_null',
  'set_not_null',
  'set_expression',
  'drop_expression',
  'set_statistics',
  'set_storage',
  'set_compression',
  'drop_column',
  'alter_column_type',
  'alter_column_generic_options',
  'add_identity',
  'set_identity',
  'drop_identity',
]);

const guards: ReadonlySet<string> = new Set([
  'disable_trig',
  'disable_trig_all',
  'disable_trig_user',
  'enable_trig',
  'enable_always_trig',
  'enable_replica_trig',
  'enable_trig_all',
  'enable_trig_user',
  'disable_rule',
  'enable_rule',
  'enable_always_rule',
  'enable_replica_rule',
  'disable_row_security',
  'no_force_row_security',
]);

function columnName(definition: Node | undefined): string | undefined {
  return definition !== undefined && 'ColumnDef' in definition ? definition.ColumnDef.colname : undefined;
}

export function visitMoveAll(move: AlterTableMoveAllStmt, mapping: Mapping): void {
  define(mapping, 'alter', objectKind(move.objtype));
  mapping.effect('admin');
  mapping.target('tablespace', [move.orig_tablespacename ?? ''], 'alter');
  mapping.target('tablespace', [move.new_tablespacename ?? ''], 'use');
  roles(move.roles, 'use', mapping);
}
