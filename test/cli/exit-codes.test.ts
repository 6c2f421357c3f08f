import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { createProgram } from '../../cli/main.ts';
import { wantsJson } from '../../cli/usage.ts';

const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** An empty folder that commands are run in. */
const folder = mkdtempSync(join(tmpdir(), 'sallyport-exit-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Each command with a file, folder or name that is not there, or cannot be. A new command needs a line here. */
const missing: Readonly<Record<string, readonly string[]>> = {
  'approvals approve': ['id', ...askingWith('gone')],
  'approvals list': askingWith('gone'),
  'approvals reject': ['id', ...askingWith('gone')],
  'approvals show': ['id', ...askingWith('gone')],
  build: ['gone', '--output', 'bundle.tar.gz'],
  check: ['gone'],
  commands: ['--config', 'gone.yaml'],
  demo: ['--once', '--policies', 'gone'],
  eval: ['--bundle', 'gone', '{}'],
  explain: ['--dialect', 'postgres', '--subject', 'bot,agent', 'SELECT 1', 'gone'],
  fmt: ['--check', 'gone'],
  'grants list': askingWith('gone'),
  'grants revoke': ['id', ...askingWith('gone')],
  init: ['--pack', 'gone'],
  inspect: ['gone'],
  lint: ['gone'],
  'new case': ['../gone'],
  'new dialect': ['../gone'],
  'new policy': ['../gone'],
  'notifications list': askingWith('gone'),
  'notifications retry': ['1', ...askingWith('gone')],
  parse: ['--dialect', './gone.js', 'SELECT 1'],
  'recordings list': ['gone'],
  'recordings show': ['gone.jsonl'],
  'recordings verify': ['gone'],
  reindex: ['--config', 'gone.yaml'],
  'labels suggest': ['shop', '--config', 'gone.yaml'],
  'labels list': ['shop', '--config', 'gone.yaml'],
  replay: ['gone', '--bundle', 'policies'],
  'replay merge': ['gone.json'],
  serve: ['--config', 'gone.yaml'],
  sessions: ['--config', 'gone.yaml'],
  'subjects list': askingWith('gone'),
  'subjects quarantine': ['id', '-m', 'why', ...askingWith('gone')],
  'subjects release': ['id', '--config', 'gone.yaml'],
  'subjects show': ['id', ...askingWith('gone')],
  test: ['gone'],
};

/** For commands that ask a gateway: as whom is not known. */
function askingWith(tokenFile: string): string[] {
  return ['--api', 'http://127.0.0.1:9', '--token-file', tokenFile];
}

/** Commands that read nothing. */
const readsNothing = ['token create'];
/** Commands that print a story, not data. */
const hasNoFormat = ['demo'];

interface Leaf {
  readonly name: string;
  readonly command: Command;
}

/** Commands that do something themselves, by their words; a group of commands has no options of its own. */
function leavesOf(command: Command, words: readonly string[] = []): Leaf[] {
  const own = words.length > 0 && command.options.length > 0 ? [{ name: words.join(' '), command }] : [];
  return [...own, ...command.commands.flatMap((child) => leavesOf(child, [...words, child.name()]))];
}

const leaves = leavesOf(await createProgram());
const names = leaves.map(({ name }) => name);

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process as far as commander takes it: help and wrong usage. */
async function usage(...args: readonly string[]): Promise<Outcome> {
  const outcome = { code: -1, stdout: '', stderr: '' };
  const program = await createProgram();
  for (const command of [program, ...allCommands(program)]) {
    command.configureOutput({
      writeOut: (text) => (outcome.stdout += text),
      writeErr: (text) => (outcome.stderr += text),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    outcome.code = error.exitCode;
  }
  return outcome;
}

function allCommands(program: Command): Command[] {
  return program.commands.flatMap((command) => [command, ...allCommands(command)]);
}

/** Runs the command line for real. */
function run(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
}

const oneError = {
  findings: [
    { severity: 'error', code: expect.stringMatching(/^SP_/) as string, message: expect.any(String) as string },
  ],
};

describe.each(names)('sallyport %s', (name) => {
  const words = name.split(' ');

  test('--help exits with 0, documents exit codes and options, and gives an example', async () => {
    const { code, stdout } = await usage(...words, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: sallyport ${name}`);
    expect(stdout).toMatch(/\nExit codes:\n {2}0 {2}\S/);
    expect(stdout).toMatch(/\n {2}2 {2}\S/);
    expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n( {2}.*\\n)* {2}\\$ sallyport ${name}`));
  });

  test('describes each of its options and arguments', () => {
    const { command } = leaves.find((leaf) => leaf.name === name) ?? {};
    const described = [...(command?.options ?? []), ...(command?.registeredArguments ?? [])];
    const bare = described.filter((one) => one.description === '' && one.name() !== 'format');
    expect(bare.map((one) => one.name())).toEqual([]);
    if (hasNoFormat.includes(name)) return;
    const format = command?.options.find(({ long }) => long === '--format');
    expect(format?.short).toBe('-f');
  });

  test('refuses an option that it does not know', async () => {
    const { code, stdout, stderr } = await usage(...words, ...(missing[name] ?? []), '--frmat');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: unknown option '--frmat'/);
  });

  test.skipIf(readsNothing.includes(name))(
    'exits with 2 and says so in JSON where something is not there',
    async () => {
      const args = missing[name];
      if (args === undefined) throw new Error(`test/cli/exit-codes.test.ts has no line for ${name}`);
      const format = hasNoFormat.includes(name) ? [] : ['--format', 'json'];
      const { code, stdout, stderr } = await run(...words, ...args, ...format);
      expect(code, stderr).toBe(2);
      if (hasNoFormat.includes(name)) expect(stderr).toMatch(/^error\[SP_\w+\] .*gone/);
      else {
        expect(stdout).toBe('');
        expect(JSON.parse(stderr)).toMatchObject(oneError);
        expect(stderr).toContain('gone');
      }
    },
  );
});

describe('wrong usage', () => {
  test.each([
    ['an unknown command', ['chekc'], "unknown command 'chekc'", 'Did you mean check?'],
    ['an unknown option', ['check', '--forma', 'x'], "unknown option '--forma'", 'Did you mean --format?'],
    ['a missing argument', ['recordings', 'show'], "missing required argument 'recording'", '--help shows the options'],
    [
      'a missing option',
      ['parse', 'x'],
      "required option '-d, --dialect <name>' not specified",
      '--help shows the options',
    ],
    ['an unknown format', ['check', '--report', 'jnuit=x'], 'did you mean "junit"?', '--help shows the options'],
  ])('%s exits with 2, in words or in JSON', async (_what, args, message, help) => {
    const [plain, json] = await Promise.all([run(...args), run(...args, '--format', 'json')]);
    expect([plain.code, plain.stdout, json.code, json.stdout]).toEqual([2, '', 2, '']);
    expect(plain.stderr).toContain(message);
    expect(JSON.parse(json.stderr)).toEqual({
      findings: [{ severity: 'error', code: 'SP_USAGE', message: expect.stringContaining(message) as string, help }],
    });
  });

  test('a group of commands without one of them shows its help and exits with 2', async () => {
    const { code, stdout, stderr } = await run('token');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: sallyport token [options] [command]');
  });

  test.each([
    [['--format', 'json'], true],
    [['--format=json'], true],
    [['-f', 'json'], true],
    [['-fjson'], true],
    [['--format', 'pretty', 'json'], false],
    [['--report', 'json=x'], false],
    [['--', '--format', 'json'], false],
    [[], false],
  ])('%j asks for JSON: %s', (argv, json) => {
    expect(wantsJson(argv)).toBe(json);
  });
});
