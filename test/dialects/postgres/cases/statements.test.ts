import { describe, expect, it } from 'vitest';
import { statementNames } from '../../../../dialects/sql/postgres/mapping/statement-names.ts';
import { childFields } from '../../../../dialects/sql/postgres/mapping/nodes.ts';
import { visitors } from '../../../../dialects/sql/postgres/mapping/visitors.ts';
import { commandOf, expectCommand, specify, type Row } from '../support/commands.ts';

describe('every raw statement of the grammar', () => {
  const statements = [...childFields.keys()].filter((tag) => tag.endsWith('Stmt'));

  it('has a name', () => {
    expect(Object.keys(statementNames).sort()).toEqual([...statements].sort());
  });

  it.each(statements)('%s has a visitor', (tag) => {
    expect(visitors.has(tag)).toBe(true);
  });
});

describe('sessions and transactions', () => {
  specify([
    [
      'BEGIN',
      {
        verb: 'begin',
        effects: ['transaction'],
        attributes: { statement: 'transaction', transaction: { action: 'begin' } },
      },
    ],
    [
      'START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE',
      {
        verb: 'begin',
        attributes: { transaction: { action: 'begin', isolation: 'serializable', read_only: true, deferrable: true } },
      },
    ],
    ['BEGIN READ WRITE', { attributes: { transaction: { action: 'begin', read_only: false } } }],
    ['COMMIT', { verb: 'commit', effects: ['transaction'], attributes: { transaction: { action: 'commit' } } }],
    ['END AND CHAIN', { verb: 'commit', attributes: { transaction: { action: 'commit', chain: true } } }],
    ['ABORT', { verb: 'rollback', attributes: { transaction: { action: 'rollback' } } }],
    ['SAVEPOINT a', { verb: 'savepoint', attributes: { transaction: { action: 'savepoint', savepoint: 'a' } } }],
    ['RELEASE a', { verb: 'release', attributes: { transaction: { action: 'release', savepoint: 'a' } } }],
    ['ROLLBACK TO a', { verb: 'rollback', attributes: { transaction: { action: 'rollback_to', savepoint: 'a' } } }],
    [
      "PREPARE TRANSACTION 'g'",
      {
        verb: 'prepare',
        effects: ['admin', 'transaction'],
        attributes: { transaction: { action: 'prepare', gid: 'g' } },
      },
    ],
    [
      "COMMIT PREPARED 'g'",
      { verb: 'commit', effects: ['admin', 'transaction'], attributes: { transaction: { action: 'commit_prepared' } } },
    ],
    ["ROLLBACK PREPARED 'g'", { verb: 'rollback', attributes: { transaction: { action: 'rollback_prepared' } } }],
    [
      'SET TRANSACTION READ ONLY',
      { verb: 'set', effects: ['transaction'], attributes: { transaction: { action: 'set', read_only: true } } },
    ],
    ["SET TRANSACTION SNAPSHOT '0000'", { verb: 'set', effects: ['transaction'] }],
    [
      'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
      {
        verb: 'set',
        effects: ['transaction', 'session'],
        attributes: { transaction: { action: 'set_session', read_only: false } },
      },
    ],
    ['SET CONSTRAINTS ALL DEFERRED', { verb: 'set', effects: ['transaction'] }],
    [
      'LOCK TABLE a, s.b IN SHARE MODE',
      { verb: 'lock', effects: ['lock'], targets: ['lock table a', 'lock table s.b'] },
    ],
    [
      'SET search_path TO a, "B c", "$user"',
      {
        verb: 'set',
        effects: ['session'],
        targets: ['alter setting search_path'],
        attributes: {
          settings: [{ name: 'search_path', action: 'set', value: 'a, "B c", "$user"', scope: 'session' }],
        },
      },
    ],
    ["SET search_path = ''", { attributes: { settings: [{ name: 'search_path', value: '""' }] } }],
    [
      "SET LOCAL statement_timeout = '5s'",
      { attributes: { settings: [{ name: 'statement_timeout', value: '5s', scope: 'local' }] } },
    ],
    ['SET Statement_Timeout = 0', { attributes: { settings: [{ name: 'statement_timeout', value: '0' }] } }],
    ["SET TIME ZONE 'UTC'", { attributes: { settings: [{ name: 'timezone', value: 'UTC' }] } }],
    ['SET TIME ZONE DEFAULT', { attributes: { settings: [{ name: 'timezone', action: 'reset' }] } }],
    [
      "SET NAMES 'UTF8'",
      { effects: ['session'], attributes: { settings: [{ name: 'client_encoding', value: 'UTF8' }] } },
    ],
    ["SET client_encoding = 'UTF-8'", { effects: ['session'] }],
    ["SET client_encoding = 'SJIS'", { reasons: ['unsupported_setting'] }],
    ['SET standard_conforming_strings = on', { effects: ['session'] }],
    ['SET standard_conforming_strings = off', { reasons: ['unsupported_setting'] }],
    ['SET LOCAL "standard_conforming_strings" TO \'false\'', { reasons: ['unsupported_setting'] }],
    ["SELECT set_config('Standard_Conforming_Strings', 'off', false)", { reasons: ['unsupported_setting'] }],
    ['ALTER ROLE bob SET standard_conforming_strings = off', { reasons: ['unsupported_setting'] }],
    ['ALTER DATABASE d SET client_encoding = latin1', { reasons: ['unsupported_setting'] }],
    [
      'SET ROLE bob',
      {
        verb: 'set',
        effects: ['session', 'admin'],
        touches: ['use role bob'],
        attributes: { settings: [{ name: 'role', value: 'bob' }] },
      },
    ],
    ['SET ROLE NONE', { effects: ['session', 'admin'] }],
    [
      'RESET ROLE',
      { verb: 'reset', effects: ['session', 'admin'], attributes: { settings: [{ name: 'role', action: 'reset' }] } },
    ],
    [
      'SET SESSION AUTHORIZATION bob',
      { effects: ['session', 'admin'], attributes: { settings: [{ name: 'session_authorization', value: 'bob' }] } },
    ],
    ['SET SESSION AUTHORIZATION DEFAULT', { effects: ['session', 'admin'] }],
    [
      'RESET ALL',
      { verb: 'reset', effects: ['session'], attributes: { settings: [{ action: 'reset_all', scope: 'session' }] } },
    ],
    ['SHOW search_path', { verb: 'show', effects: ['read'], targets: ['read setting search_path'] }],
    ['SHOW ALL', { verb: 'show', effects: ['read'] }],
    ['DISCARD ALL', { verb: 'discard', effects: ['session'], attributes: { discard: 'all' } }],
    ['DISCARD TEMP', { attributes: { discard: 'temp' } }],
    ['LISTEN c', { verb: 'listen', effects: ['session'], attributes: { channel: 'c' } }],
    ["NOTIFY c, 'x'", { verb: 'notify', effects: ['write'], attributes: { channel: 'c' } }],
    ['UNLISTEN *', { verb: 'unlisten', effects: ['session'] }],
  ]);
});

describe('statements that hold others', () => {
  const prepared = { prepared: { d: 'DELETE FROM t WHERE id = $1', broken: 'not SQL' } };
  specify([
    [
      'EXPLAIN SELECT email FROM customers',
      {
        verb: 'explain',
        effects: ['read'],
        touches: ['read table customers'],
        attributes: { explain: { analyze: false, statement: 'select' } },
      },
    ],
    ['EXPLAIN DELETE FROM t', { verb: 'explain', effects: ['read'], targets: ['use table t'] }],
    [
      'EXPLAIN (ANALYZE) DELETE FROM t',
      {
        verb: 'delete',
        effects: ['read', 'delete'],
        targets: ['delete table t'],
        attributes: { statement: 'explain', explain: { analyze: true, statement: 'delete' } },
      },
    ],
    ['EXPLAIN ANALYZE VERBOSE DELETE FROM t', { verb: 'delete' }],
    ['EXPLAIN (ANALYZE off) DELETE FROM t', { verb: 'explain', effects: ['read'] }],
    ['EXPLAIN (ANALYZE false, ANALYZE true) DELETE FROM t', { verb: 'delete' }],
    ["EXPLAIN (ANALYZE 'on') DELETE FROM t", { verb: 'delete' }],
    ['EXPLAIN (ANALYZE 1) DELETE FROM t', { verb: 'delete' }],
    ['EXPLAIN (ANALYZE 0) DELETE FROM t', { verb: 'explain' }],
    ['EXPLAIN ANALYZE CREATE TABLE n AS SELECT 1', { verb: 'create', effects: ['read', 'write', 'create'] }],
    ['EXPLAIN SELECT f()', { verb: 'explain', reasons: ['unknown_function'] }],
    ['EXPLAIN SELECT pg_terminate_backend(1)', { effects: ['read'] }],
    ['EXPLAIN ANALYZE EXECUTE d(1)', { verb: 'delete' }, prepared],
    [
      'PREPARE d AS DELETE FROM t WHERE id = $1',
      {
        verb: 'delete',
        effects: ['delete', 'session'],
        attributes: {
          statement: 'prepare',
          prepared: { action: 'prepare', name: 'd', text: 'DELETE FROM t WHERE id = $1' },
          where: { present: true, trivial: false },
        },
      },
    ],
    [
      'PREPARE d (int) AS SELECT 1',
      { verb: 'prepare', effects: ['read', 'session'], attributes: { prepared: { text: 'SELECT 1' } } },
    ],
    [
      'EXECUTE d(1)',
      {
        verb: 'delete',
        effects: ['delete', 'execute'],
        touches: ['delete table t'],
        attributes: { statement: 'execute', prepared: { action: 'execute', name: 'd' } },
      },
      prepared,
    ],
    ['EXECUTE d(f(1))', { reasons: ['unknown_function'] }, prepared],
    ['EXECUTE unheard', { verb: 'execute', reasons: ['unknown_prepared_statement'] }, prepared],
    ['EXECUTE broken', { reasons: ['unknown_prepared_statement'] }, prepared],
    ['CREATE TABLE n AS EXECUTE d(1)', { verb: 'delete', effects: ['create', 'write', 'delete', 'execute'] }, prepared],
    [
      'DEALLOCATE d',
      { verb: 'deallocate', effects: ['session'], attributes: { prepared: { action: 'deallocate', name: 'd' } } },
    ],
    ['DEALLOCATE ALL', { attributes: { prepared: { action: 'deallocate_all' } } }],
    [
      'DECLARE c CURSOR WITH HOLD FOR SELECT email FROM customers',
      {
        verb: 'declare',
        effects: ['read', 'session'],
        touches: ['read column customers.email'],
        attributes: { cursor: { action: 'declare', name: 'c', hold: true } },
      },
    ],
    ['FETCH 10 FROM c', { verb: 'fetch', effects: ['read'], attributes: { cursor: { action: 'fetch', name: 'c' } } }],
    ['MOVE c', { verb: 'move', attributes: { cursor: { action: 'move', name: 'c' } } }],
    ['CLOSE c', { verb: 'close', attributes: { cursor: { action: 'close', name: 'c' } } }],
    ['CLOSE ALL', { attributes: { cursor: { action: 'close_all' } } }],
    [
      'COPY t TO STDOUT',
      {
        verb: 'copy',
        effects: ['read', 'bulk_export'],
        targets: ['read table t', 'read column t.*'],
        attributes: { copy: { direction: 'to', endpoint: 'client', format: 'text' } },
      },
    ],
    [
      'COPY t (a, b) TO STDOUT (FORMAT csv)',
      { targets: ['read table t', 'read column t.a', 'read column t.b'], attributes: { copy: { format: 'csv' } } },
    ],
    [
      'COPY t FROM STDIN BINARY',
      {
        verb: 'copy',
        effects: ['write', 'bulk_load'],
        touches: ['write table t'],
        attributes: { copy: { direction: 'from', endpoint: 'client', format: 'binary' } },
      },
    ],
    [
      "COPY t FROM '/etc/passwd'",
      {
        effects: ['write', 'bulk_load', 'unsafe_io'],
        touches: ['read file /etc/passwd'],
        attributes: { copy: { endpoint: 'file' } },
      },
    ],
    ["COPY t TO '/tmp/x'", { effects: ['read', 'bulk_export', 'unsafe_io'], touches: ['write file /tmp/x'] }],
    [
      "COPY t FROM PROGRAM 'curl x'",
      {
        effects: ['write', 'bulk_load', 'unsafe_io', 'execute'],
        touches: ['execute program curl x'],
        attributes: { copy: { endpoint: 'program' } },
      },
    ],
    ["COPY (SELECT 1) TO PROGRAM 'sh'", { effects: ['read', 'bulk_export', 'unsafe_io', 'execute'] }],
    [
      'COPY (SELECT email FROM customers) TO STDOUT',
      { verb: 'copy', effects: ['read', 'bulk_export'], touches: ['read column customers.email'] },
    ],
    [
      'COPY (DELETE FROM t RETURNING *) TO STDOUT',
      {
        verb: 'delete',
        effects: ['read', 'delete', 'bulk_export'],
        attributes: { statement: 'copy', where: { present: false } },
      },
    ],
    ['COPY t FROM STDIN WHERE f(a)', { reasons: ['unknown_function'] }],
    ['CALL p(1)', { verb: 'call', effects: ['execute', 'procedural', 'unknown'], reasons: ['unknown_function'] }],
  ] satisfies Row[]);
});

describe('maintenance', () => {
  specify([
    ['VACUUM', { verb: 'vacuum', effects: ['admin'] }],
    ['VACUUM FULL t (a)', { verb: 'vacuum', effects: ['admin', 'lock'], targets: ['use table t', 'use column t.a'] }],
    ['ANALYZE t', { verb: 'analyze', effects: ['admin'] }],
    ['CLUSTER t USING i', { verb: 'cluster', effects: ['admin', 'lock'] }],
    [
      'REINDEX TABLE CONCURRENTLY t',
      { verb: 'reindex', effects: ['admin', 'lock'], attributes: { object: 'table', concurrently: true } },
    ],
    ['REINDEX DATABASE d', { verb: 'reindex', touches: ['use database d'] }],
    ['CHECKPOINT', { verb: 'checkpoint', effects: ['admin'] }],
    ["LOAD 'x'", { verb: 'load', effects: ['execute', 'admin', 'unsafe_io'], targets: ['execute file x'] }],
    ['REFRESH MATERIALIZED VIEW v', { verb: 'refresh', effects: ['write'], targets: ['write materialized_view v'] }],
    [
      "ALTER SYSTEM SET work_mem = '1GB'",
      {
        verb: 'alter',
        effects: ['alter', 'admin', 'session'],
        attributes: { statement: 'alter_system', settings: [{ name: 'work_mem', value: '1GB', scope: 'system' }] },
      },
    ],
  ]);
});

describe('a text of several statements', () => {
  it('gives a command for each, without white space, semicolons and comments before it', async () => {
    const { commandsOf } = await import('../support/commands.ts');
    const text = ' /* a */ SELECT 1 ;; -- b\n  DELETE FROM t /* c */ ; SELECT \'ä;€😀\', x FROM "tä" ';
    const commands = commandsOf(text);
    expect(commands.map((command) => command.text)).toEqual([
      'SELECT 1',
      'DELETE FROM t /* c */',
      'SELECT \'ä;€😀\', x FROM "tä"',
    ]);
    for (const { span, text: own } of commands) expect(text.slice(span.start, span.end)).toBe(own);
  });

  it.each(['', ' ', ';', '-- nothing', '/* nothing */', ' ; ; '])(
    'is empty where nothing is said: %j',
    async (text) => {
      const { dialect } = await import('../support/commands.ts');
      expect(dialect.parse({ text })).toEqual({ complete: true, commands: [], diagnostics: [] });
    },
  );
});

describe('fingerprints', () => {
  it.each([
    ['SELECT a FROM t WHERE id = 1', 'SELECT a FROM t WHERE id = 2', true],
    ["SELECT a FROM t WHERE id = 'x'", 'select  a\nfrom t where id = $1', true],
    ['SELECT a FROM t', 'SELECT b FROM t', false],
    ['DELETE FROM t', 'TRUNCATE t', false],
  ])('%s and %s: %s', (left, right, same) => {
    expect(commandOf(left).fingerprint === commandOf(right).fingerprint).toBe(same);
  });
});

it('names are cut to 63 bytes, as PostgreSQL does', () => {
  const long = 'a'.repeat(80);
  expectCommand(commandOf(`SELECT 1 FROM ${long}`), { targets: [`read table ${'a'.repeat(63)}`] });
  expectCommand(commandOf(`SELECT nextval('${'ä'.repeat(40)}')`), { touches: [`write sequence ${'ä'.repeat(31)}`] });
});
