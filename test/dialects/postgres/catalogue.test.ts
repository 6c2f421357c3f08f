import { describe, expect, test } from 'vitest';
import { categorizedNames } from '../../../dialects/sql/postgres/catalogue/function-categories.ts';
import {
  builtinFunctions,
  extensionFunctions,
  lookupFunction,
} from '../../../dialects/sql/postgres/catalogue/functions.ts';
import { lookupOperator } from '../../../dialects/sql/postgres/catalogue/operators.ts';
import { lookupRelation, sensitiveNames } from '../../../dialects/sql/postgres/catalogue/relations.ts';
import { lookupSetting, riskyNames } from '../../../dialects/sql/postgres/catalogue/settings.ts';
import { lookupType } from '../../../dialects/sql/postgres/catalogue/types.ts';

describe('functions', () => {
  test.each([
    [['lower'], 1, 'pure'],
    [['pg_catalog', 'lower'], 1, 'pure'],
    [['postgres', 'pg_catalog', 'lower'], 1, 'pure'],
    [['now'], 0, 'pure'],
    [['random'], 0, 'pure'],
    [['current_setting'], 1, 'read'],
    [['pg_get_viewdef'], 1, 'read'],
    [['pg_backend_pid'], 0, 'session'],
    [['set_config'], 3, 'settings'],
    [['nextval'], 1, 'sequence'],
    [['currval'], 1, 'read'],
    [['pg_notify'], 2, 'notify'],
    [['pg_sleep'], 1, 'sleep'],
    [['pg_advisory_xact_lock'], 1, 'lock'],
    [['lo_get'], 1, 'large_object'],
    [['lo_import'], 1, 'file'],
    [['pg_read_file'], 1, 'file'],
    [['pg_ls_waldir'], 0, 'file'],
    [['pg_terminate_backend'], 1, 'admin'],
    [['pg_restore_relation_stats'], 1, 'admin'],
    [['pg_logical_emit_message'], 3, 'replication'],
    [['query_to_xml'], 4, 'dynamic_sql'],
    [['ts_rewrite'], 2, 'dynamic_sql'],
    [['ts_rewrite'], 3, 'pure'],
    [['ts_rewrite'], undefined, 'unknown'],
    [['int4in'], 1, 'pure'],
    [['RI_FKey_cascade_del'], 0, 'internal'],
    [['regclass'], 1, 'read'],
    [['information_schema', '_pg_expandarray'], 1, 'pure'],
    [['dblink_exec'], 2, 'network'],
    [['public', 'dblink_exec'], 2, 'network'],
    [['crosstab'], 1, 'dynamic_sql'],
    [['extensions', 'uuid_generate_v4'], 0, 'pure'],
  ] as const)('%j with %s arguments is %s', (path, count, category) => {
    expect(lookupFunction(path, count)?.category).toBe(category);
  });

  test.each([
    { path: [], why: 'no name' },
    { path: ['no_such_function'], why: 'nobody knows it' },
    { path: ['LOWER'], why: 'names are case-sensitive once they are folded' },
    { path: ['public', 'lower'], why: 'whoever made a function in another schema made it do anything' },
    { path: ['pg_catalog', 'dblink'], why: 'extensions do not live in pg_catalog' },
    { path: ['information_schema', 'lower'], why: 'that schema has no such function' },
    { path: ['a', 'b', 'pg_catalog', 'lower'], why: 'too many parts' },
    { path: ['constructor'], why: 'names of JavaScript mean nothing' },
  ])('$path is not known: $why', ({ path }) => {
    expect(lookupFunction(path)).toBeUndefined();
  });

  test('extension functions are flagged, built-in ones of the same name are not', () => {
    expect(lookupFunction(['similarity'])?.extension).toBe('pg_trgm');
    expect(lookupFunction(['gen_random_uuid'])?.extension).toBeUndefined();
  });

  test('kinds and versions', () => {
    expect(lookupFunction(['rank'])?.kinds).toEqual(['aggregate', 'window']);
    expect(lookupFunction(['uuidv7'])?.versions).toEqual(['18']);
    expect(lookupFunction(['lower'])?.versions).toEqual(['15', '18']);
  });

  // A new server version's volatile functions are unknown until somebody has looked at them.
  test('every function of the servers has a category', () => {
    const undecided = [...builtinFunctions(), ...extensionFunctions()].filter((entry) => entry.category === 'unknown');
    expect(undecided.map((entry) => entry.name)).toEqual(['ts_rewrite']);
  });

  test('the harmless volatile functions, by name', () => {
    const harmless = builtinFunctions().filter(
      (entry) => entry.volatility === 'volatile' && ['pure', 'session'].includes(entry.category),
    );
    expect(harmless.map((entry) => entry.name).sort()).toEqual([
      'array_sample',
      'array_shuffle',
      'clock_timestamp',
      'current_query',
      'gen_random_uuid',
      'pg_export_snapshot',
      'pg_stat_clear_snapshot',
      'pg_stat_force_next_flush',
      'random',
      'random_normal',
      'setseed',
      'timeofday',
      'uuidv4',
      'uuidv7',
    ]);
  });

  // Functions of adminpack and of versions between the two servers.
  const unseen = ['crosstabn', 'pg_file_read', 'pg_logfile_rotate'];
  test('every name of the table is a function that a server knows', () => {
    const known = new Set([...builtinFunctions(), ...extensionFunctions()].map((entry) => entry.name));
    const names = categorizedNames().map((name) => name.replace(/\/\d+$/, ''));
    expect(names.filter((name) => !known.has(name)).sort()).toEqual(unseen);
  });
});

describe('operators', () => {
  test.each(['=', '->>', '||', '@>', '~~*', '!!'])('%s is built in', (name) => {
    expect(lookupOperator(name)).toMatchObject({ name });
    expect(lookupOperator(['pg_catalog', name])).toMatchObject({ name });
    expect(lookupOperator(name)?.extension).toBeUndefined();
  });
  test('<-> of point is built in, % of pg_trgm is arithmetic, <<-> is an extension’s', () => {
    expect(lookupOperator('<->')?.extension).toBeUndefined();
    expect(lookupOperator('<<->')?.extension).toBe('pg_trgm');
  });
  test('others are not known', () => {
    expect(lookupOperator('=====')).toBeUndefined();
    expect(lookupOperator(['public', '='])?.extension).not.toBeUndefined();
    expect(lookupOperator(['public', '!!'])).toBeUndefined();
  });
});

describe('types', () => {
  test.each([
    [['pg_catalog', 'int4'], 'base'],
    [['int4'], 'base'],
    [['jsonb'], 'base'],
    [['regclass'], 'base'],
    [['int4range'], 'range'],
    [['information_schema', 'sql_identifier'], 'domain'],
    [['hstore'], 'base'],
  ] as const)('%j is a %s type', (path, kind) => {
    expect(lookupType(path)?.kind).toBe(kind);
  });
  test('others are not known', () => {
    expect(lookupType(['mood'])).toBeUndefined();
    expect(lookupType(['public', 'int4'])).toBeUndefined();
  });
});

describe('relations', () => {
  test.each([
    [['pg_authid'], 'credentials'],
    [['pg_catalog', 'pg_shadow'], 'credentials'],
    [['pg_hba_file_rules'], 'files'],
    [['pg_stat_activity'], 'activity'],
    [['pg_stats'], 'values'],
    [['pg_largeobject'], 'data'],
    [['pg_class'], undefined],
    [['information_schema', 'tables'], undefined],
  ] as const)('%j: %s', (path, sensitive) => {
    expect(lookupRelation(path)).toBeDefined();
    expect(lookupRelation(path)?.sensitive).toBe(sensitive);
  });
  test('others are not system relations', () => {
    expect(lookupRelation(['customers'])).toBeUndefined();
    expect(lookupRelation(['public', 'pg_class'])).toBeUndefined();
    expect(lookupRelation(['tables'])).toBeUndefined();
  });
  test('every sensitive name is one that a server knows', () => {
    const known = (name: string): boolean =>
      lookupRelation([name]) !== undefined || lookupRelation(['information_schema', name]) !== undefined;
    // An extension's view, and so in any schema.
    expect(sensitiveNames().filter((name) => !known(name))).toEqual(['pg_stat_statements']);
  });
});

describe('settings', () => {
  test.each([
    ['standard_conforming_strings', 'parsing'],
    ['STANDARD_CONFORMING_STRINGS', 'parsing'],
    ['role', 'identity'],
    ['search_path', 'resolution'],
    ['session_preload_libraries', 'code'],
    ['session_replication_role', 'integrity'],
    ['log_statement', 'audit'],
    ['statement_timeout', 'limits'],
    ['datestyle', 'output'],
    ['work_mem', undefined],
  ])('%s: %s', (name, risk) => {
    expect(lookupSetting(name)).toBeDefined();
    expect(lookupSetting(name)?.risk).toBe(risk);
  });
  test('settings of extensions are not known', () => {
    expect(lookupSetting('pg_stat_statements.track')).toBeUndefined();
  });
  test('every risky name is one that a server knows', () => {
    expect(riskyNames().filter((name) => lookupSetting(name) === undefined)).toEqual([]);
  });
});
