import { describe, expect, it } from 'vitest';
import { commandOf, dialect, specify } from '../support/commands.ts';

describe('secrets are the text between the quotes', () => {
  specify([
    ["ALTER ROLE bob PASSWORD 'hunter2'", { secrets: ['hunter2'] }],
    ["CREATE USER bob LOGIN ENCRYPTED PASSWORD 'it''s' VALID UNTIL '2030-01-01'", { secrets: ["it''s"] }],
    ["ALTER USER bob WITH PASSWORD E'a\\'b'", { secrets: ["a\\'b"] }],
    ['ALTER ROLE bob PASSWORD $$hunter2$$', { secrets: ['hunter2'] }],
    ["ALTER ROLE bob PASSWORD 'hun'\n  'ter2'", { secrets: ['hun', 'ter2'] }],
    ['ALTER ROLE bob PASSWORD NULL', { secrets: [] }],
    ["/* 'x' */ ALTER ROLE \"o'brien\" PASSWORD /* 'y' */ 'hunter2'", { secrets: ['hunter2'] }],
    ['ALTER ROLE "bób" PASSWORD \'hünter2\'', { secrets: ['hünter2'] }],
    ["CREATE SUBSCRIPTION s CONNECTION 'host=h password=p' PUBLICATION a", { secrets: ['host=h password=p'] }],
    ["ALTER SUBSCRIPTION s CONNECTION 'postgres://u:p@h/d'", { secrets: ['postgres://u:p@h/d'] }],
    ["CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password 'p')", { secrets: ['p'] }],
    ["ALTER USER MAPPING FOR u SERVER s OPTIONS (SET password 'p')", { secrets: ['p'] }],
    ["ALTER SERVER s OPTIONS (SET sslpassword 'p')", { secrets: ['p'] }],
    ["SELECT dblink_connect('host=h password=p')", { secrets: ['host=h password=p'] }],
    ["SELECT dblink_connect('c', 'postgresql://u:p@h/d')", { secrets: ['postgresql://u:p@h/d'] }],
    [
      "SELECT * FROM dblink('host=h password=p', 'SELECT 1') AS t(a int)",
      { secrets: ['host=h password=p'], reasons: ['remote_sql'] },
    ],
    ["SELECT pgp_sym_encrypt('data', 'key')", { secrets: ['key'] }],
    ["SELECT pgp_sym_decrypt(a, 'key') FROM t", { secrets: ['key'] }],
    ["SELECT crypt('pw', gen_salt('bf'))", { secrets: ['pw'] }],
    ["UPDATE u SET p = crypt('pw'::text, p)", { secrets: ['pw'] }],
    ["SELECT set_config('app.jwt_secret', 'x', false)", { secrets: ['x'] }],
    ["SET app.api_token = 'x'", { secrets: ['x'] }],
    ["ALTER SYSTEM SET primary_conninfo = 'host=h password=p'", { secrets: ['host=h password=p'] }],
    ["ALTER ROLE bob SET app.password = 'x'", { secrets: ['x'] }],
    ["DO $$ BEGIN ALTER ROLE bob PASSWORD 'x'; END $$", { secrets: [" BEGIN ALTER ROLE bob PASSWORD 'x'; END "] }],
    ["PREPARE p AS SELECT pgp_sym_encrypt($1, 'key')", { secrets: ['key'] }],
    ["SELECT 'hunter2', E'x'", { secrets: [] }],
    ["SET application_name = 'x'", { secrets: [] }],
  ]);

  it('are placed in the command’s own text', () => {
    const [, second] = dialect.parse({ text: "SELECT 'ä'; ALTER ROLE bob PASSWORD 'hunter2'; SELECT 1" }).commands;
    expect(second?.secrets.map(({ start, end }) => second.text.slice(start, end))).toEqual(['hunter2']);
  });

  it('leave a text that still parses when they are blotted out', () => {
    const command = commandOf("ALTER ROLE bob PASSWORD 'hunter2'");
    const [span] = command.secrets;
    const blotted = command.text.slice(0, span?.start) + '***' + command.text.slice(span?.end);
    expect(dialect.parse({ text: blotted }).complete).toBe(true);
  });

  it('of PREPARE are in its attributes too', () => {
    expect(commandOf("PREPARE p AS SELECT 'x'").attributes['prepared']).toMatchObject({ text: "SELECT 'x'" });
  });
});

describe('secrets are in no attribute and no message', () => {
  it.each([
    "SET app.api_token = 'hunter2'",
    "SELECT set_config('app.api_token', 'hunter2', false)",
    "ALTER SYSTEM SET primary_conninfo = 'password=hunter2'",
    "PREPARE p AS SELECT pgp_sym_encrypt($1, 'hunter2')",
    "ALTER ROLE bob PASSWORD 'hunter2'",
    "CREATE SUBSCRIPTION s CONNECTION 'password=hunter2' PUBLICATION p",
    "ALTER ROLE bob 'hunter2'",
    "ALTER ROLE bob PASSWORD 'hunter2",
    'ALTER ROLE bob $$hunter2$$',
  ])('%s', (text) => {
    const { commands, diagnostics } = dialect.parse({ text });
    const written = commands.map((command) => ({ ...command, text: '' }));
    expect(JSON.stringify([written, diagnostics])).not.toContain('hunter2');
    for (const { text: own, secrets } of commands) {
      const shown = secrets.reduceRight((left, { start, end }) => left.slice(0, start) + left.slice(end), own);
      expect(shown).not.toContain('hunter2');
    }
  });

  it('what PREPARE keeps still parses', () => {
    const prepared = commandOf("PREPARE p AS SELECT pgp_sym_encrypt($1, 'key')").attributes['prepared'];
    expect(prepared).toEqual({ action: 'prepare', name: 'p', text: "SELECT pgp_sym_encrypt($1, '***')" });
  });
});

describe('a text that does not parse', () => {
  it('is one incomplete command that hides what is quoted', () => {
    const text = "ALTER ROLE bob PASSWRD 'hunter2' $x$ y $x$ -- 'z'";
    const { complete, commands, diagnostics } = dialect.parse({ text });
    expect(complete).toBe(false);
    expect(commands).toMatchObject([
      { verb: 'unknown', effects: ['unknown'], complete: false, reasons: ['syntax_error'] },
    ]);
    expect(commands[0]?.secrets.map(({ start, end }) => text.slice(start, end))).toEqual(['hunter2', ' y ']);
    expect(commands[0]?.attributes).toMatchObject({ error: { code: 'syntax_error', position: 15 } });
    expect(diagnostics).toMatchObject([{ severity: 'error', code: 'syntax_error', span: { start: 15, end: 15 } }]);
  });

  it.each([
    ['nul', 'SELECT 1\0; DROP TABLE t'],
    ['encoding', "SELECT '\ud800'"],
    ['too_large', `SELECT '${'x'.repeat(300_000)}'`],
    ['too_deep', `SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['too_deep', `SELECT 1${' + (1'.repeat(3_000)}${')'.repeat(3_000)}`],
  ])('%s', (reason, text) => {
    const { complete, commands } = dialect.parse({ text });
    expect(complete).toBe(false);
    expect(commands).toMatchObject([{ complete: false, reasons: [reason] }]);
  });

  it.each([
    ['off', 'standard_conforming_strings'],
    ['SJIS', 'client_encoding'],
  ])('neither is one under %s as %s', (value, name) => {
    const { complete, commands } = dialect.parse({ text: 'SELECT 1; SELECT 2', settings: { [name]: value } });
    expect(complete).toBe(false);
    expect(commands).toMatchObject([
      { complete: false, reasons: ['unsupported_setting'] },
      { complete: false, reasons: ['unsupported_setting'] },
    ]);
  });
});

it('a long chain of operators is no depth', () => {
  expect(commandOf(`SELECT 1${' + 1'.repeat(2_000)}`)).toMatchObject({ complete: true });
  expect(commandOf(`SELECT 1${' + 1'.repeat(1_999)} + f(1)`)).toMatchObject({ reasons: ['unknown_function'] });
  expect(commandOf(Array.from({ length: 400 }, () => 'SELECT 1').join(' UNION ALL '))).toMatchObject({
    complete: true,
  });
});
