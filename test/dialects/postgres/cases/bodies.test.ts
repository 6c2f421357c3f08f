import { describe } from 'vitest';
import { specify, type Row } from '../support/commands.ts';

const block = (body: string, declare = ''): string =>
  `DO $body$ ${declare === '' ? '' : `DECLARE ${declare}`} BEGIN ${body} END $body$`;
const base = ['execute', 'procedural'] as const;

describe('DO does what its body does', () => {
  specify([
    [block('NULL;'), { verb: 'do', effects: base, attributes: { statement: 'do', language: 'plpgsql' } }],
    [
      block('DELETE FROM t;'),
      {
        verb: 'delete',
        effects: [...base, 'delete'],
        touches: ['delete table t'],
        attributes: { statement: 'do', where: { present: false, trivial: false } },
      },
    ],
    ["DO 'BEGIN DROP TABLE t; END'", { verb: 'drop', touches: ['drop table t'] }],
    ["DO LANGUAGE plpgsql E'BEGIN\\n TRUNCATE t; END'", { verb: 'truncate' }],
    [block("EXECUTE 'DROP TABLE t';"), { verb: 'drop', touches: ['drop table t'] }],
    [block("EXECUTE format('DROP TABLE %I', $1);"), { reasons: ['dynamic_sql'] }],
    [block("EXECUTE 'DROP TABLE ' || quote_ident('t');"), { reasons: ['dynamic_sql'] }],
    [block('EXECUTE f();'), { reasons: ['dynamic_sql', 'unknown_function'] }],
    [block('PERFORM f();'), { reasons: ['unknown_function'] }],
    [block('PERFORM pg_terminate_backend(1);'), { effects: [...base, 'admin'] }],
    [
      block('x := pg_read_file($$/etc/passwd$$);', 'x text;'),
      { effects: [...base, 'unsafe_io'], touches: ['read file /etc/passwd'] },
    ],
    [block('x[lo_unlink(1)] := 2;', 'x int[];'), { effects: [...base, 'delete'] }],
    [block('NULL;', 'x int := lo_unlink(1);'), { effects: [...base, 'delete'] }],
    [
      block('IF EXISTS (SELECT FROM t) THEN TRUNCATE u; END IF;'),
      { verb: 'truncate', effects: [...base, 'truncate', 'read'] },
    ],
    [block('IF true THEN NULL; ELSIF false THEN NULL; ELSE DROP TABLE t; END IF;'), { verb: 'drop' }],
    [
      block('FOR r IN SELECT * FROM t LOOP DELETE FROM u WHERE id = r.id; END LOOP;', 'r record;'),
      { verb: 'delete', effects: [...base, 'read', 'delete'], touches: ['read table t', 'delete table u'] },
    ],
    [block("FOR r IN EXECUTE 'DELETE FROM t RETURNING *' LOOP NULL; END LOOP;", 'r record;'), { verb: 'delete' }],
    [block('FOR r IN EXECUTE x LOOP NULL; END LOOP;', 'r record; x text;'), { reasons: ['dynamic_sql'] }],
    [block('FOREACH x IN ARRAY f() LOOP NULL; END LOOP;', 'x int;'), { reasons: ['unknown_function'] }],
    [block('WHILE f() LOOP NULL; END LOOP;'), { reasons: ['unknown_function'] }],
    [block('LOOP EXIT WHEN f(); END LOOP;'), { reasons: ['unknown_function'] }],
    [block('CASE f() WHEN 1 THEN NULL; END CASE;'), { reasons: ['unknown_function'] }],
    [block("RAISE NOTICE '%', f();"), { reasons: ['unknown_function'] }],
    [block('ASSERT f();'), { reasons: ['unknown_function'] }],
    [block('BEGIN NULL; EXCEPTION WHEN others THEN DROP TABLE t; END;'), { verb: 'drop' }],
    [block('OPEN c FOR DELETE FROM t RETURNING *;', 'c refcursor;'), { verb: 'delete' }],
    [block("OPEN c FOR EXECUTE 'SELECT a FROM t';", 'c refcursor;'), { touches: ['read column t.a'] }],
    [block('OPEN c;', 'c CURSOR FOR SELECT lo_unlink(1);'), { effects: [...base, 'delete'] }],
    [block('COMMIT;'), { effects: [...base, 'transaction'] }],
    [block('CALL p();'), { verb: 'do', reasons: ['unknown_function'] }],
    [
      block('SET ROLE bob;'),
      { effects: [...base, 'session', 'admin'], attributes: { settings: [{ name: 'role', value: 'bob' }] } },
    ],
    [block('CREATE TABLE n AS SELECT 1;'), { verb: 'create' }],
    [block("DO 'BEGIN DROP TABLE t; END';"), { verb: 'drop' }],
    [
      block('SELECT email INTO x FROM customers;', 'x text;'),
      { effects: [...base, 'read'], touches: ['read column customers.email'] },
    ],
    ['DO $$ nonsense $$', { reasons: ['body_not_parsed'] }],
    ["DO LANGUAGE plpython3u 'import os'", { reasons: ['unknown_language'] }],
  ] satisfies Row[]);
});

const define = (body: string, language = 'plpgsql', returns = 'void'): string =>
  `CREATE FUNCTION f(a int) RETURNS ${returns} LANGUAGE ${language} AS $body$ ${body} $body$`;

describe('CREATE FUNCTION tells what its body will do', () => {
  specify([
    [
      define('BEGIN DELETE FROM t; END'),
      {
        verb: 'create',
        effects: ['create', 'procedural'],
        targets: ['create function f'],
        attributes: {
          body: { effects: ['delete'], complete: true, targets: [{ kind: 'table', path: ['t'], access: 'delete' }] },
        },
      },
    ],
    [
      define('DELETE FROM t; SELECT email FROM customers', 'sql'),
      { verb: 'create', attributes: { body: { effects: ['read', 'delete'], complete: true } } },
    ],
    [
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC DELETE FROM t; SELECT 1; END',
      { attributes: { body: { effects: ['delete'] } } },
    ],
    [
      'CREATE FUNCTION f() RETURNS int RETURN g(1)',
      { reasons: ['unknown_function'], attributes: { body: { complete: false } } },
    ],
    [
      define("BEGIN EXECUTE 'DROP TABLE ' || a; END"),
      { reasons: ['dynamic_sql'], attributes: { body: { complete: false, reasons: ['dynamic_sql'] } } },
    ],
    [define('BEGIN PERFORM g(); END'), { reasons: ['unknown_function'] }],
    [define('import os', 'plpython3u'), { reasons: ['unknown_language'], attributes: { language: 'plpython3u' } }],
    ["CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'sym'", { reasons: ['unknown_language'] }],
    [
      'CREATE FUNCTION f(a int DEFAULT g()) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      { reasons: ['unknown_function'] },
    ],
    [
      'CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql SECURITY DEFINER SET search_path = a AS $$ BEGIN COMMIT; END $$',
      {
        verb: 'create',
        effects: ['create', 'grant', 'procedural'],
        attributes: {
          object: 'procedure',
          or_replace: true,
          security_definer: true,
          settings: [{ name: 'search_path', scope: 'function' }],
          body: { effects: ['transaction'] },
        },
      },
    ],
    [
      define("BEGIN RETURN QUERY EXECUTE 'DELETE FROM t RETURNING 1'; END", 'plpgsql', 'SETOF int'),
      { attributes: { body: { effects: ['read', 'delete'] } } },
    ],
  ] satisfies Row[]);
});
