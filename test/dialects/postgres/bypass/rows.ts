import { unlabelled, type Row } from '../support/commands.ts';

// Rows that the dialect's tests hold commands to, and that packs are run against.

/** Texts, and the verbs of their commands. */
export const secondStatements: readonly (readonly [text: string, verbs: readonly string[]])[] = [
  ['COMMIT; DROP SCHEMA public CASCADE', ['commit', 'drop']],
  ['SELECT 1; DROP TABLE t', ['select', 'drop']],
  ['SELECT 1;DROP TABLE t;--', ['select', 'drop']],
  ["SELECT E'\\''; DROP TABLE t; --'", ['select', 'drop']],
  ["SELECT E'\\'; DROP TABLE t; --'", ['select']],
  ["SELECT '\\'; DROP TABLE t; --'", ['select', 'drop']],
  ['SELECT $$ ; DROP TABLE t; $$', ['select']],
  ['SELECT $a$ $$ $a$; DROP TABLE t', ['select', 'drop']],
  ["SELECT $$'$$; DROP TABLE t; --'", ['select', 'drop']],
  ['SELECT /* ; /* */ ; */ 1; DROP TABLE t', ['select', 'drop']],
  ['SELECT 1 -- ;\n; DROP TABLE t', ['select', 'drop']],
  ['SELECT "a;b" FROM t; DROP TABLE t', ['select', 'drop']],
  ["SELECT U&'\\0027'; DROP TABLE t", ['select', 'drop']],
  ["SELECT 'a'\n'; DROP TABLE t'", ['select']],
  ["SELECT U&'!0027; ' UESCAPE '!'; DROP TABLE t", ['select', 'drop']],
  ['BEGIN; DELETE FROM t; COMMIT', ['begin', 'delete', 'commit']],
  ['SELECT a\u00a0; DROP TABLE t', ['select', 'drop']],
];

export const strongestVerbs: readonly Row[] = [
  ['/* SELECT */ DROP TABLE t', { verb: 'drop' }],
  ['-- SELECT\nDROP TABLE t', { verb: 'drop' }],
  ['/* /* nested */ SELECT */ TRUNCATE t', { verb: 'truncate' }],
  ['WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x', { verb: 'delete' }],
  ['WITH a AS (SELECT 1), b AS (UPDATE t SET a = 1 RETURNING 1) SELECT 1', { verb: 'update' }],
  ['SELECT * FROM (SELECT 1) x; ', { verb: 'select' }],
  ['INSERT INTO a WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d', { verb: 'delete' }],
  ['EXPLAIN ANALYZE DELETE FROM t', { verb: 'delete' }],
  ['EXPLAIN (ANALYZE, BUFFERS) WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x', { verb: 'delete' }],
  ['COPY (DELETE FROM t RETURNING *) TO STDOUT', { verb: 'delete' }],
  ['COPY (WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x) TO STDOUT', { verb: 'delete' }],
  ['SELECT * INTO n FROM t', { verb: 'create' }],
  ['SELECT 1 INTO n UNION SELECT 2', { verb: 'create' }],
  ['PREPARE x AS DELETE FROM t', { verb: 'delete' }],
  ['DECLARE c CURSOR FOR SELECT lo_unlink(1)', { effects: ['read', 'delete', 'session'] }],
  ['CREATE TABLE x AS WITH d AS (SELECT 1) SELECT * FROM d', { verb: 'create' }],
];

export const leavingTheDatabase: readonly Row[] = [
  ["COPY t FROM PROGRAM 'sh -c id'", { effects: ['write', 'execute', 'bulk_load', 'unsafe_io'] }],
  ["COPY t TO PROGRAM 'sh'", { effects: ['read', 'execute', 'bulk_export', 'unsafe_io'] }],
  ["SELECT pg_read_file('x'), pg_catalog.pg_read_binary_file('y')", { effects: ['read', 'unsafe_io'] }],
  ['SELECT PG_CATALOG."pg_read_file"(\'x\')', { effects: ['read', 'unsafe_io'] }],
  ["SELECT * FROM pg_ls_dir('/')", { effects: ['read', 'unsafe_io'] }],
  ["SELECT 1 FROM t WHERE pg_read_file('x') LIKE '%'", { effects: ['read', 'unsafe_io'] }],
  ["SELECT * FROM t ORDER BY (SELECT pg_read_file('x'))", { effects: ['read', 'unsafe_io'] }],
  ["INSERT INTO t SELECT pg_read_file('x')", { effects: ['write', 'unsafe_io'] }],
  ["UPDATE t SET a = pg_read_file('x')", { effects: ['write', 'unsafe_io'] }],
  ["CREATE VIEW v AS SELECT pg_read_file('x')", { effects: ['read', 'create', 'unsafe_io'] }],
  ["SELECT lo_import('/etc/passwd')", { effects: ['read', 'write', 'unsafe_io'] }],
  ["SELECT dblink_connect('host=evil')", { effects: ['read', 'unsafe_io'] }],
  ["SELECT extensions.dblink_connect('host=evil')", { effects: ['read', 'unsafe_io'] }],
  ['SELECT pg_terminate_backend(pid) FROM pg_stat_activity', { effects: ['read', 'admin'] }],
  ["SELECT set_config('session_authorization', 'postgres', false)", { effects: ['read', 'session', 'admin'] }],
  ['SET ROLE postgres', { effects: ['session', 'admin'] }],
  ['SET SESSION AUTHORIZATION postgres', { effects: ['session', 'admin'] }],
  [
    'SET LOCAL "ROLE" = postgres',
    {
      effects: ['session', 'admin'],
      attributes: { settings: [{ name: 'role', value: 'postgres', scope: 'local' }] },
    },
  ],
  [
    'SET search_path = evil, pg_catalog',
    { effects: ['session'], attributes: { settings: [{ name: 'search_path', value: 'evil, pg_catalog' }] } },
  ],
  ['CALL anything()', { reasons: ['unknown_function'] }],
  ["DO $$ BEGIN EXECUTE format('DROP TABLE %I', 't'); END $$", { reasons: ['dynamic_sql'] }],
  ['SELECT (SELECT f())', { reasons: ['unknown_function'] }],
];

export const callsAsFields: readonly Row[] = [
  ["SELECT ('/etc/passwd'::text).pg_read_file", { effects: ['read', 'unsafe_io'], touches: ['read file /etc/passwd'] }],
  ['SELECT (t.a).pg_read_file FROM t', { effects: ['read', 'unsafe_io'] }],
  ['SELECT (a).pg_read_file FROM t', { effects: ['read', 'unsafe_io'] }],
  ['SELECT (pg_backend_pid()).pg_terminate_backend', { effects: ['read', 'admin'] }],
  ["SELECT ('x'::text).f", { reasons: ['unknown_function'] }],
  ["SELECT (('x'::text).f).g", { reasons: ['unknown_function'] }],
  ['SELECT ((t).a).f FROM t', { reasons: ['unknown_function'] }],
  ['SELECT (information_schema._pg_expandarray(i.indkey)).n FROM pg_index i', { effects: ['read'] }],
  [
    'SELECT (r.keys).x FROM (SELECT information_schema._pg_expandarray(indkey) AS keys FROM pg_index) r',
    { effects: ['read'] },
  ],
];

export const settingsByOtherRoads: readonly Row[] = [
  [
    "UPDATE pg_settings SET setting = 'off' WHERE name = 'standard_conforming_strings'",
    { effects: ['write', 'admin', 'session', 'unknown'], reasons: ['dynamic_setting'] },
  ],
  ["UPDATE pg_catalog.pg_settings SET setting = 'x'", { reasons: ['dynamic_setting'] }],
  ["WITH x AS (UPDATE pg_settings SET setting = 'off' RETURNING 1) SELECT 1", { reasons: ['dynamic_setting'] }],
  ["INSERT INTO pg_db_role_setting VALUES (0, 0, '{a=b}')", { effects: ['write', 'admin'] }],
  ['UPDATE pg_authid SET rolsuper = true', { effects: ['write', 'admin'] }],
  ["SELECT set_config(name, 'off', false) FROM pg_settings", { reasons: ['dynamic_setting'] }],
  ...[
    "FROM pg_settings WHERE name = 'a' OR true",
    "FROM pg_settings WHERE name <> 'a'",
    "FROM pg_settings WHERE NOT name = 'a'",
    "FROM pg_settings, t WHERE name = 'a'",
    "FROM other.pg_settings WHERE name = 'a'",
    "FROM mine WHERE name = 'a'",
    "FROM pg_settings AS s(setting, name) WHERE name = 'a'",
    "FROM (SELECT 'b' AS name) pg_settings WHERE name = 'a'",
  ].map((rest): [string, { reasons: string[] }] => [
    `SELECT set_config(name, 'off', false) ${rest}`,
    { reasons: ['dynamic_setting'] },
  ]),
  [
    "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name OPERATOR(evil.=) 'a'",
    { reasons: ['dynamic_setting', 'unknown_operator'] },
  ],
  [
    "WITH pg_settings AS (SELECT 'b' AS name) SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'a'",
    { reasons: ['dynamic_setting'] },
  ],
  [
    "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'standard_conforming_strings'",
    { reasons: ['unsupported_setting'] },
  ],
  [
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET client_encoding = sjis AS 'SELECT 1'",
    { reasons: ['unsupported_setting'] },
  ],
  ['ALTER FUNCTION f() SET standard_conforming_strings = off', { reasons: ['unsupported_setting'] }],
  ['ALTER ROLE bob SET standard_conforming_strings FROM CURRENT', { reasons: ['unsupported_setting'] }],
  ['ALTER SYSTEM SET standard_conforming_strings = off', { reasons: ['unsupported_setting'] }],
  ['DO $$ BEGIN SET standard_conforming_strings = off; END $$', { reasons: ['unsupported_setting'] }],
];

const id = unlabelled('customers', 'id');
const email = unlabelled('customers', 'email');
const all = unlabelled('customers', '*');
const projected = { columns: { read: [email], projected: [email], predicates: [] } };
const everything = { columns: { read: [all], projected: [all], predicates: [] } };

/** Texts that read or show the e-mail addresses of customers. */
export const columnsOfCustomers: readonly Row[] = [
  ['SELECT upper(email) FROM customers', { attributes: projected }],
  ["SELECT CONCAT('x', email) FROM customers", { attributes: projected }],
  ['SELECT email AS id FROM customers', { attributes: projected }],
  ['SELECT 1 UNION SELECT email FROM customers', { attributes: projected }],
  ['SELECT x FROM (SELECT email AS x FROM customers) s', { attributes: projected }],
  ['WITH s AS (SELECT email AS x FROM customers) SELECT x FROM s', { attributes: projected }],
  ['SELECT (SELECT email FROM customers LIMIT 1)', { attributes: projected }],
  ['SELECT ARRAY(SELECT email FROM customers)', { attributes: projected }],
  ['SELECT x FROM customers, LATERAL (SELECT email) s(x)', { touches: ['read column customers.email'] }],
  ['SELECT row_to_json(customers) FROM customers', { attributes: everything }],
  ['SELECT customers FROM customers', { attributes: everything }],
  ['SELECT c::text FROM customers c', { attributes: everything }],
  ['SELECT to_jsonb(c) FROM customers c', { attributes: everything }],
  ['SELECT (c).* FROM customers c', { attributes: everything }],
  ['SELECT c.to_json FROM customers c', { touches: ['read column customers.*'] }],
  ['SELECT b FROM customers AS c(a, b)', { attributes: everything }],
  ['SELECT string_agg(email, $$,$$) FROM customers', { attributes: projected }],
  ['DELETE FROM customers RETURNING email', { attributes: projected }],
  ['UPDATE customers SET a = 1 RETURNING old.email', { attributes: projected }],
  ['COPY customers (email) TO STDOUT', { attributes: projected }],
  [
    'SELECT id FROM customers WHERE email LIKE $$a%$$',
    { attributes: { columns: { read: [id, email], projected: [id], predicates: [email] } } },
  ],
  [
    'UPDATE customers SET notes = email WHERE email = $1',
    {
      attributes: {
        columns: { read: [email], projected: [], predicates: [email], elsewhere: [email] },
      },
    },
  ],
  ['SELECT id FROM customers ORDER BY email', { attributes: { columns: { predicates: [email] } } }],
];

/** All of them but the columns', as texts. */
export const sqlTexts: readonly string[] = [
  ...secondStatements,
  ...strongestVerbs,
  ...leavingTheDatabase,
  ...callsAsFields,
  ...settingsByOtherRoads,
].map(([text]) => text);
