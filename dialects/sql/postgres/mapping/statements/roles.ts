import type {
  AlterDefaultPrivilegesStmt,
  AlterRoleStmt,
  CreateRoleStmt,
  DefElem,
  DropOwnedStmt,
  DropRoleStmt,
  GrantRoleStmt,
  GrantStmt,
  Node,
  ReassignOwnedStmt,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { nameOf, stringOf } from '../names.ts';
import { define, definitions, isOn, noteBehavior, objectKind, option, role, roles } from './objects.ts';

export function visitCreateRole(create: CreateRoleStmt, mapping: Mapping): void {
  define(mapping, 'create', 'role');
  mapping.effect('grant');
  mapping.target('role', [create.role ?? ''], 'create');
  roleOptions(create.options, mapping);
}

export function visitAlterRole(alter: AlterRoleStmt, mapping: Mapping): void {
  define(mapping, 'alter', 'role');
  mapping.effect('grant');
  role(alter.role, 'alter', mapping);
  roleOptions(alter.options, mapping);
}

const roleFlags: Readonly<Record<string, string>> = {
  isreplication: 'replication',
  canlogin: 'login',
};

function roleOptions(options: readonly Node[] | undefined, mapping: Mapping): void {
  const granted: string[] = [];
  for (const element of definitions(options)) {
    const name = element.defname ?? '';
    if (name === 'password') password(element, mapping);
    else if (element.arg !== undefined && 'Boolean' in element.arg) {
      const flag = roleFlags[name] ?? name;
      granted.push(isOn(element, mapping) ? flag : `no${flag}`);
    } else granted.push(name);
    if (element.arg !== undefined && 'List' in element.arg) roles(element.arg.List.items, 'grant', mapping);
    else if (element.arg !== undefined && 'RoleSpec' in element.arg) role(element.arg.RoleSpec, 'grant', mapping);
  }
  if (granted.length > 0) mapping.command.attributes.role_options = granted;
}

function password(element: DefElem, mapping: Mapping): void {
  mapping.dependsOnText = true;
  // PASSWORD NULL has no literal.
  if (element.arg !== undefined && stringOf(element.arg) !== undefined) mapping.secret(element.location);
}

export function visitDropRole(drop: DropRoleStmt, mapping: Mapping): void {
  define(mapping, 'drop', 'role');
  mapping.effect('grant');
  if (drop.missing_ok === true) mapping.command.attributes.if_exists = true;
  roles(drop.roles, 'drop', mapping);
}

export function visitDropOwned(drop: DropOwnedStmt, mapping: Mapping): void {
  define(mapping, 'drop', 'owned');
  mapping.effect('grant');
  noteBehavior(drop.behavior, mapping);
  roles(drop.roles, 'drop', mapping);
}

export function visitReassignOwned(reassign: ReassignOwnedStmt, mapping: Mapping): void {
  define(mapping, 'alter', 'owned');
  mapping.effect('grant');
  roles(reassign.roles, 'alter', mapping);
  role(reassign.newrole, 'grant', mapping);
}

export function visitGrant(grant: GrantStmt, mapping: Mapping): void {
  const given = grant.is_grant === true;
  mapping.act(given ? 'grant' : 'revoke');
  mapping.effect('grant');
  const kind = objectKind(grant.objtype);
  if (mapping.primary) mapping.command.attributes.object = kind;
  noteBehavior(grant.behavior, mapping);
  privileges(grant.privileges, mapping);
  const inSchema = grant.targtype === 'ACL_TARGET_ALL_IN_SCHEMA';
  for (const node of grant.objects ?? []) {
    if ('RangeVar' in node) mapping.relation(node.RangeVar, 'grant', kind);
    else if (inSchema) {
      const schema = nameOf(node);
      mapping.target('schema', schema, 'grant');
      mapping.target(kind, [...schema, '*'], 'grant', 'dynamic');
    } else if ('Integer' in node || 'Float' in node) {
      mapping.target(kind, [String(mapping.literal(node))], 'grant');
    } else {
      mapping.object(kind, nameOf(node), 'grant');
      mapping.visit(node);
    }
  }
  roles(grant.grantees, 'grant', mapping);
  role(grant.grantor, 'use', mapping);
}

function privileges(nodes: readonly Node[] | undefined, mapping: Mapping): void {
  const names: string[] = [];
  for (const node of nodes ?? []) {
    if ('AccessPriv' in node) names.push((node.AccessPriv.priv_name ?? 'all').toLowerCase());
  }
  mapping.command.attributes.privileges = names.length > 0 ? names : ['all'];
}

/** GRANT role TO role. */
export function visitGrantRole(grant: GrantRoleStmt, mapping: Mapping): void {
  mapping.act(grant.is_grant === true ? 'grant' : 'revoke');
  mapping.effect('grant');
  if (mapping.primary) mapping.command.attributes.object = 'role';
  noteBehavior(grant.behavior, mapping);
  privileges(grant.granted_roles, mapping);
  for (const node of grant.granted_roles ?? []) {
    if ('AccessPriv' in node) mapping.target('role', [node.AccessPriv.priv_name ?? ''], 'grant');
  }
  roles(grant.grantee_roles, 'grant', mapping);
  role(grant.grantor, 'use', mapping);
  mapping.visitAll(grant.opt);
}

export function visitDefaultPrivileges(alter: AlterDefaultPrivilegesStmt, mapping: Mapping): void {
  mapping.effect('alter');
  if (alter.action !== undefined) visitGrant(alter.action, mapping);
  const schemas = option(alter.options, 'schemas')?.arg;
  if (schemas !== undefined && 'List' in schemas) {
    for (const node of schemas.List.items ?? []) mapping.target('schema', nameOf(node), 'grant');
  }
  const owners = option(alter.options, 'roles')?.arg;
  if (owners !== undefined && 'List' in owners) roles(owners.List.items, 'use', mapping);
}
