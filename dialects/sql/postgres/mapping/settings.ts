import type { SettingAttribute } from '../attributes.ts';
import type { Mapping } from './mapping.ts';

/** Settings under which the parser would read texts otherwise than the target does. */
const utf8: ReadonlySet<string> = new Set(['utf8', 'unicode', 'utf-8', 'default']);

/** Settings that change who acts or how the server guards itself. */
const privileged: ReadonlySet<string> = new Set([
  'role',
  'session_authorization',
  'row_security',
  'session_replication_role',
]);

/**
 * Notes that a setting changes, by whatever road: SET, set_config(), ALTER ROLE … SET, a function's SET clause.
 * A value under which later statements would mean something else than what is judged makes the command incomplete.
 */
export function noteSetting(mapping: Mapping, change: SettingAttribute): void {
  const setting = { ...change, ...(change.name === undefined ? {} : { name: change.name.toLowerCase() }) };
  const { attributes } = mapping.command;
  (attributes.settings ??= []).push(setting);
  if (setting.scope !== 'function') mapping.effect('session');
  if (setting.name !== undefined) mapping.target('setting', [setting.name], 'alter');
  if (setting.name === undefined && setting.action === 'set') mapping.effect('admin');
  if (setting.name !== undefined && privileged.has(setting.name)) mapping.effect('admin');
  if (setting.action === 'set' && changesReading(setting)) mapping.incomplete('unsupported_setting');
}

function changesReading(setting: SettingAttribute): boolean {
  const value = setting.value?.toLowerCase();
  if (setting.name === 'standard_conforming_strings') {
    return value === undefined || !['on', 'true', 't', 'yes', 'y', '1', 'default'].includes(value);
  }
  if (setting.name === 'client_encoding' || setting.name === 'names') {
    return value === undefined || !utf8.has(value.replaceAll('_', '').replaceAll(' ', ''));
  }
  return false;
}
