/**
 * What PostgreSQL's own relations and functions hold of the values of tables. Everything else in pg_catalog and
 * information_schema tells of objects, not of rows.
 */

const VALUE_COLUMNS: Readonly<Record<string, string>> = {
  pg_stats:
    'most_common_vals most_common_freqs histogram_bounds most_common_elems most_common_elem_freqs elem_count_histogram range_length_histogram range_bounds_histogram range_empty_frac',
  pg_stats_ext: 'most_common_vals most_common_val_nulls most_common_freqs most_common_base_freqs',
  pg_stats_ext_exprs:
    'most_common_vals most_common_freqs histogram_bounds most_common_elems most_common_elem_freqs elem_count_histogram range_length_histogram range_bounds_histogram range_empty_frac',
  pg_statistic:
    'stanumbers1 stanumbers2 stanumbers3 stanumbers4 stanumbers5 stavalues1 stavalues2 stavalues3 stavalues4 stavalues5',
  pg_statistic_ext_data: 'stxdmcv stxdexpr stxddependencies stxdndistinct',
  pg_largeobject: 'data',
  // Texts of statements hold literals, other sessions' too.
  pg_stat_activity: 'query',
  pg_stat_statements: 'query',
  pg_prepared_statements: 'statement',
  pg_cursors: 'statement',
  // A foreign column's missing value, of ALTER TABLE … ADD COLUMN … DEFAULT.
  pg_attribute: 'attmissingval',
};

const valueColumns = new Map(
  Object.entries(VALUE_COLUMNS).map(([relation, columns]) => [relation, new Set(columns.split(' '))]),
);

export function isSystemSchema(schema: string): boolean {
  return schema === 'pg_catalog' || schema === 'information_schema';
}

/** Whether a column of a system relation may hold values of tables' rows. */
export function holdsValues(relation: string, column: string): boolean {
  return valueColumns.get(relation)?.has(column) === true;
}

/** Built-in functions that tell of values although they only read catalogs and statistics. */
const TELLING: ReadonlySet<string> = new Set(
  `pg_stat_get_activity pg_stat_get_backend_activity pg_stat_statements pg_prepared_statement pg_cursor
  pg_mcv_list_items lo_get loread`.split(/\s+/),
);

export function tellsValues(name: string): boolean {
  return TELLING.has(name);
}

/** Columns of built-in functions that give rows of several; the catalogue knows them too where it was read from a server. */
const COLUMNS: Readonly<Record<string, string>> = {
  json_each: 'key value',
  json_each_text: 'key value',
  jsonb_each: 'key value',
  jsonb_each_text: 'key value',
  json_array_elements: 'value',
  json_array_elements_text: 'value',
  jsonb_array_elements: 'value',
  jsonb_array_elements_text: 'value',
  aclexplode: 'grantor grantee privilege_type is_grantable',
  pg_options_to_table: 'option_name option_value',
  _pg_expandarray: 'x n',
  ts_parse: 'tokid token',
  ts_token_type: 'tokid alias description',
  ts_debug: 'alias description token dictionaries dictionary lexemes',
  pg_input_error_info: 'message detail hint sql_error_code',
  pg_get_keywords: 'word catcode barelabel catdesc baredesc',
  pg_identify_object: 'type schema name identity',
  pg_identify_object_as_address: 'type object_names object_args',
  pg_get_object_address: 'classid objid objsubid',
  pg_partition_tree: 'relid parentrelid isleaf level',
  each: 'key value',
};

export function builtinColumns(name: string): readonly string[] | undefined {
  return Object.hasOwn(COLUMNS, name) ? COLUMNS[name]?.split(' ') : undefined;
}
