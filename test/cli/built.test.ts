// What only the built package can show: third parties' imports by its name, and `npm start` as it is run.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
let folder = '';

beforeAll(() => {
  if (!existsSync(main)) throw new Error('the command line is not built: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'sallyport-built-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function node(args: readonly string[], cwd = root, env = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

describe('the package', () => {
  test('gives what its exports name', async () => {
    const script = `
      const names = ['engine', 'dialects/define', 'dialects/sql/postgres', 'testing', 'proxy'];
      for (const name of names) if (Object.keys(await import('sallyport/' + name)).length === 0) throw new Error(name);`;
    expect(await node(['--input-type=module', '--eval', script])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe("a third party's dialect", () => {
  const dialect = join(root, 'examples', 'third-party-dialect');

  test.each([dialect, join(dialect, 'index.js')])('is loaded from %s, wherever the command is run', async (path) => {
    const { code, stdout, stderr } = await node([main, 'parse', '--dialect', path, 'GET a'], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, commands: [{ dialect: 'kvline', verb: 'get' }] });
  });

  test('that is not there is told', async () => {
    const { code, stdout, stderr } = await node([main, 'parse', '--dialect', './nowhere.js', 'GET a'], folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('SP_USAGE');
  });
});

describe('the demo', () => {
  test('plays its session and ends with 0', async () => {
    const { code, stdout, stderr } = await node([main, 'demo', '--once', '--data', join(folder, 'data')], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('denied   customers.card_number is not for agents');
    expect(stdout).toMatch(/> ALTER TABLE orders ADD COLUMN note text\n {2}held .*\n {11}request apr-\w{10}\n/);
    expect(stdout).toMatch(/dba> npx sallyport approvals approve apr-\w{10} /);
    expect(stdout).toMatch(/approved by dba: .*\n\n {2}person> ALTER TABLE .*\n {2}allowed {2}ALTER\n/);
    expect(stdout).toContain('Everything came out as the policies say.');
    const recordings = readdirSync(join(folder, 'data', 'recordings'), { recursive: true, encoding: 'utf8' });
    expect(recordings.filter((name) => name.endsWith('.jsonl'))).toHaveLength(2);
  }, 120_000);

  test('prints how to approve what it holds, which works from another terminal', async () => {
    const child = spawn(process.execPath, [main, 'demo', '--data', join(folder, 'held')], { cwd: folder });
    try {
      let printed = '';
      let look = (): void => undefined;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        look();
      });
      const seen = (pattern: RegExp) =>
        new Promise<RegExpExecArray>((resolve) => {
          look = () => {
            const found = pattern.exec(printed);
            if (found !== null) resolve(found);
          };
          look();
        });
      await seen(/Ctrl-C ends the demo/);
      const [, api = '', token = ''] = await seen(/^ {2}export SALLYPORT_API=(\S+) SALLYPORT_TOKEN=(\S+)$/m);
      const commands = [...printed.matchAll(/^ {2}npx sallyport (approvals \w+ apr-\w+)/gm)].map(
        ([, line]) => line ?? '',
      );
      expect(commands.map((line) => line.split(' ')[1])).toEqual(['show', 'approve']);
      for (const line of commands) {
        const env = { ...process.env, SALLYPORT_API: api, SALLYPORT_TOKEN: token };
        const { code, stdout, stderr } = await node([main, ...line.split(' ')], folder, env);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).toContain('ALTER TABLE orders ADD COLUMN note text');
      }
      await seen(/ends the demo\.\n\n {2}person> ALTER TABLE orders ADD COLUMN note text\n {2}allowed {2}ALTER\n/);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  }, 120_000);

  test('says so when the policies are others than it expects', async () => {
    const { code, stdout } = await node(
      [
        main,
        'demo',
        '--once',
        '--policies',
        join(root, 'policies', 'packs', 'agent-read-only'),
        '--data',
        join(folder, 'other'),
      ],
      folder,
    );
    expect(code).toBe(1);
    expect(stdout).toContain('expected: denied by SHOP-002');
  }, 120_000);
});
