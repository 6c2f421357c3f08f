import type {
  AlterObjectDependsStmt,
  AlterObjectSchemaStmt,
  AlterOwnerStmt,
  CommentStmt,
  Node,
  RangeVar,
  RenameStmt,
  SecLabelStmt,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { nameOf } from '../names.ts';
import { define, noteBehavior, objectKind, role } from './objects.ts';

/** The object of a statement that names it by a relation or by a list of parts. */
function altered(kind: string, relation: RangeVar | undefined, object: Node | undefined, mapping: Mapping): string[] {
  if (relation !== undefined) return mapping.relation(relation, 'alter', kind);
  if (object !== undefined && ('Integer' in object || 'Float' in object)) {
    mapping.target(kind, [String(mapping.literal(object))], 'alter');
    return [];
  }
  const path = nameOf(object);
  mapping.object(kind, path, 'alter');
  return path;
}

export function visitRename(rename: RenameStmt, mapping: Mapping): void {
  const kind = objectKind(rename.renameType);
  define(mapping, 'alter', kind);
  mapping.command.attributes.actions = ['rename'];
  noteBehavior(rename.behavior, mapping);
  if (rename.missing_ok === true) mapping.command.attributes.if_exists = true;
  if (rename.subname === undefined) {
    if (kind === 'role') mapping.effect('grant');
    altered(kind, rename.relation, rename.object, mapping);
    if (rename.relation === undefined && rename.object === undefined) mapping.incomplete('unknown_node');
    return;
  }
  // A part of something: a column, a constraint, a trigger; or an object without a list, such as a role.
  if (rename.relation === undefined && rename.object === undefined) {
    if (kind === 'role') mapping.effect('grant');
    mapping.object(kind, [rename.subname], 'alter');
    return;
  }
  const owner = rename.relationType === undefined ? 'table' : objectKind(rename.relationType);
  const path = altered(rename.relation === undefined ? kind : owner, rename.relation, rename.object, mapping);
  mapping.object(kind, [...path, rename.subname], 'alter');
}

export function visitSetSchema(alter: AlterObjectSchemaStmt, mapping: Mapping): void {
  const kind = objectKind(alter.objectType);
  define(mapping, 'alter', kind);
  mapping.command.attributes.actions = ['set_schema'];
  if (alter.missing_ok === true) mapping.command.attributes.if_exists = true;
  altered(kind, alter.relation, alter.object, mapping);
  mapping.target('schema', [alter.newschema ?? ''], 'use');
}

export function visitOwner(alter: AlterOwnerStmt, mapping: Mapping): void {
  const kind = objectKind(alter.objectType);
  define(mapping, 'alter', kind);
  mapping.effect('grant');
  mapping.command.attributes.actions = ['change_owner'];
  altered(kind, alter.relation, alter.object, mapping);
  role(alter.newowner, 'use', mapping);
}

export function visitDepends(alter: AlterObjectDependsStmt, mapping: Mapping): void {
  const kind = objectKind(alter.objectType);
  define(mapping, 'alter', kind);
  altered(kind, alter.relation, alter.object, mapping);
  mapping.target('extension', [alter.extname?.sval ?? ''], 'use');
}

export function visitComment(comment: CommentStmt, mapping: Mapping): void {
  const kind = objectKind(comment.objtype);
  mapping.act('comment');
  mapping.effect('alter');
  if (mapping.primary) mapping.command.attributes.object = kind;
  altered(kind, undefined, comment.object, mapping);
}

export function visitSecurityLabel(label: SecLabelStmt, mapping: Mapping): void {
  const kind = objectKind(label.objtype);
  mapping.act('security_label');
  mapping.effect('alter');
  mapping.effect('admin');
  if (mapping.primary) mapping.command.attributes.object = kind;
  altered(kind, undefined, label.object, mapping);
}
