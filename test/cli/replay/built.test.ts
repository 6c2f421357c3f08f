// What only the built command line can show: threads, signals, exit codes.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compiler, engineOf, record, sessionId } from './support/record.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
const policies = join(root, 'examples', 'quickstart', 'policies');
let folder = '';

beforeAll(async () => {
  if (!existsSync(main)) throw new Error('the command line is not built: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'sallyport-replay-built-'));
  const engine = await engineOf(policies);
  for (let number = 1; number <= 6; number++) {
    const messages = Array.from({ length: 20 }, (_, index) => `SELECT id FROM orders WHERE id = ${index}`);
    record(join(folder, 'recordings'), {
      engine,
      session: sessionId(number),
      messages: [...messages, 'DROP TABLE orders'],
    });
  }
});
afterAll(async () => {
  await compiler.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function sallyport(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

test('threads make no difference, and neither do shards that are put together', async () => {
  const common = ['replay', 'recordings', '--bundle', policies, '--format', 'json'];
  const [one, several] = [await sallyport([...common, '--jobs', '1']), await sallyport([...common, '--jobs', '3'])];
  expect(one).toEqual({ code: 0, stdout: one.stdout, stderr: '' });
  expect(several).toEqual(one);
  const parts: string[] = [];
  for (const part of ['1/2', '2/2']) {
    const { code, stdout } = await sallyport([...common, '--shard', part]);
    expect(code).toBe(0);
    parts.push(`${part.charAt(0)}.json`);
    writeFileSync(join(folder, parts.at(-1) ?? ''), stdout);
  }
  expect(await sallyport(['replay', 'merge', ...parts, '--format', 'json'])).toEqual(one);
  expect(JSON.parse(one.stdout)).toMatchObject({
    exit_code: 0,
    details: {
      counts: { sessions: 6, commands: 126, judged: 126, changed: 0 },
      decisions: { 'allow->allow': 120, 'deny->deny': 6 },
    },
  });
}, 120_000);

test('a signal leaves a report of what was judged, which says so', async () => {
  let sent = false;
  const { code, stdout } = await new Promise<Outcome>((resolve) => {
    const child = spawn(process.execPath, [main, 'replay', '-', '--bundle', policies, '--progress'], { cwd: folder });
    let stdout = '';
    const recording = readFileSync(join(folder, 'recordings', '2026-11-01', `${sessionId(1)}.jsonl`));
    // A stream without an end, of which more comes every few milliseconds.
    const feeding = setInterval(() => child.stdin.write(recording), 20);
    // Standard error says how far it is once commands were judged.
    child.stderr.on('data', () => {
      sent ||= child.kill('SIGINT');
    });
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.on('close', (exit) => {
      clearInterval(feeding);
      resolve({ code: exit, stdout, stderr: '' });
    });
  });
  expect(sent).toBe(true);
  expect(code).toBe(2);
  expect(stdout).toContain('interrupted, this is a part of it');
}, 120_000);

test.each([
  [[], 'Which recordings?'],
  [['recordings'], 'By which policies?'],
  [['nowhere', '--bundle', policies], 'There are no recordings at nowhere'],
  [['recordings', '--bundle', policies, '--fail-on', 'x'], 'column 1'],
])('replay %j cannot run: %s', async (args, message) => {
  const { code, stdout, stderr } = await sallyport(['replay', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('--help says what there is', async () => {
  const { code, stdout } = await sallyport(['replay', '--help']);
  expect(code).toBe(0);
  for (const word of ['--fail-on', '--expect', '--shard', 'merge', 'Exit codes:', 'Examples:'])
    expect(stdout).toContain(word);
});
