import { eachName, uniteVersions, type Versions } from './groups.ts';
import { SETTINGS } from './settings.generated.ts';

/** Who may change a setting and when: the `context` column of pg_settings. */
export type SettingContext =
  'internal' | 'postmaster' | 'sighup' | 'superuser-backend' | 'backend' | 'superuser' | 'user';

/**
 * What a change of the setting puts at risk.
 *
 * - `parsing`: changes what a text means to the server's lexer or grammar; a parser elsewhere then reads it differently.
 * - `identity`: changes whose privileges count.
 * - `resolution`: changes which objects names mean.
 * - `code`: loads libraries or runs programs.
 * - `integrity`: switches off triggers, constraints, row security, catalog protection or corruption checks.
 * - `audit`: changes what the server logs or tracks.
 * - `access`: changes who may connect, and how.
 * - `limits`: lifts a bound on time or size.
 * - `transaction`: changes the read-only mode or the isolation of transactions.
 * - `output`: changes how values are written.
 */
export type SettingRisk =
  | 'parsing'
  | 'identity'
  | 'resolution'
  | 'code'
  | 'integrity'
  | 'audit'
  | 'access'
  | 'limits'
  | 'transaction'
  | 'output';

export interface CatalogueSetting {
  /** As the server writes it; names of settings are case-insensitive. */
  readonly name: string;
  readonly context: SettingContext;
  readonly versions: Versions;
  readonly risk?: SettingRisk;
}

const RISKS: Readonly<Record<SettingRisk, string>> = {
  parsing: 'standard_conforming_strings client_encoding backslash_quote transform_null_equals array_nulls xmloption',
  identity: 'role session_authorization createrole_self_grant',
  resolution: `search_path default_tablespace temp_tablespaces default_table_access_method default_text_search_config
    timezone_abbreviations restrict_nonsystem_relation_kind`,
  code: `archive_cleanup_command archive_command archive_library dynamic_library_path extension_control_path
    extension_destdir jit_provider local_preload_libraries recovery_end_command restore_command
    session_preload_libraries shared_preload_libraries ssl_passphrase_command`,
  integrity: `allow_in_place_tablespaces allow_system_table_mods check_function_bodies data_checksums event_triggers
    fsync full_page_writes ignore_checksum_failure ignore_invalid_pages ignore_system_indexes lo_compat_privileges
    row_security session_replication_role synchronous_commit zero_damaged_pages`,
  audit: `debug_print_parse debug_print_plan debug_print_rewritten log_connections log_destination log_directory
    log_disconnections log_duration log_error_verbosity log_filename log_hostname log_line_prefix log_lock_waits
    log_min_duration_sample log_min_duration_statement log_min_error_statement log_min_messages
    log_parameter_max_length log_parameter_max_length_on_error log_replication_commands log_statement
    log_statement_sample_rate log_transaction_sample_rate logging_collector track_activities track_counts
    track_functions application_name`,
  access: `allow_alter_system authentication_timeout hba_file ident_file krb_server_keyfile listen_addresses
    password_encryption primary_conninfo ssl ssl_ca_file ssl_cert_file ssl_crl_file ssl_key_file`,
  limits: `client_connection_check_interval idle_in_transaction_session_timeout idle_session_timeout lock_timeout
    max_stack_depth statement_timeout temp_file_limit transaction_timeout`,
  transaction: `default_transaction_deferrable default_transaction_isolation default_transaction_read_only
    transaction_deferrable transaction_isolation transaction_read_only`,
  output: `bytea_output DateStyle extra_float_digits IntervalStyle lc_messages lc_monetary lc_numeric lc_time
    quote_all_identifiers TimeZone xmlbinary`,
};

// pg_settings leaves these out.
const HIDDEN: readonly CatalogueSetting[] = [
  { name: 'role', context: 'user', versions: ['15', '18'] },
  { name: 'session_authorization', context: 'user', versions: ['15', '18'] },
  { name: 'seed', context: 'user', versions: ['15', '18'] },
  { name: 'is_superuser', context: 'internal', versions: ['15', '18'] },
];

const riskOf = new Map<string, SettingRisk>();
for (const risk of Object.keys(RISKS)) if (isRisk(risk)) for (const name of namesOf(risk)) riskOf.set(name, risk);

const byName = new Map<string, CatalogueSetting>();
for (const setting of HIDDEN) add(setting);
eachName(SETTINGS, (name, versions, [context = '']) => {
  if (isContext(context)) add({ name, context, versions });
});

function add(setting: CatalogueSetting): void {
  const key = setting.name.toLowerCase();
  const risk = riskOf.get(key);
  const versions = uniteVersions(setting.versions, byName.get(key)?.versions ?? []);
  byName.set(key, Object.freeze({ ...setting, versions, ...(risk === undefined ? {} : { risk }) }));
}

function isRisk(name: string): name is SettingRisk {
  return Object.hasOwn(RISKS, name);
}

function namesOf(risk: SettingRisk): readonly string[] {
  return RISKS[risk].toLowerCase().split(/\s+/);
}

function isContext(name: string): name is SettingContext {
  return /^(internal|postmaster|sighup|superuser-backend|backend|superuser|user)$/.test(name);
}

/** Finds a setting by name, in any case. Settings of extensions (`pg_stat_statements.track`) are not in the catalogue. */
export function lookupSetting(name: string): CatalogueSetting | undefined {
  return byName.get(name.toLowerCase());
}

/** Names that the table of risks speaks of, for the test that looks for misspelt ones. */
export function riskyNames(): readonly string[] {
  return [...riskOf.keys()];
}
