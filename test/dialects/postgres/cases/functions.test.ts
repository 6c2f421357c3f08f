import { describe, expect, it } from 'vitest';
import { createPostgresDialect } from '../../../../dialects/sql/postgres/index.ts';
import { commandOf, specify, unlabelled } from '../support/commands.ts';

const unknown = { effects: ['read', 'execute', 'unknown'], reasons: ['unknown_function'] } as const;

describe('functions that PostgreSQL ships are known, however they are written', () => {
  specify([
    ['SELECT lower($1)', { effects: ['read'], functions: ['pg_catalog.lower pure'] }],
    ['SELECT pg_catalog.lower($1)', { effects: ['read'], functions: ['pg_catalog.lower pure'] }],
    ['SELECT LOWER($1)', { functions: ['pg_catalog.lower pure'] }],
    ['SELECT "lower"($1)', { functions: ['pg_catalog.lower pure'] }],
    ['SELECT int4($1)', { functions: ['pg_catalog.int4 pure'] }],
    ['SELECT uuid_generate_v4()', { effects: ['read'], functions: ['uuid_generate_v4 pure'] }],
    ['SELECT public.uuid_generate_v4()', { effects: ['read'] }],
    ['SELECT information_schema._pg_char_max_length(1, 2)', { effects: ['read'] }],
    ['SELECT version(), pg_backend_pid(), current_setting($1)', { effects: ['read'] }],
  ]);
});

describe('any other function may do anything', () => {
  specify([
    ['SELECT f()', { ...unknown, functions: ['!f unknown'], targets: ['execute function f'] }],
    ['SELECT "LOWER"($1)', unknown],
    ['SELECT public.lower($1)', unknown],
    ['SELECT pg_catalog.no_such($1)', unknown],
    ['SELECT * FROM f(1)', unknown],
    ['SELECT * FROM ROWS FROM (f(1), lower($1)) AS x', unknown],
    ['SELECT 1 FROM t ORDER BY f(a)', unknown],
    ['SELECT 1 FROM t GROUP BY f(a)', unknown],
    ['SELECT 1 FROM t LIMIT f(1)', unknown],
    ['SELECT 1 FROM t OFFSET f(1)', unknown],
    ['SELECT sum(a) FILTER (WHERE f(a)) FROM t', unknown],
    ['SELECT sum(a) OVER (ORDER BY f(a)) FROM t', unknown],
    ['SELECT string_agg(a, f(b) ORDER BY c) FROM t', unknown],
    ['SELECT CASE WHEN f(1) THEN 1 END', unknown],
    ['SELECT ARRAY[f(1)]', unknown],
    ['SELECT a[f(1)] FROM t', unknown],
    ['SELECT (f(1)).x', unknown],
    ['SELECT lower(x => f(1))', unknown],
    ['SELECT 1 WHERE 1 IN (2, f(1))', unknown],
    ['SELECT DISTINCT ON (f(a)) a FROM t', unknown],
    ['SELECT 1 FROM t TABLESAMPLE f (10)', unknown],
    ['SELECT XMLELEMENT(NAME a, f(1))', unknown],
    ["SELECT JSON_VALUE(j, '$' DEFAULT f(1) ON EMPTY) FROM t", unknown],
    ['SELECT JSON_OBJECT(f(1): 2)', unknown],
    ['SELECT 1 FROM a JOIN b ON f(a.x)', unknown],
    ['VALUES (f(1))', unknown],
    ['SELECT 1 FROM t WINDOW w AS (PARTITION BY f(a))', unknown],
    ['SELECT (ROW(f(1), 2)).f1', unknown],
    ['SELECT GREATEST(1, f(1)), NULLIF(1, 2)', unknown],
  ]);
});

describe('operators are functions too', () => {
  const operator = { effects: ['read', 'execute', 'unknown'], reasons: ['unknown_operator'] } as const;
  specify([
    ['SELECT 1 + 2, a || b, c ->> $1, d @> e, f ~* g FROM t', { effects: ['read'] }],
    ['SELECT 1 OPERATOR(pg_catalog.+) 2', { effects: ['read'] }],
    ['SELECT 1 OPERATOR(public.+) 2', { ...operator, functions: ['!public.+ unknown'] }],
    ['SELECT 1 <=#=> 2', operator],
    ['SELECT 1 FROM t ORDER BY a USING <=#=>', operator],
    ['SELECT 1 WHERE 1 <=#=> ANY (ARRAY[1])', operator],
    ['SELECT 1 WHERE 1 <=#=> ANY (SELECT 1)', operator],
    ['CREATE TABLE t (a int, EXCLUDE USING gist (a WITH <=#=>))', { verb: 'create', reasons: ['unknown_operator'] }],
  ]);
});

describe('effects of functions count as the command’s own', () => {
  specify([
    ["SELECT pg_read_file('/etc/passwd')", { effects: ['read', 'unsafe_io'], touches: ['read file /etc/passwd'] }],
    ["SELECT pg_ls_dir('.')", { effects: ['read', 'unsafe_io'] }],
    [
      "SELECT lo_import('/etc/passwd')",
      { effects: ['read', 'write', 'unsafe_io'], touches: ['read file /etc/passwd'] },
    ],
    ["SELECT lo_export(1, '/tmp/x')", { effects: ['read', 'unsafe_io'], touches: ['write file /tmp/x'] }],
    ['SELECT lo_unlink(1)', { effects: ['read', 'delete'] }],
    ['SELECT lo_get(1)', { effects: ['read'] }],
    ['SELECT lo_put(1, 0, $1)', { effects: ['read', 'write'] }],
    ['SELECT pg_terminate_backend(1)', { effects: ['read', 'admin'] }],
    ['SELECT pg_cancel_backend(1)', { effects: ['read', 'admin'] }],
    ['SELECT pg_reload_conf()', { effects: ['read', 'admin'] }],
    ['SELECT pg_switch_wal()', { effects: ['read', 'admin'] }],
    ['SELECT pg_promote()', { effects: ['read', 'admin'] }],
    ["SELECT pg_create_physical_replication_slot('s')", { effects: ['read', 'admin'] }],
    ['SELECT pg_advisory_lock(1)', { effects: ['read', 'lock'] }],
    ["SELECT nextval('a.b')", { effects: ['read', 'write'], touches: ['write sequence a.b'] }],
    ['SELECT nextval(\'"Big"\'::regclass)', { effects: ['read', 'write'], touches: ['write sequence Big'] }],
    ["SELECT setval('s', 1)", { effects: ['read', 'write'] }],
    ["SELECT currval('s')", { effects: ['read'], touches: ['read sequence s'] }],
    ["SELECT pg_notify('c', 'x')", { effects: ['read', 'write'] }],
    [
      "SELECT set_config('search_path', 'evil', false)",
      {
        effects: ['read', 'session'],
        attributes: { settings: [{ name: 'search_path', action: 'set', value: 'evil', scope: 'session' }] },
      },
    ],
    [
      "SELECT set_config('role', 'postgres', true)",
      {
        effects: ['read', 'session', 'admin'],
        attributes: { settings: [{ name: 'role', value: 'postgres', scope: 'local' }] },
      },
    ],
    [
      'SELECT set_config($1, $2, false)',
      { effects: ['read', 'session', 'admin', 'unknown'], reasons: ['dynamic_setting'] },
    ],
    [
      "SELECT set_config('Search_Path', a, false) FROM t",
      { attributes: { settings: [{ name: 'search_path', action: 'set', scope: 'session' }] } },
    ],
    // pg_dump, for a setting that an older server may not have.
    [
      "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
      {
        effects: ['read', 'session'],
        attributes: {
          settings: [{ name: 'restrict_nonsystem_relation_kind', value: 'view, foreign-table', scope: 'session' }],
        },
      },
    ],
    ['UPDATE t SET a = 1 WHERE pg_terminate_backend(2)', { effects: ['write', 'admin'] }],
  ]);
});

describe('SQL in a literal counts; SQL that is made at run time is not known', () => {
  specify([
    [
      "SELECT query_to_xml('DELETE FROM t RETURNING *', true, true, '')",
      {
        verb: 'delete',
        effects: ['read', 'delete', 'execute'],
        touches: ['delete table t'],
        attributes: { statement: 'select', nested: ['delete'] },
      },
    ],
    [
      "SELECT query_to_xml('SELECT email FROM customers', true, true, '')",
      { verb: 'select', touches: ['read column customers.email'] },
    ],
    [
      "SELECT query_to_xml(query => 'DROP TABLE t', nulls => true, tableforest => true, targetns => '')",
      { verb: 'drop' },
    ],
    ['SELECT query_to_xml($1, true, true, $2)', { reasons: ['dynamic_sql'] }],
    ["SELECT query_to_xml('SELECT ' || a, true, true, '') FROM t", { reasons: ['dynamic_sql'] }],
    [
      "SELECT table_to_xml('customers', true, true, '')",
      {
        touches: ['read table customers', 'read column customers.*'],
        attributes: { columns: { projected: [unlabelled('customers', '*')], predicates: [] } },
      },
    ],
    ['SELECT table_to_xml($1, true, true, $2)', { reasons: ['dynamic_sql'] }],
    ['SELECT database_to_xml(true, true, $1)', { reasons: ['dynamic_sql'] }],
    ["SELECT * FROM ts_stat('SELECT v FROM d')", { touches: ['read column d.v'] }],
    ["SELECT ts_rewrite('a', 'DELETE FROM t')", { verb: 'delete' }],
    ["SELECT * FROM crosstab('SELECT a, b, c FROM t')", { touches: ['read table t'] }],
    ["SELECT dblink_exec('dbname=x', 'DROP TABLE t')", { verb: 'drop', reasons: ['remote_sql'] }],
    [
      "SELECT * FROM dblink('c', 'SELECT a FROM t') AS x(a int)",
      { reasons: ['remote_sql'], touches: ['read table t'] },
    ],
    ["SELECT * FROM dblink('c', $1) AS x(a int)", { reasons: ['remote_sql'] }],
  ]);

  it('stops at texts within texts within texts', () => {
    let sql = 'DELETE FROM t';
    for (let level = 0; level < 10; level++)
      sql = `SELECT query_to_xml('${sql.replaceAll("'", "''")}', true, true, '')`;
    expect(commandOf(sql).reasons).toContain('too_deep');
  });
});

describe('search_path', () => {
  const behind = { search_path: ['public', 'pg_catalog'] };
  specify([
    ['SELECT lower($1)', { effects: ['read'] }, { search_path: ['$user', 'public'] }],
    ['SELECT lower($1)', { effects: ['read'] }, { search_path: ['pg_catalog', 'public'] }],
    ['SELECT lower($1)', unknown, behind],
    ['SELECT pg_catalog.lower($1)', { effects: ['read'] }, behind],
    ['SELECT 1 + 1', { effects: ['read', 'execute', 'unknown'], reasons: ['unknown_operator'] }, behind],
    ['SELECT oid FROM pg_class', { targets: ['read table pg_class', 'read column pg_class.oid'] }, behind],
  ]);
});

describe('declarations of the operator’s own', () => {
  it('make functions, operators and extensions known', async () => {
    const dialect = await createPostgresDialect({
      functions: [{ name: 'shop.total' }, { name: 'archive', category: 'procedural', effects: ['delete'] }],
      operators: ['<=>'],
      extensions: ['hstore'],
    });
    const parse = (text: string) => dialect.parse({ text }).commands[0];
    expect(parse('SELECT shop.total(1)')).toMatchObject({ complete: true, effects: ['read'] });
    expect(parse('SELECT archive()')).toMatchObject({ complete: true, effects: ['read', 'delete'] });
    expect(parse('SELECT a <=> b FROM t')).toMatchObject({ complete: true });
    expect(parse('SELECT akeys(a) FROM t')).toMatchObject({ complete: true });
    expect(parse('SELECT uuid_generate_v4()')).toMatchObject({ complete: false, reasons: ['unknown_function'] });
  });
});
