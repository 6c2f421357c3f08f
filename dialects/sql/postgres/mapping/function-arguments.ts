import type { Node } from '@pgsql/types';
import type { Access } from '../../../../engine/contract.ts';
import type { Mapping } from './mapping.ts';
import { parseQualifiedName } from './names.ts';
import { mapDynamicSql } from './nested-sql.ts';
import { holdsSecret, isSecretName } from './secret-names.ts';
import { isSettingName } from './pinned-setting.ts';
import { noteSetting } from './settings.ts';

type ArgumentReader = (args: readonly Node[], mapping: Mapping) => void;

/** The argument itself, whether it was given by position or by name. */
function argument(args: readonly Node[], index: number, name?: string): Node | undefined {
  for (const node of args) {
    if ('NamedArgExpr' in node && node.NamedArgExpr.name === name) return node.NamedArgExpr.arg;
  }
  const node = args[index];
  return node === undefined || 'NamedArgExpr' in node ? undefined : node;
}

/** Runs SQL that it is given as text. */
function runsSql(index: number, name?: string): ArgumentReader {
  return (args, mapping) => {
    const text = mapping.literalText(argument(args, index, name));
    if (text === undefined) mapping.incomplete('dynamic_sql');
    else mapDynamicSql(text, mapping);
  };
}

/** Reads or changes the relation that an argument names. */
function touches(kind: string, access: Access, index = 0): ArgumentReader {
  return (args, mapping) => {
    const node = argument(args, index);
    if (node === undefined) return;
    const text = mapping.literalText(node);
    const path = text === undefined ? undefined : parseQualifiedName(text);
    if (path !== undefined) mapping.object(kind, path, access);
    else mapping.target(kind, ['*'], access, 'dynamic');
  };
}

/** Reads a whole table by its name, every column of it: which one is known only where the text says so. */
const readsTable: ArgumentReader = (args, mapping) => {
  mapping.command.effect('read');
  touches('table', 'read')(args, mapping);
  const text = mapping.literalText(args[0]);
  if (text === undefined) mapping.incomplete('dynamic_sql');
  const path = text === undefined ? undefined : parseQualifiedName(text);
  if (path === undefined) return;
  mapping.target('column', [...path, '*'], 'read', path.length > 1 ? 'exact' : 'search_path');
  mapping.command.projected([...path, '*']);
};

/** Reads or writes a file of the server. */
function opensFile(access: Access, index = 0): ArgumentReader {
  return (args, mapping) => {
    const path = mapping.literalText(argument(args, index));
    if (path === undefined) mapping.target('file', ['*'], access, 'dynamic');
    else mapping.target('file', [path], access);
  };
}

function secretArgument(...indexes: number[]): ArgumentReader {
  return (args, mapping) => {
    for (const index of indexes) {
      const node = args[index];
      if (mapping.literalText(node) !== undefined) mapping.secret(mapping.literalLocation(node));
    }
  };
}

/** A connection string or a server's name. */
const connects: ArgumentReader = (args, mapping) => {
  for (const node of args) {
    const text = mapping.literalText(node);
    if (text !== undefined && holdsSecret(text)) mapping.secret(mapping.literalLocation(node));
  }
};

/** dblink's functions take names and connections as well as SQL: what parses as SQL is read as such. */
const runsRemoteSql: ArgumentReader = (args, mapping) => {
  connects(args, mapping);
  for (const node of args) {
    const text = mapping.literalText(node);
    if (text !== undefined && mapping.services.parser.parse(text).ok) mapDynamicSql(text, mapping);
  }
  // What runs at another server has other objects: its effects count, but nothing vouches for them.
  mapping.incomplete('remote_sql');
};

const setsConfig: ArgumentReader = (args, mapping) => {
  const nameArgument = argument(args, 0, 'setting_name');
  const pinned = nameArgument !== undefined && isSettingName(nameArgument) ? mapping.scope?.settingName : undefined;
  const name = mapping.literalText(pinned ?? nameArgument);
  const value = mapping.literalText(argument(args, 1, 'new_value'));
  const local = mapping.literal(argument(args, 2, 'is_local'));
  const secret = name !== undefined && isSecretName(name);
  if (secret) mapping.secret(mapping.literalLocation(argument(args, 1, 'new_value')));
  if (name === undefined) mapping.incomplete('dynamic_setting');
  noteSetting(mapping, {
    ...(name === undefined ? {} : { name }),
    action: 'set',
    ...(value === undefined || secret ? {} : { value }),
    scope: local === true || local === 'true' || local === 't' ? 'local' : 'session',
  });
};

/** What the arguments of these functions say beyond the function itself. */
export const argumentReaders: ReadonlyMap<string, ArgumentReader> = new Map<string, ArgumentReader>([
  ['set_config', setsConfig],
  ['nextval', touches('sequence', 'write')],
  ['setval', touches('sequence', 'write')],
  ['currval', touches('sequence', 'read')],
  ['query_to_xml', runsSql(0, 'query')],
  ['query_to_xmlschema', runsSql(0, 'query')],
  ['query_to_xml_and_xmlschema', runsSql(0, 'query')],
  ['ts_stat', runsSql(0)],
  [
    'ts_rewrite',
    (args, mapping) => {
      // With two arguments the second is a query; with three it is a tsquery.
      if (args.length === 2) runsSql(1)(args, mapping);
    },
  ],
  ['table_to_xml', readsTable],
  ['table_to_xmlschema', readsTable],
  ['table_to_xml_and_xmlschema', readsTable],
  ['crosstab', runsSql(0)],
  ['crosstab2', runsSql(0)],
  ['crosstab3', runsSql(0)],
  ['crosstab4', runsSql(0)],
  ['dblink', runsRemoteSql],
  ['dblink_exec', runsRemoteSql],
  ['dblink_open', runsRemoteSql],
  ['dblink_send_query', runsRemoteSql],
  ['dblink_connect', connects],
  ['dblink_connect_u', connects],
  ['pg_read_file', opensFile('read')],
  ['pg_read_binary_file', opensFile('read')],
  ['pg_stat_file', opensFile('read')],
  ['pg_ls_dir', opensFile('read')],
  ['lo_import', opensFile('read')],
  ['lo_export', opensFile('write', 1)],
  ['pg_file_write', opensFile('write')],
  ['pg_file_read', opensFile('read')],
  ['pg_file_unlink', opensFile('delete')],
  ['pgp_sym_encrypt', secretArgument(1)],
  ['pgp_sym_encrypt_bytea', secretArgument(1)],
  ['pgp_sym_decrypt', secretArgument(1)],
  ['pgp_sym_decrypt_bytea', secretArgument(1)],
  ['pgp_pub_decrypt', secretArgument(1, 2)],
  ['pgp_pub_decrypt_bytea', secretArgument(1, 2)],
  ['encrypt', secretArgument(1)],
  ['encrypt_iv', secretArgument(1)],
  ['decrypt', secretArgument(1)],
  ['decrypt_iv', secretArgument(1)],
  ['hmac', secretArgument(1)],
  ['crypt', secretArgument(0)],
]);
