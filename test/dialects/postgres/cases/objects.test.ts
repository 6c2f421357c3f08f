import { describe } from 'vitest';
import { specify } from '../support/commands.ts';

describe('tables, views and indexes', () => {
  specify([
    [
      'CREATE TABLE s.t (a int PRIMARY KEY, b text DEFAULT lower($$X$$), c int REFERENCES r (id), CHECK (a > 0))',
      {
        verb: 'create',
        effects: ['create'],
        touches: ['create table s.t', 'use table r'],
        functions: ['pg_catalog.lower pure'],
        attributes: { statement: 'create_table', object: 'table' },
      },
    ],
    ['CREATE TEMP TABLE IF NOT EXISTS t (a int)', { attributes: { temporary: true, if_not_exists: true } }],
    ['CREATE TABLE t (a int DEFAULT f())', { reasons: ['unknown_function'] }],
    ['CREATE TABLE t (a int CHECK (f(a)))', { reasons: ['unknown_function'] }],
    ['CREATE TABLE t (a int GENERATED ALWAYS AS (f(1)) STORED)', { reasons: ['unknown_function'] }],
    ['CREATE TABLE p PARTITION OF t FOR VALUES FROM (f(1)) TO (2)', { reasons: ['unknown_function'] }],
    ['CREATE TABLE t (a int) PARTITION BY RANGE (f(a))', { reasons: ['unknown_function'] }],
    ['CREATE TABLE t (LIKE s.u INCLUDING ALL)', { touches: ['create table t', 'use table s.u'] }],
    ['CREATE TABLE t () INHERITS (u)', { touches: ['use table u'] }],
    ['CREATE TABLE t OF ty', { touches: ['use type ty'] }],
    [
      'CREATE TABLE n AS SELECT email FROM customers',
      {
        verb: 'create',
        effects: ['create', 'write', 'read'],
        touches: ['create table n', 'read column customers.email'],
        attributes: { statement: 'create_table_as', nested: ['select'] },
      },
    ],
    ['CREATE MATERIALIZED VIEW v AS SELECT 1', { verb: 'create', touches: ['create materialized_view v'] }],
    [
      'CREATE OR REPLACE VIEW v AS SELECT email FROM customers',
      {
        verb: 'create',
        effects: ['create', 'read'],
        touches: ['create view v', 'read column customers.email'],
        attributes: { or_replace: true },
      },
    ],
    ['CREATE VIEW v AS SELECT f(a) FROM t', { reasons: ['unknown_function'] }],
    [
      'CREATE UNIQUE INDEX CONCURRENTLY i ON s.t (lower(a)) WHERE b > 0',
      {
        verb: 'create',
        effects: ['create'],
        touches: ['alter table s.t', 'create index s.i'],
        attributes: { object: 'index', concurrently: true },
      },
    ],
    ['CREATE INDEX ON t (f(a))', { reasons: ['unknown_function'] }],
    ['CREATE INDEX ON t (a) WHERE f(a)', { reasons: ['unknown_function'] }],
    ['ALTER TABLE t ADD COLUMN a int DEFAULT f()', { verb: 'alter', reasons: ['unknown_function'] }],
    [
      'ALTER TABLE t ADD COLUMN a int, DROP COLUMN b CASCADE, ALTER c TYPE text USING c::text',
      {
        verb: 'alter',
        effects: ['alter', 'drop'],
        touches: ['alter table t', 'create column t.a', 'drop column t.b', 'alter column t.c'],
        attributes: { actions: ['add_column', 'drop_column', 'alter_column_type'], cascade: true },
      },
    ],
    [
      'ALTER TABLE IF EXISTS t DISABLE ROW LEVEL SECURITY',
      { effects: ['alter', 'admin'], attributes: { if_exists: true, actions: ['disable_row_security'] } },
    ],
    ['ALTER TABLE t DISABLE TRIGGER ALL', { effects: ['alter', 'admin'] }],
    ['ALTER TABLE t OWNER TO bob', { effects: ['alter', 'grant'], touches: ['use role bob'] }],
    ['ALTER TABLE t ATTACH PARTITION p DEFAULT', { touches: ['alter table t', 'use table p'] }],
    ['ALTER TABLE t RENAME TO u', { verb: 'alter', touches: ['alter table t'], attributes: { actions: ['rename'] } }],
    ['ALTER TABLE t RENAME COLUMN a TO b', { touches: ['alter table t', 'alter column t.a'] }],
    ['ALTER TABLE t RENAME CONSTRAINT a TO b', { touches: ['alter constraint t.a'] }],
    ['ALTER TABLE t SET SCHEMA s', { touches: ['alter table t', 'use schema s'] }],
    ['ALTER TABLE t REPLICA IDENTITY USING INDEX i', { touches: ['use index i'] }],
    ['ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b', { effects: ['alter', 'admin'] }],
    ['ALTER VIEW v SET (security_barrier)', { touches: ['alter view v'] }],
    [
      'DROP TABLE IF EXISTS a, s.b CASCADE',
      {
        verb: 'drop',
        effects: ['drop'],
        targets: ['drop table a', 'drop table s.b'],
        attributes: { object: 'table', cascade: true, if_exists: true },
      },
    ],
    ['DROP SCHEMA s', { verb: 'drop', targets: ['drop schema s'] }],
    ['DROP INDEX CONCURRENTLY i', { targets: ['drop index i'], attributes: { concurrently: true } }],
    ['DROP FUNCTION s.f(int), g', { targets: ['drop function s.f', 'drop function g'] }],
    ['DROP TYPE s.ty', { targets: ['drop type s.ty'] }],
    ['DROP TRIGGER x ON s.t', { effects: ['drop', 'admin'], targets: ['alter table s.t', 'drop trigger s.t.x'] }],
    ['DROP POLICY p ON t', { effects: ['drop', 'admin'] }],
    ['DROP CAST (int AS ty)', { targets: ['drop cast pg_catalog.int4.ty'] }],
    ['DROP EXTENSION x', { targets: ['drop extension x'] }],
    ['DROP OPERATOR CLASS c USING btree', { verb: 'drop' }],
    ['DROP DATABASE d WITH (FORCE)', { verb: 'drop', effects: ['drop', 'admin'], targets: ['drop database d'] }],
    ['DROP TABLESPACE ts', { effects: ['drop', 'admin'] }],
    ["COMMENT ON TABLE t IS 'x'", { verb: 'comment', effects: ['alter'], targets: ['alter table t'] }],
    ["COMMENT ON COLUMN t.a IS 'x'", { targets: ['alter column t.a'] }],
    ["SECURITY LABEL ON TABLE t IS 'x'", { effects: ['alter', 'admin'] }],
  ]);
});

describe('other objects', () => {
  specify([
    [
      'CREATE SCHEMA s CREATE TABLE t (a int) GRANT SELECT ON t TO bob',
      {
        verb: 'grant',
        effects: ['create', 'grant'],
        touches: ['create schema s', 'create table t', 'grant role bob'],
        attributes: { object: 'schema' },
      },
    ],
    ['CREATE SCHEMA AUTHORIZATION bob', { touches: ['create schema bob', 'use role bob'] }],
    ['CREATE SEQUENCE s.q OWNED BY t.a', { touches: ['create sequence s.q'] }],
    ['ALTER SEQUENCE q RESTART', { touches: ['alter sequence q'] }],
    ['CREATE DOMAIN d AS int CHECK (f(VALUE))', { reasons: ['unknown_function'] }],
    ['ALTER DOMAIN d ADD CHECK (f(VALUE))', { reasons: ['unknown_function'] }],
    ["CREATE TYPE mood AS ENUM ('a')", { verb: 'create', targets: ['create type mood'] }],
    ["ALTER TYPE mood ADD VALUE 'b'", { verb: 'alter', targets: ['alter type mood'] }],
    ['CREATE TYPE c AS (a int, b other)', { targets: ['create type c', 'use type other'] }],
    ['CREATE TYPE r AS RANGE (subtype = int4)', { touches: ['create type r'] }],
    ['CREATE AGGREGATE a (int) (sfunc = f, stype = int)', { touches: ['create aggregate a', 'use function f'] }],
    [
      'CREATE OPERATOR === (leftarg = int, rightarg = int, function = f)',
      { touches: ['create operator ===', 'use function f'] },
    ],
    ['CREATE COLLATION c (locale = $$x$$)', { touches: ['create collation c'] }],
    ['CREATE STATISTICS st ON a, f(b) FROM t', { reasons: ['unknown_function'] }],
    [
      'CREATE TRIGGER x BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (old.a <> new.b) EXECUTE FUNCTION f()',
      {
        verb: 'create',
        effects: ['create', 'procedural'],
        touches: ['alter table t', 'create trigger t.x', 'use function f', 'read column t.a', 'read column t.b'],
      },
    ],
    ['CREATE TRIGGER x AFTER INSERT ON t WHEN (g(new.a)) EXECUTE FUNCTION f()', { reasons: ['unknown_function'] }],
    [
      'CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION f()',
      { effects: ['create', 'admin'], touches: ['use function f'] },
    ],
    [
      'CREATE RULE r AS ON INSERT TO t DO INSTEAD DELETE FROM u',
      {
        verb: 'create',
        effects: ['create', 'delete', 'procedural'],
        touches: ['delete table u'],
        attributes: { nested: ['delete'] },
      },
    ],
    [
      'CREATE POLICY p ON t TO bob USING (owner = current_user AND f(a))',
      { reasons: ['unknown_function'], touches: ['create policy t.p', 'use role bob'] },
    ],
    ['ALTER POLICY p ON t USING (true)', { effects: ['alter', 'admin'] }],
    ['CREATE CAST (int AS ty) WITH FUNCTION f(int)', { touches: ['use function f'] }],
    ['CREATE EXTENSION IF NOT EXISTS x SCHEMA s', { effects: ['create', 'admin'], touches: ['create extension x'] }],
    ['ALTER EXTENSION x ADD TABLE t', { effects: ['alter', 'admin'] }],
    ['CREATE LANGUAGE l', { effects: ['create', 'admin'] }],
    ['CREATE ACCESS METHOD a TYPE INDEX HANDLER f', { effects: ['create', 'admin'], touches: ['use function f'] }],
    ["CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM f", { touches: ['create conversion c', 'use function f'] }],
    [
      'CREATE TRANSFORM FOR ty LANGUAGE l (FROM SQL WITH FUNCTION f(internal), TO SQL WITH FUNCTION g(internal))',
      { touches: ['use function f', 'use function g'] },
    ],
    ['CREATE OPERATOR CLASS c FOR TYPE int USING btree AS OPERATOR 1 <', { effects: ['create', 'admin'] }],
    [
      "CREATE TABLESPACE ts LOCATION '/data'",
      { effects: ['create', 'admin', 'unsafe_io'], touches: ['write path /data'] },
    ],
    ['CREATE DATABASE d', { effects: ['create', 'admin'], targets: ['create database d'] }],
    ['ALTER DATABASE d CONNECTION LIMIT 5', { effects: ['alter', 'admin'] }],
    [
      'CREATE PUBLICATION p FOR TABLE t (a) WHERE (b > 0), TABLES IN SCHEMA s',
      { effects: ['create', 'admin'], touches: ['use table t', 'use column t.a', 'use schema s', 'read column t.b'] },
    ],
    ['ALTER PUBLICATION p DROP TABLE t', { effects: ['alter', 'admin'] }],
    ['CREATE FOREIGN DATA WRAPPER w HANDLER h', { effects: ['create', 'admin'], touches: ['use function h'] }],
    [
      "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'db')",
      { effects: ['create', 'admin'], touches: ['create server s', 'use host db'] },
    ],
    [
      "CREATE FOREIGN TABLE t (a int) SERVER s OPTIONS (x 'y')",
      { verb: 'create', touches: ['create foreign_table t', 'use server s'] },
    ],
    [
      'IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b',
      { effects: ['create', 'unsafe_io'], touches: ['use server s', 'create schema b'] },
    ],
    ['DROP USER MAPPING FOR bob SERVER s', { verb: 'drop' }],
    ['DROP SUBSCRIPTION s', { effects: ['drop', 'admin'] }],
    ['ALTER FUNCTION f(int) SECURITY DEFINER', { effects: ['alter', 'grant'], attributes: { security_definer: true } }],
    [
      'ALTER FUNCTION f(int) SET search_path = a',
      { effects: ['alter'], attributes: { settings: [{ name: 'search_path', scope: 'function' }] } },
    ],
    ['ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple', { effects: ['alter'] }],
    ['ALTER FUNCTION f() DEPENDS ON EXTENSION x', { touches: ['use extension x'] }],
  ]);
});

describe('roles and privileges', () => {
  specify([
    [
      'CREATE ROLE bob SUPERUSER LOGIN NOCREATEDB IN ROLE admins',
      {
        verb: 'create',
        effects: ['create', 'grant'],
        touches: ['create role bob', 'grant role admins'],
        attributes: { object: 'role' },
      },
    ],
    ['CREATE USER bob SUPERUSER NOCREATEDB', { attributes: { role_options: ['superuser', 'nocreatedb'] } }],
    [
      'ALTER ROLE bob NOLOGIN',
      { verb: 'alter', effects: ['alter', 'grant'], attributes: { role_options: ['nologin'] } },
    ],
    [
      'ALTER ROLE ALL SET work_mem = 1',
      {
        effects: ['alter', 'grant', 'admin', 'session'],
        attributes: { settings: [{ name: 'work_mem', scope: 'role' }] },
      },
    ],
    ['ALTER ROLE a RENAME TO b', { effects: ['alter', 'grant'], touches: ['alter role a'] }],
    ['DROP ROLE IF EXISTS bob, current_user', { verb: 'drop', effects: ['drop', 'grant'], touches: ['drop role bob'] }],
    ['DROP OWNED BY bob CASCADE', { verb: 'drop', attributes: { cascade: true } }],
    ['REASSIGN OWNED BY a TO b', { effects: ['alter', 'grant'] }],
    [
      'GRANT SELECT, INSERT (a) ON s.t TO bob, PUBLIC',
      {
        verb: 'grant',
        effects: ['grant'],
        touches: ['grant table s.t', 'grant role bob', 'grant role public'],
        attributes: { privileges: ['select', 'insert'] },
      },
    ],
    [
      'GRANT ALL ON ALL TABLES IN SCHEMA s TO bob',
      { touches: ['grant schema s', 'grant table s.*'], attributes: { privileges: ['all'] } },
    ],
    ['REVOKE SELECT ON t FROM bob CASCADE', { verb: 'revoke', effects: ['grant'], attributes: { cascade: true } }],
    ['GRANT admins TO bob', { verb: 'grant', targets: ['grant role admins', 'grant role bob'] }],
    [
      'ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO bob',
      { verb: 'grant', effects: ['alter', 'grant'], touches: ['grant schema s', 'grant role bob'] },
    ],
  ]);
});
