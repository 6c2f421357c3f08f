// What only the built package can show: the scaffold's own scripts, as CI and an author of a dialect run them.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');
let folder = '';

beforeAll(() => {
  if (!existsSync(main)) throw new Error('the command line is not built: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'sallyport-scaffold-built-'));
  // As `npm install` would leave it.
  const bin = join(folder, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(root, join(folder, 'node_modules', 'sallyport'));
  writeFileSync(join(bin, 'sallyport'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(bin, 'sallyport'), 0o755);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(command: string, args: readonly string[], cwd = folder): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

test('ci.sh of a new project passes, with a pack beside its policies', { timeout: 400_000 }, async () => {
  expect(await run(process.execPath, [main, 'init', '--pack', 'destructive-sql'])).toMatchObject({ code: 0 });
  const { code, output } = await run(join(folder, 'ci.sh'), []);
  expect([code, output]).toEqual([0, expect.stringContaining('16 cases')]);
  for (const report of ['check.xml', 'lint.sarif', 'test.xml', 'bundle.tar.gz']) {
    expect(existsSync(join(folder, 'reports', report))).toBe(true);
  }
});

test('a gateway takes the configuration of a new project', { timeout: 120_000 }, async () => {
  const { code, output } = await run(process.execPath, [main, 'serve', '--config', 'sallyport.yaml', '--check']);
  expect([code, output]).toEqual([0, expect.stringContaining('sallyport.yaml holds')]);
});

test("a new dialect's own tests pass", { timeout: 120_000 }, async () => {
  expect(await run(process.execPath, [main, 'new', 'dialect', 'my-store'])).toMatchObject({ code: 0 });
  const { code, output } = await run(process.execPath, ['--test'], join(folder, 'my-store'));
  expect([code, output]).toEqual([0, expect.stringMatching(/fail 0\n/)]);
});
