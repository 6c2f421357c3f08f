import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runParse, type ParseOptions } from '../../cli/commands/parse.ts';
import { MAXIMUM_LINE_BYTES } from '../../cli/jsonl.ts';
import { fakeStreams } from './fake-streams.ts';

const kvline = fileURLToPath(new URL('../../examples/third-party-dialect/index.js', import.meta.url));

async function parse(text: string | undefined, options: Partial<ParseOptions> = {}, stdin: (string | Buffer)[] = []) {
  const streams = fakeStreams(stdin);
  const exitCode = await runParse(text, { dialect: 'postgres', ...options }, streams);
  return { exitCode, streams };
}

describe('parse prints the commands of a statement', () => {
  test('given as an argument, as JSON where nobody looks', async () => {
    const { exitCode, streams } = await parse('SELECT 1; DELETE FROM t WHERE a = 1');
    expect(exitCode).toBe(0);
    expect(JSON.parse(streams.output())).toMatchObject({
      text: 'SELECT 1; DELETE FROM t WHERE a = 1',
      complete: true,
      commands: [{ verb: 'select' }, { verb: 'delete', effects: ['delete'] }],
      diagnostics: [],
    });
  });

  test('given on standard input, in chunks that cut characters', async () => {
    const bytes = Buffer.from("SELECT 'é😀'");
    const chunks = [...bytes].map((byte) => Buffer.from([byte]));
    const { exitCode, streams } = await parse(undefined, { format: 'json' }, chunks);
    expect(exitCode).toBe(0);
    expect(JSON.parse(streams.output())).toMatchObject({ text: "SELECT 'é😀'" });
  });

  test('for a person, with the place of an error', async () => {
    const { exitCode, streams } = await parse('SELECT 1;\nSELEC 2', { format: 'pretty' });
    expect(exitCode).toBe(1);
    expect(streams.output()).toContain('incomplete: syntax_error');
    expect(streams.output()).toContain('  SELEC 2\n  ^\n');
  });

  test('without letting the text reach the terminal as it is', async () => {
    const { streams } = await parse('SELECT \'\u001b[2J\' AS "\u202ex"', { format: 'pretty' });
    expect(streams.output()).toContain('\\x1b[2J');
    for (const character of ['\u001b', '\u202e']) expect(streams.output()).not.toContain(character);
  });

  test('of nothing at all', async () => {
    const { exitCode, streams } = await parse('-- nothing', { format: 'pretty' });
    expect({ exitCode, output: streams.output() }).toEqual({
      exitCode: 0,
      output: 'No commands: the statement does nothing.\n',
    });
  });

  test.each([
    ['no_such', 'SP_USAGE'],
    ['./no-such-file.js', 'SP_USAGE'],
    ['node:fs', 'SP_USAGE'],
    ['__proto__', 'SP_USAGE'],
    ['vitest', 'SP_USAGE'],
  ])('and does not run for the dialect %s', async (dialect, code) => {
    await expect(parse('SELECT 1', { dialect })).rejects.toMatchObject({ code });
  });

  test('and does not run for a text that is not UTF-8', async () => {
    await expect(parse(undefined, {}, [Buffer.from([0xff])])).rejects.toMatchObject({ code: 'SP_STATEMENT_ENCODING' });
  });

  test("with a third party's dialect", async () => {
    const { exitCode, streams } = await parse('SET a "b"', { dialect: kvline });
    expect(exitCode).toBe(0);
    expect(JSON.parse(streams.output())).toMatchObject({ commands: [{ dialect: 'kvline', effects: ['write'] }] });
  });
});

describe('parse --jsonl answers each line with a line', () => {
  const jsonl = (...stdin: (string | Buffer)[]) => parse(undefined, { jsonl: true, dialect: kvline }, stdin);

  test('in order, with or without a last newline', async () => {
    for (const end of ['', '\n']) {
      const { exitCode, streams } = await jsonl(`{"text":"GET a"}\n{"text":"FLUSH"}${end}`);
      expect(exitCode).toBe(0);
      expect(streams.lines()).toMatchObject([
        { text: 'GET a', complete: true, commands: [{ verb: 'get' }], diagnostics: [] },
        { text: 'FLUSH', complete: true, commands: [{ verb: 'flush' }], diagnostics: [] },
      ]);
    }
  });

  test('with exactly these keys', async () => {
    const { streams } = await jsonl('{"text":"GET a","id":7}\n');
    expect(streams.lines().map((line) => Object.keys(line as object))).toEqual([
      ['text', 'complete', 'commands', 'diagnostics'],
    ]);
  });

  test('for lines that come in pieces, cut anywhere', async () => {
    const bytes = Buffer.from('{"text":"GET é😀"}\n{"text":"DEL b"}\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { streams } = await jsonl(bytes.subarray(0, cut), bytes.subarray(cut));
      expect(streams.lines()).toMatchObject([{ text: 'GET é😀' }, { text: 'DEL b' }]);
    }
  });

  test('even for lines that cannot be read, and goes on', async () => {
    const { exitCode, streams } = await jsonl(
      '{"text":"GET a"}\nnot JSON\n\n[1]\n{"text":1}\n{"text":"GET a","settings":{"x":1}}\n',
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      '{"text":"GET b"}\n',
    );
    expect(exitCode).toBe(1);
    const unread = (row: number, code: string, text: string | null = null) => ({
      text,
      complete: false,
      commands: [],
      diagnostics: [{ severity: 'error', code, row }],
    });
    expect(streams.lines()).toMatchObject([
      { text: 'GET a', complete: true },
      unread(2, 'malformed_line'),
      unread(3, 'malformed_line'),
      unread(4, 'malformed_line'),
      unread(5, 'invalid_statement'),
      unread(6, 'invalid_settings', 'GET a'),
      unread(7, 'malformed_line'),
      { text: 'GET b', complete: true },
    ]);
  });

  test('and keeps no line that is too long', async () => {
    const part = 'x'.repeat(1024 * 1024);
    const parts = Array.from({ length: MAXIMUM_LINE_BYTES / part.length + 2 }, () => part);
    const { streams } = await jsonl('{"text":"', ...parts, '"}\n{"text":"GET b"}\n');
    expect(streams.lines()).toMatchObject([
      {
        text: null,
        diagnostics: [{ code: 'malformed_line', message: expect.stringContaining('longer than') as string }],
      },
      { text: 'GET b' },
    ]);
  });

  test('in few writes', async () => {
    const count = 20_000;
    const { streams } = await jsonl('{"text":"GET a"}\n'.repeat(count));
    expect(streams.lines()).toHaveLength(count);
    expect(streams.writes()).toBeLessThan(count / 50);
  });

  test('reads no further than the reader of its output', async () => {
    let read = 0;
    function* lines(): Generator<Buffer> {
      for (; read < 10_000; read++) yield Buffer.from('{"text":"GET a"}\n'.repeat(100));
    }
    const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
    const running = runParse(
      undefined,
      { dialect: kvline, jsonl: true },
      {
        stdin: Readable.from(lines()),
        stdout: stuck,
        stderr: stuck,
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(read).toBeLessThan(100);
    stuck.destroy();
    await running;
  });

  test('and stops without a word when its reader is gone', async () => {
    let read = 0;
    function* lines(): Generator<Buffer> {
      for (; read < 10_000; read++) yield Buffer.from('{"text":"GET a"}\n'.repeat(1_000));
    }
    const gone = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const streams = { stdin: Readable.from(lines()), stdout: gone, stderr: gone };
    expect(await runParse(undefined, { dialect: kvline, jsonl: true }, streams)).toBe(0);
    expect(read).toBeLessThan(10);
  });
});
