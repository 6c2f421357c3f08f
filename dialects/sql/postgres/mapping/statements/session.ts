import type {
  AlterDatabaseSetStmt,
  AlterRoleSetStmt,
  DiscardStmt,
  Node,
  VariableSetStmt,
  VariableShowStmt,
} from '@pgsql/types';
import type { SettingAttribute } from '../../attributes.ts';
import type { Mapping } from '../mapping.ts';
import { isSecretName } from '../secret-names.ts';
import { noteSetting } from '../settings.ts';
import { define, role } from './objects.ts';
import { noteModes } from './transaction.ts';

export function visitSet(set: VariableSetStmt, mapping: Mapping): void {
  const reset = set.kind === 'VAR_RESET' || set.kind === 'VAR_RESET_ALL';
  mapping.act(reset ? 'reset' : 'set');
  if (set.kind === 'VAR_SET_MULTI') {
    setTransaction(set, mapping);
    return;
  }
  changeSetting(set, set.is_local === true ? 'local' : 'session', mapping);
}

/** SET as it stands in SET itself, ALTER ROLE, ALTER DATABASE, ALTER SYSTEM and CREATE FUNCTION. */
export function changeSetting(set: VariableSetStmt, scope: SettingAttribute['scope'], mapping: Mapping): void {
  mapping.dependsOnText = true;
  if (set.kind === 'VAR_RESET_ALL') {
    noteSetting(mapping, { action: 'reset_all', scope });
    return;
  }
  const name = set.name ?? '';
  if (set.kind !== 'VAR_SET_VALUE') {
    // SET … FROM CURRENT keeps the value in force for a function.
    noteSetting(mapping, { name, action: set.kind === 'VAR_SET_CURRENT' ? 'set' : 'reset', scope });
    return;
  }
  const values = (set.args ?? []).map((value) => settingText(value, mapping));
  const secret = isSecretName(name);
  if (secret) for (const value of set.args ?? []) mapping.secret(mapping.literalLocation(value));
  // A secret is in no attribute either.
  const known = !secret && values.every((value) => value !== undefined);
  noteSetting(mapping, {
    name,
    action: 'set',
    ...(known ? { value: isList(name) ? values.map(quoteIdentifier).join(', ') : values.join(', ') } : {}),
    scope,
  });
  mapping.visitAll(set.args);
  if (name === 'role' || name === 'session_authorization') {
    mapping.target('role', [values[0] ?? '*'], 'use', values[0] === undefined ? 'dynamic' : 'exact');
  }
}

function settingText(node: Node, mapping: Mapping): string | undefined {
  // SET TIME ZONE INTERVAL '…' is a cast.
  const value = mapping.literal(node);
  return value === undefined || value === null ? undefined : String(value);
}

/** Lists are kept with their elements quoted where they need it, as SHOW would give them. */
const lists: ReadonlySet<string> = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
]);

function isList(name: string): boolean {
  return lists.has(name.toLowerCase());
}

function quoteIdentifier(name: string | undefined): string {
  const text = name ?? '';
  return /^[a-z_][a-z0-9_$]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

function setTransaction(set: VariableSetStmt, mapping: Mapping): void {
  if (set.name === 'TRANSACTION SNAPSHOT') {
    mapping.effect('transaction');
    mapping.command.attributes.transaction = { action: 'set' };
    return;
  }
  const session = set.name === 'SESSION CHARACTERISTICS';
  mapping.effect('transaction');
  if (session) mapping.effect('session');
  const transaction = { action: session ? ('set_session' as const) : ('set' as const) };
  mapping.command.attributes.transaction = transaction;
  noteModes(set.args, transaction, mapping);
}

export function visitShow(show: VariableShowStmt, mapping: Mapping): void {
  mapping.act('show');
  mapping.effect('read');
  mapping.target('setting', [(show.name ?? '').toLowerCase()], 'read');
}

export function visitDiscard(discard: DiscardStmt, mapping: Mapping): void {
  mapping.act('discard');
  mapping.effect('session');
  const what = (discard.target ?? 'DISCARD_ALL').replace('DISCARD_', '').toLowerCase();
  if (what === 'all' || what === 'plans' || what === 'sequences' || what === 'temp') {
    mapping.command.attributes.discard = what;
  } else mapping.incomplete('unknown_node');
}

export function visitAlterRoleSet(alter: AlterRoleSetStmt, mapping: Mapping): void {
  define(mapping, 'alter', 'role');
  mapping.effect('grant');
  mapping.effect('admin');
  if (alter.role === undefined) mapping.target('role', ['*'], 'alter', 'dynamic');
  role(alter.role, 'alter', mapping);
  if (alter.database !== undefined) mapping.target('database', [alter.database], 'alter');
  if (alter.setstmt !== undefined) changeSetting(alter.setstmt, 'role', mapping);
}

export function visitAlterDatabaseSet(alter: AlterDatabaseSetStmt, mapping: Mapping): void {
  define(mapping, 'alter', 'database');
  mapping.effect('admin');
  mapping.target('database', [alter.dbname ?? ''], 'alter');
  if (alter.setstmt !== undefined) changeSetting(alter.setstmt, 'database', mapping);
}

export function visitAlterSystem(alter: { setstmt?: VariableSetStmt }, mapping: Mapping): void {
  mapping.act('alter');
  mapping.effect('alter');
  mapping.effect('admin');
  if (mapping.primary) mapping.command.attributes.object = 'system';
  if (alter.setstmt !== undefined) changeSetting(alter.setstmt, 'system', mapping);
}
