import type { DefElem, DropBehavior, Node, RoleSpec } from '@pgsql/types';
import type { Access } from '../../../../../engine/contract.ts';
import type { Mapping } from '../mapping.ts';

const kinds: Readonly<Record<string, string>> = {
  OBJECT_MATVIEW: 'materialized_view',
  OBJECT_FDW: 'foreign_data_wrapper',
  OBJECT_FOREIGN_SERVER: 'server',
  OBJECT_LARGEOBJECT: 'large_object',
  OBJECT_OPCLASS: 'operator_class',
  OBJECT_OPFAMILY: 'operator_family',
  OBJECT_PARAMETER_ACL: 'setting',
  OBJECT_STATISTIC_EXT: 'statistics',
  OBJECT_TABCONSTRAINT: 'constraint',
  OBJECT_DOMCONSTRAINT: 'constraint',
  OBJECT_TSCONFIGURATION: 'text_search_configuration',
  OBJECT_TSDICTIONARY: 'text_search_dictionary',
  OBJECT_TSPARSER: 'text_search_parser',
  OBJECT_TSTEMPLATE: 'text_search_template',
  OBJECT_ATTRIBUTE: 'column',
  OBJECT_AMOP: 'operator_family',
  OBJECT_AMPROC: 'operator_family',
};

/** A target's kind for PostgreSQL's ObjectType. */
export function objectKind(type: string | undefined): string {
  return kinds[type ?? ''] ?? (type ?? '').replace('OBJECT_', '').toLowerCase();
}

export type Change = 'create' | 'alter' | 'drop';

/** The effect, the verb and the kind of a statement that changes an object's definition. */
export function define(mapping: Mapping, change: Change, object: string): void {
  mapping.act(change);
  mapping.effect(change);
  if (mapping.primary) mapping.command.attributes.object = object;
}

export function noteBehavior(behavior: DropBehavior | undefined, mapping: Mapping): void {
  if (behavior === 'DROP_CASCADE') mapping.command.attributes.cascade = true;
}

/** A role as a target. PUBLIC, CURRENT_USER and SESSION_USER stand for themselves. */
export function role(spec: RoleSpec | undefined, access: Access, mapping: Mapping): void {
  if (spec === undefined) return;
  const name = spec.rolename ?? (spec.roletype ?? '').replace('ROLESPEC_', '').toLowerCase();
  const resolution = spec.roletype === 'ROLESPEC_CSTRING' || spec.roletype === 'ROLESPEC_PUBLIC' ? 'exact' : 'dynamic';
  mapping.target('role', [name], access, resolution);
}

export function roles(specs: readonly Node[] | undefined, access: Access, mapping: Mapping): void {
  for (const node of specs ?? []) if ('RoleSpec' in node) role(node.RoleSpec, access, mapping);
}

/** The options of a statement: `WITH (name value, …)` and its many spellings. */
export function definitions(nodes: readonly Node[] | undefined): DefElem[] {
  const elements: DefElem[] = [];
  for (const node of nodes ?? []) if ('DefElem' in node) elements.push(node.DefElem);
  return elements;
}

export function option(nodes: readonly Node[] | undefined, name: string): DefElem | undefined {
  return definitions(nodes).find((element) => element.defname === name);
}

/** Whether a boolean option is on: without a value it is. */
export function isOn(element: DefElem | undefined, mapping: Mapping): boolean {
  if (element === undefined) return false;
  if (element.arg === undefined) return true;
  const value = mapping.literal(element.arg);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  return typeof value === 'string' && !['false', 'off', '0', 'f', 'no', 'n'].includes(value.toLowerCase());
}
