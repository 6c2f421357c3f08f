// What only the built package can show: third parties' imports by its name, and `npm start` as it is run.
import { execFile } from 'node:child_process';
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

function node(args: readonly string[], cwd = root): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
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
    expect(stdout).toContain('Everything came out as the policies say.');
    const recordings = readdirSync(join(folder, 'data', 'recordings'), { recursive: true, encoding: 'utf8' });
    expect(recordings.filter((name) => name.endsWith('.jsonl'))).toHaveLength(2);
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
