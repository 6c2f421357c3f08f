import { eachName, qualifiedName, uniteVersions, type Versions } from './groups.ts';
import { RELATIONS } from './relations.generated.ts';

export interface CatalogueRelation {
  readonly schema: 'pg_catalog' | 'information_schema';
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly versions: Versions;
  /** Why reading it needs care, where it does. */
  readonly sensitive?: RelationSensitivity;
}

/**
 * - `credentials`: password hashes, or connection strings and options that hold passwords.
 * - `files`: contents of the server's configuration files.
 * - `activity`: texts of other sessions' statements, with their literals.
 * - `values`: sampled values of any table's columns.
 * - `data`: contents of large objects.
 */
export type RelationSensitivity = 'credentials' | 'files' | 'activity' | 'values' | 'data';

const SENSITIVE: Readonly<Record<string, RelationSensitivity>> = {
  pg_authid: 'credentials',
  pg_shadow: 'credentials',
  pg_user_mapping: 'credentials',
  pg_user_mappings: 'credentials',
  pg_foreign_server: 'credentials',
  pg_subscription: 'credentials',
  user_mapping_options: 'credentials',
  _pg_user_mappings: 'credentials',
  pg_db_role_setting: 'credentials',
  pg_hba_file_rules: 'files',
  pg_ident_file_mappings: 'files',
  pg_file_settings: 'files',
  pg_stat_activity: 'activity',
  pg_prepared_statements: 'activity',
  pg_cursors: 'activity',
  pg_stat_statements: 'activity',
  pg_statistic: 'values',
  pg_statistic_ext_data: 'values',
  pg_stats: 'values',
  pg_stats_ext: 'values',
  pg_stats_ext_exprs: 'values',
  pg_largeobject: 'data',
};

const byPath = new Map<string, CatalogueRelation>();

eachName(RELATIONS, (name, versions, [schema = '', extension, kind]) => {
  if (extension !== '' || (schema !== 'pg_catalog' && schema !== 'information_schema')) return;
  const sensitive = SENSITIVE[name];
  const known = byPath.get(`${schema}.${name}`);
  byPath.set(
    `${schema}.${name}`,
    Object.freeze({
      schema,
      name,
      kind: kind === 'v' ? 'view' : 'table',
      versions: uniteVersions(versions, known?.versions ?? []),
      ...(sensitive === undefined ? {} : { sensitive }),
    }),
  );
});

/**
 * Finds a system relation by the path that the text names it with. A name that stands alone can only mean pg_catalog's,
 * and does so unless a temporary relation or a schema earlier in an explicit search_path has one of the same name.
 */
export function lookupRelation(path: readonly string[]): CatalogueRelation | undefined {
  const named = qualifiedName(path);
  return named === undefined ? undefined : byPath.get(`${named.schema ?? 'pg_catalog'}.${named.name}`);
}

/** Names that the table of sensitive relations speaks of, for the test that looks for misspelt ones. */
export function sensitiveNames(): readonly string[] {
  return Object.keys(SENSITIVE);
}
