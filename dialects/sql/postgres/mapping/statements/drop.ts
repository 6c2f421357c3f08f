import type {
  DropdbStmt,
  DropStmt,
  DropSubscriptionStmt,
  DropTableSpaceStmt,
  DropUserMappingStmt,
  Node,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { nameOf } from '../names.ts';
import { define, noteBehavior, objectKind, role } from './objects.ts';

/** Objects whose name follows that of the table they belong to. */
const onTables: ReadonlySet<string> = new Set(['trigger', 'rule', 'policy', 'constraint']);

const relations: ReadonlySet<string> = new Set([
  'table',
  'view',
  'materialized_view',
  'foreign_table',
  'sequence',
  'index',
]);

export function visitDrop(drop: DropStmt, mapping: Mapping): void {
  const kind = objectKind(drop.removeType);
  define(mapping, 'drop', kind);
  noteBehavior(drop.behavior, mapping);
  const { attributes } = mapping.command;
  if (drop.missing_ok === true) attributes.if_exists = true;
  if (drop.concurrent === true) attributes.concurrently = true;
  // Dropping a policy, a trigger or a rule takes a guard away from its table.
  if (onTables.has(kind)) mapping.effect('admin');
  for (const node of drop.objects ?? []) dropped(kind, node, mapping);
}

function dropped(kind: string, node: Node, mapping: Mapping): void {
  if (kind === 'cast' || kind === 'transform') {
    const parts = 'List' in node ? (node.List.items ?? []).flatMap(nameOf) : [];
    mapping.object(kind, parts, 'drop');
    return;
  }
  const written = nameOf(node);
  // A database's name before the schema can only be that of the session's own database.
  const path = relations.has(kind) && written.length === 3 ? written.slice(1) : written;
  if (onTables.has(kind) && path.length > 1) mapping.object('table', path.slice(0, -1), 'alter');
  if ('List' in node && path.length === 0) mapping.incomplete('unknown_node');
  mapping.object(kind, path, 'drop');
}

export function visitDropDatabase(drop: DropdbStmt, mapping: Mapping): void {
  define(mapping, 'drop', 'database');
  mapping.effect('admin');
  if (drop.missing_ok === true) mapping.command.attributes.if_exists = true;
  mapping.target('database', [drop.dbname ?? ''], 'drop');
  mapping.visitAll(drop.options);
}

export function visitDropTablespace(drop: DropTableSpaceStmt, mapping: Mapping): void {
  define(mapping, 'drop', 'tablespace');
  mapping.effect('admin');
  if (drop.missing_ok === true) mapping.command.attributes.if_exists = true;
  mapping.target('tablespace', [drop.tablespacename ?? ''], 'drop');
}

export function visitDropUserMapping(drop: DropUserMappingStmt, mapping: Mapping): void {
  define(mapping, 'drop', 'user_mapping');
  if (drop.missing_ok === true) mapping.command.attributes.if_exists = true;
  role(drop.user, 'use', mapping);
  mapping.target('server', [drop.servername ?? ''], 'use');
}

export function visitDropSubscription(drop: DropSubscriptionStmt, mapping: Mapping): void {
  define(mapping, 'drop', 'subscription');
  mapping.effect('admin');
  noteBehavior(drop.behavior, mapping);
  if (drop.missing_ok === true) mapping.command.attributes.if_exists = true;
  mapping.target('subscription', [drop.subname ?? ''], 'drop');
}
