/**
 * What a function does to the world, as far as a policy cares. Hand-written: pg_proc tells volatility, which is a promise
 * to the planner and says nothing of files, sessions or other backends.
 *
 * - `pure`: touches its arguments only, and perhaps the clock, the locale or the random number generator.
 * - `read`: tells of catalogs, statistics, settings, locks, or sizes; changes nothing.
 * - `session`: tells of the session or transaction itself, or changes what only this session can see of itself.
 * - `sequence`: moves a sequence.
 * - `settings`: changes a setting.
 * - `notify`: sends a notification.
 * - `sleep`: holds the session up.
 * - `lock`: takes or releases advisory locks.
 * - `large_object`: reads, writes or removes large objects.
 * - `file`: reads, lists or writes files of the server.
 * - `network`: connects elsewhere.
 * - `replication`: slots, origins, decoding of the write-ahead log.
 * - `admin`: acts on the server, on other sessions, on statistics, or on storage beneath the tables.
 * - `dynamic_sql`: runs SQL that it is given as text, or reads whatever relation it is told to by name.
 * - `internal`: cannot be called from SQL (an argument or the result is of type internal, trigger, …).
 * - `unknown`: none of the above is known; a command that calls it is not complete.
 */
export type FunctionCategory =
  | 'pure'
  | 'read'
  | 'session'
  | 'sequence'
  | 'settings'
  | 'notify'
  | 'sleep'
  | 'lock'
  | 'large_object'
  | 'file'
  | 'network'
  | 'replication'
  | 'admin'
  | 'dynamic_sql'
  | 'internal'
  | 'unknown';

/**
 * Names by category. A name stands here in full: with patterns, a new server version's function could slip into a harmless
 * category unseen. `name/2` speaks for calls with two arguments only, and wins over `name`.
 *
 * Volatile functions that are missing here are `unknown`; stable ones are `read`, immutable ones `pure`.
 */
const NAMES: Readonly<Partial<Record<FunctionCategory, string>>> = {
  // Volatile, because their result changes from call to call.
  pure: `
    array_sample array_shuffle clock_timestamp gen_random_uuid random random_normal timeofday uuidv4 uuidv7
    gen_random_bytes gen_salt pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea normal_rand
    uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 xslt_process
    age aclitemin aclitemout array_in array_out array_send array_to_json array_to_string concat concat_ws convert convert_from
    convert_to date date_add date_part date_subtract date_trunc enum_first enum_last enum_range extract format
    generate_series json_agg json_agg_strict json_build_array json_build_object json_object_agg json_object_agg_strict
    json_object_agg_unique json_object_agg_unique_strict json_populate_record json_populate_recordset json_to_record
    json_to_recordset json_to_tsvector jsonb_agg jsonb_agg_strict jsonb_build_array jsonb_build_object jsonb_path_exists_tz
    jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
    jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record jsonb_to_recordset jsonb_to_tsvector length
    make_timestamptz money now numeric overlaps phraseto_tsquery plainto_tsquery pg_column_size pg_typeof quote_literal
    quote_nullable row_to_json similarity_op statement_timestamp strict_word_similarity_op text time timestamp timestamptz
    timetz timezone to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp
    ts_headline unaccent websearch_to_tsquery word_similarity_op xml xml_is_well_formed xml_valid pg_input_is_valid
    pg_input_error_info`,
  read: `
    amvalidate currval lastval currtid2 pg_available_wal_summaries pg_blocking_pids pg_collation_actual_version
    pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_current_wal_flush_lsn
    pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version pg_database_size pg_get_aios
    pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members pg_get_sequence_data
    pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_wait_events pg_get_wal_replay_pause_state
    pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused
    pg_isolation_test_session_is_blocked pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status pg_notification_queue_usage pg_partition_ancestors
    pg_partition_tree pg_prepared_xact pg_relation_size pg_replication_origin_progress
    pg_replication_origin_session_is_setup pg_replication_origin_session_progress pg_safe_snapshot_blocking_pids
    pg_sequence_last_value pg_show_replication_origin_status pg_stat_get_backend_io pg_stat_get_backend_wal
    pg_stat_get_io pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
    pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time
    pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
    pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated
    pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size
    pg_total_relation_size pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin
    pg_xact_status plpgsql_validator txid_status cursor_to_xmlschema database_to_xmlschema schema_to_xmlschema
    table_to_xmlschema
    fips_mode file_fdw_validator postgres_fdw_validator pg_buffercache_pages pg_buffercache_numa_pages
    pg_buffercache_summary pg_buffercache_usage_counts pg_freespace pg_old_snapshot_time_mapping pg_stat_statements
    pg_stat_statements_info pg_check_frozen pg_check_visible pg_visibility pg_visibility_map pg_visibility_map_summary
    pgrowlocks pg_relpages pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx
    postgres_fdw_get_connections`,
  session: `
    current_database current_query current_schema current_schemas current_user get_current_ts_config getdatabaseencoding
    getpgusername inet_client_addr inet_client_port inet_server_addr inet_server_port pg_backend_pid pg_client_encoding
    pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned pg_export_snapshot pg_is_other_temp_schema
    pg_my_temp_schema pg_stat_clear_snapshot pg_stat_force_next_flush pg_trigger_depth session_user setseed system_user
    txid_current txid_current_if_assigned txid_current_snapshot version
    ssl_cipher ssl_client_cert_present ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info ssl_is_used
    ssl_issuer_dn ssl_issuer_field ssl_version`,
  sequence: 'nextval setval',
  settings: 'set_config set_limit isn_weak',
  notify: 'pg_notify',
  sleep: 'pg_sleep pg_sleep_for pg_sleep_until',
  lock: `
    pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared
    pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared
    pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
  large_object: `
    lo_close lo_creat lo_create lo_from_bytea lo_get lo_lseek lo_lseek64 lo_open lo_put lo_tell lo_tell64 lo_truncate
    lo_truncate64 lo_unlink loread lowrite`,
  file: `
    lo_export lo_import pg_current_logfile pg_hba_file_rules pg_ident_file_mappings pg_ls_archive_statusdir pg_ls_dir
    pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_ls_tmpdir pg_ls_waldir
    pg_read_binary_file pg_read_file pg_read_file_old pg_show_all_file_settings pg_stat_file pg_tablespace_databases
    pg_file_read pg_file_rename pg_file_sync pg_file_unlink pg_file_write pg_logdir_ls pg_logfile_rotate`,
  network: `
    dblink dblink_build_sql_delete dblink_build_sql_insert dblink_build_sql_update dblink_cancel_query dblink_close
    dblink_connect dblink_connect_u dblink_current_query dblink_disconnect dblink_error_message dblink_exec dblink_fdw_validator
    dblink_fetch dblink_get_connections dblink_get_notify dblink_get_pkey dblink_get_result dblink_is_busy dblink_open
    dblink_send_query postgres_fdw_disconnect postgres_fdw_disconnect_all`,
  replication: `
    pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_create_logical_replication_slot
    pg_create_physical_replication_slot pg_drop_replication_slot pg_logical_emit_message pg_logical_slot_get_binary_changes
    pg_logical_slot_get_changes pg_logical_slot_peek_binary_changes pg_logical_slot_peek_changes
    pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop
    pg_replication_origin_session_reset pg_replication_origin_session_setup pg_replication_origin_xact_reset
    pg_replication_origin_xact_setup pg_replication_slot_advance pg_sync_replication_slots
    pg_get_logical_snapshot_info pg_get_logical_snapshot_meta pg_get_wal_block_info pg_get_wal_record_info
    pg_get_wal_records_info pg_get_wal_records_info_till_end_of_wal pg_get_wal_stats pg_get_wal_stats_till_end_of_wal`,
  admin: `
    binary_upgrade_add_sub_rel_state binary_upgrade_create_empty_extension binary_upgrade_logical_slot_has_caught_up
    binary_upgrade_replorigin_advance binary_upgrade_set_missing_value binary_upgrade_set_next_array_pg_type_oid
    binary_upgrade_set_next_heap_pg_class_oid binary_upgrade_set_next_heap_relfilenode
    binary_upgrade_set_next_index_pg_class_oid binary_upgrade_set_next_index_relfilenode
    binary_upgrade_set_next_multirange_array_pg_type_oid binary_upgrade_set_next_multirange_pg_type_oid
    binary_upgrade_set_next_pg_authid_oid binary_upgrade_set_next_pg_enum_oid binary_upgrade_set_next_pg_tablespace_oid
    binary_upgrade_set_next_pg_type_oid binary_upgrade_set_next_toast_pg_class_oid
    binary_upgrade_set_next_toast_relfilenode binary_upgrade_set_record_init_privs brin_desummarize_range
    brin_summarize_new_values brin_summarize_range gin_clean_pending_list pg_backup_start pg_backup_stop
    pg_cancel_backend pg_clear_attribute_stats pg_clear_relation_stats pg_create_restore_point pg_extension_config_dump
    pg_import_system_collations pg_log_backend_memory_contexts pg_log_standby_snapshot pg_nextoid pg_promote
    pg_reload_conf pg_restore_attribute_stats pg_restore_relation_stats pg_rotate_logfile pg_rotate_logfile_old
    pg_stat_reset pg_stat_reset_backend_stats pg_stat_reset_replication_slot pg_stat_reset_shared
    pg_stat_reset_single_function_counters pg_stat_reset_single_table_counters pg_stat_reset_slru
    pg_stat_reset_subscription_stats pg_stop_making_pinned_objects pg_switch_wal pg_terminate_backend pg_wal_replay_pause
    pg_wal_replay_resume
    bt_index_check bt_index_parent_check gin_index_check verify_heapam
    autoprewarm_dump_now autoprewarm_start_worker pg_prewarm pg_buffercache_evict pg_buffercache_evict_all
    pg_buffercache_evict_relation pg_stat_statements_reset pg_truncate_visibility_map heap_force_freeze heap_force_kill
    brin_metapage_info brin_page_items brin_page_type brin_revmap_data bt_metap bt_multi_page_stats bt_page_items
    bt_page_stats fsm_page_contents get_raw_page gin_leafpage_items gin_metapage_info gin_page_opaque_info gist_page_items
    gist_page_items_bytea gist_page_opaque_info hash_bitmap_info hash_metapage_info hash_page_items hash_page_stats
    hash_page_type heap_page_item_attrs heap_page_items heap_tuple_infomask_flags page_checksum page_header
    tuple_data_split`,
  // query_to_xmlschema plans its query, which runs the functions that the planner folds.
  dynamic_sql: `
    query_to_xml query_to_xml_and_xmlschema query_to_xmlschema cursor_to_xml table_to_xml table_to_xml_and_xmlschema
    schema_to_xml schema_to_xml_and_xmlschema database_to_xml database_to_xml_and_xmlschema ts_stat ts_rewrite/2
    connectby crosstab crosstab2 crosstab3 crosstab4 crosstabn xpath_table`,
};

const byName = new Map<string, FunctionCategory>();
for (const category of Object.keys(NAMES)) {
  if (isCategory(category)) for (const name of namesOf(category)) byName.set(name, category);
}
// ts_rewrite with three arguments rewrites values; it shares its name, and so its volatility, with the one that runs SQL.
byName.set('ts_rewrite/3', 'pure');

function isCategory(name: string): name is keyof typeof NAMES {
  return Object.hasOwn(NAMES, name);
}

function namesOf(category: FunctionCategory): readonly string[] {
  return (NAMES[category] ?? '').split(/\s+/).filter((name) => name !== '');
}

export type Volatility = 'immutable' | 'stable' | 'volatile';

/**
 * The category of a function that a server knows.
 *
 * @param argumentCount where known: some overloads differ in what they do.
 */
export function categorize(name: string, volatility: Volatility, argumentCount?: number): FunctionCategory {
  const exact = argumentCount === undefined ? undefined : byName.get(`${name}/${argumentCount}`);
  const category = exact ?? byName.get(name);
  if (category !== undefined) return category;
  if (argumentCount === undefined && hasOverloads(name)) return 'unknown';
  return volatility === 'immutable' ? 'pure' : volatility === 'stable' ? 'read' : 'unknown';
}

function hasOverloads(name: string): boolean {
  for (const key of byName.keys()) if (key.startsWith(`${name}/`)) return true;
  return false;
}

/** Every name of the table, for the test that looks for misspelt ones. */
export function categorizedNames(): readonly string[] {
  return [...byName.keys()];
}
