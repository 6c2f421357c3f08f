import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { runCheck } from '../../../cli/commands/check.ts';
import { runFmt } from '../../../cli/commands/fmt.ts';
import { runInit, type InitOptions } from '../../../cli/commands/init.ts';
import { runLint } from '../../../cli/commands/lint.ts';
import { runNew, type NewKind, type NewOptions } from '../../../cli/commands/new.ts';
import { runTest } from '../../../cli/commands/test.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { packageVersion } from '../../../cli/version.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { createPolicyLinter } from '../../../engine/linter/linter.ts';
import { fakeStreams } from '../fake-streams.ts';

const compiler = createPolicyCompiler();
const linter = createPolicyLinter();
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-scaffold-'));
});
afterAll(async () => {
  await Promise.all([compiler.close(), linter.close()]);
  rmSync(root, { recursive: true });
});

const newFolder = (): string => mkdtempSync(join(root, 'project-'));

async function init(folder: string, options: InitOptions = {}) {
  const streams = fakeStreams([]);
  const exitCode = await runInit(folder, options, streams);
  return { exitCode, output: streams.output() };
}

async function create(kind: NewKind, name: string, options: NewOptions) {
  const streams = fakeStreams([]);
  const exitCode = await runNew(kind, name, options, streams);
  return { exitCode, output: streams.output() };
}

/** What each of the commands says of a folder of policies. */
async function verdicts(place: string): Promise<Record<string, number | string>> {
  const streams = fakeStreams([]);
  const codes = {
    check: await runCheck([place], {}, streams, compiler),
    lint: await runLint([place], {}, streams, linter),
    fmt: await runFmt([place], { check: true }, streams, compiler),
    test: await runTest([place], { threshold: 100 }, streams, compiler),
  };
  // What was said is part of the comparison, so that a failure shows it.
  return Object.values(codes).every((code) => code === 0) ? codes : { ...codes, output: streams.output() };
}

const sound = { check: 0, lint: 0, fmt: 0, test: 0 };

const files = [
  '.github/workflows/policies.yml',
  '.gitignore',
  'ci.sh',
  'package.json',
  'policies/access.rego',
  'policies/access_cases.yaml',
  'policies/access_test.rego',
  'sallyport.yaml',
];

describe('init', () => {
  test('in an empty folder makes policies that pass check, lint, fmt and test, every line covered', async () => {
    const folder = newFolder();
    const { exitCode, output } = await init(folder);
    expect(exitCode).toBe(0);
    expect(output.split('\n').slice(0, files.length)).toEqual(files.map((file) => `  created  ${file}`));
    expect(output).toContain('\nNext\n');
    expect(await verdicts(join(folder, 'policies'))).toEqual(sound);
  }, 120_000);

  test('makes a configuration that holds', async () => {
    const folder = newFolder();
    await init(folder, { pack: ['destructive-sql'] });
    const { config } = loadConfig(join(folder, 'sallyport.yaml'), ['postgres']);
    expect(config).toMatchObject({
      policies: ['policies', 'pack:destructive-sql'],
      listeners: [{ protocol: 'postgres' }],
    });
  });

  test('makes a workflow that runs what ci.sh runs, and names no registry', async () => {
    const folder = newFolder();
    await init(folder);
    const workflow = readFileSync(join(folder, '.github/workflows/policies.yml'), 'utf8');
    const script = readFileSync(join(folder, 'ci.sh'), 'utf8');
    const commands = (text: string): string[] =>
      [...text.matchAll(/^(?: {6}- run: )?npx sallyport (\w+) policies/gm)].map(([, verb]) => verb ?? '');
    expect(commands(workflow)).toEqual(['check', 'lint', 'fmt', 'test', 'build']);
    expect(commands(script)).toEqual(commands(workflow));
    expect(parseYaml(workflow)).toMatchObject({
      jobs: { policies: { steps: expect.arrayContaining([{ run: 'npm ci' }]) as unknown } },
    });
    expect(workflow).toContain('#         npx sallyport replay recordings');
    for (const text of [workflow, script]) expect(text).not.toMatch(/registry|https?:\/\//);
    expect(statSync(join(folder, 'ci.sh')).mode & 0o111).not.toBe(0);
  });

  test('pins this version of Sallyport', async () => {
    const folder = newFolder();
    await init(folder);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ private: true, devDependencies: { sallyport: packageVersion() } });
  });

  test('makes the folder, and those above it', async () => {
    const folder = join(newFolder(), 'deep', 'er');
    await init(folder);
    expect(existsSync(join(folder, 'policies', 'access.rego'))).toBe(true);
  });

  test('keeps what is there, and says so', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'README.md'), 'mine');
    writeFileSync(join(folder, 'package.json'), '{"name": "mine"}');
    symlinkSync('/no/such/file', join(folder, '.gitignore'));
    const { output } = await init(folder);
    expect(output).toContain('  kept     package.json  it is there already\n');
    expect(output).toContain('  kept     .gitignore  it is there already\n');
    expect(output).toContain(`$ npm install --save-dev --save-exact sallyport@${packageVersion()}\n`);
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{"name": "mine"}');
    expect(await verdicts(join(folder, 'policies'))).toEqual(sound);
  }, 120_000);

  test('adds no policy to policies that are there, for its allows would count', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'policies', 'team'), { recursive: true });
    writeFileSync(join(folder, 'policies', 'team', 'own.rego'), 'package policy.own\n');
    const { output } = await init(folder);
    expect(output).toContain('  kept     policies/access.rego  policies/ has policies already');
    expect(existsSync(join(folder, 'policies', 'access.rego'))).toBe(false);
    expect(existsSync(join(folder, 'sallyport.yaml'))).toBe(true);
  });

  test('changes nothing when it is run again', async () => {
    const folder = newFolder();
    await init(folder);
    const { output } = await init(folder, { format: 'json' });
    const report = JSON.parse(output) as { files: { path: string; action: string; reason?: string }[] };
    expect(report.files).toEqual(files.map((path) => ({ path, action: 'keep' })));
  });

  test('--force replaces what is there', async () => {
    const folder = newFolder();
    await init(folder);
    writeFileSync(join(folder, 'policies', 'access.rego'), 'broken');
    const { output } = await init(folder, { force: true });
    expect(output).toContain('  replaced policies/access.rego\n');
    expect(readFileSync(join(folder, 'policies', 'access.rego'), 'utf8')).toContain('package policy.access');
  });

  test('--dry-run says what it would do, and does nothing', async () => {
    const folder = join(root, 'not-there');
    const { output } = await init(folder, { dryRun: true });
    expect(output).toContain('would be created policies/access.rego\n');
    expect(existsSync(folder)).toBe(false);
  });

  test('--pack joins the gateway, the check and the bundle', async () => {
    const folder = newFolder();
    await init(folder, { pack: ['destructive-sql', 'exfiltration', 'destructive-sql'] });
    const script = readFileSync(join(folder, 'ci.sh'), 'utf8');
    expect(script).toContain('sallyport check policies pack:destructive-sql pack:exfiltration --report');
    expect(script).toContain('sallyport build policies pack:destructive-sql pack:exfiltration --output');
    const workflow = readFileSync(join(folder, '.github/workflows/policies.yml'), 'utf8');
    expect(workflow).toContain('--bundle policies --bundle pack:destructive-sql --bundle pack:exfiltration --baseline');
  });

  test('of an unknown pack names those that there are, and writes nothing', async () => {
    const folder = newFolder();
    await expect(init(folder, { pack: ['nope'] })).rejects.toMatchObject({
      code: 'SP_BUNDLE_NOT_FOUND',
      help: expect.stringContaining('destructive-sql') as string,
    });
    expect(existsSync(join(folder, 'policies'))).toBe(false);
  });

  // A superuser may write where the mode says that nobody does; /proc takes no folders of anybody.
  test.each<[string, () => string]>([
    ['a folder that cannot be made', () => '/proc/sallyport'],
    [
      'a file',
      () => {
        const file = join(newFolder(), 'file');
        writeFileSync(file, '');
        return file;
      },
    ],
    [
      'a folder below a file',
      () => {
        const file = join(newFolder(), 'file');
        writeFileSync(file, '');
        return join(file, 'below');
      },
    ],
  ])('refuses %s', async (_what, folder) => {
    await expect(init(folder())).rejects.toMatchObject({ code: 'SP_OUTPUT_FAILED' });
  });

  test.skipIf(process.getuid?.() === 0)('refuses a folder that is read-only, and writes nothing', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'policies'), { mode: 0o555 });
    await expect(init(folder)).rejects.toMatchObject({ code: 'SP_OUTPUT_FAILED' });
    expect(existsSync(join(folder, 'package.json'))).toBe(false);
  });
});

describe('new', () => {
  test.each([['payments'], ['sensitive-tables'], ['team_2']])(
    'policy %s passes check, lint, fmt and test, every line covered',
    async (name) => {
      const folder = newFolder();
      const { exitCode, output } = await create('policy', name, { folder });
      const file = join(folder, `${name.replaceAll('-', '_')}.rego`);
      expect([exitCode, output]).toEqual([0, expect.stringContaining(`  created  ${file}\n`)]);
      expect(await verdicts(folder)).toEqual(sound);
      expect(readFileSync(file, 'utf8')).not.toMatch(/example/i);
    },
    120_000,
  );

  test('policies stand beside each other, and beside those of init', async () => {
    const folder = newFolder();
    await init(folder);
    const policies = join(folder, 'policies');
    await create('policy', 'payments', { folder: policies });
    await create('policy', 'salaries', { folder: policies });
    await create('case', 'refunds', { folder: policies });
    expect(await verdicts(policies)).toEqual(sound);
  }, 120_000);

  test('case leads to the schema from where it stands', async () => {
    const folder = newFolder();
    const { output } = await create('case', 'refunds', { folder, format: 'json' });
    expect(JSON.parse(output)).toMatchObject({
      files: [{ path: join(folder, 'refunds_cases.yaml'), action: 'create' }],
    });
    const [header = ''] = readFileSync(join(folder, 'refunds_cases.yaml'), 'utf8').split('\n');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.+)$/.exec(header) ?? [];
    expect(join(folder, schema)).toBe(join(process.cwd(), 'node_modules/sallyport/cli/cases/cases.schema.json'));
  });

  test('dialect is a package of its own, named as it is', async () => {
    const folder = join(newFolder(), 'dialect');
    await create('dialect', 'my-store', { folder });
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      name: 'sallyport-dialect-my-store',
      peerDependencies: { sallyport: packageVersion() },
    });
    expect(readFileSync(join(folder, 'index.js'), 'utf8')).toContain("const NAME = 'my-store';");
  });

  test('never overwrites, but with --force', async () => {
    const folder = newFolder();
    await create('policy', 'payments', { folder });
    const file = join(folder, 'payments.rego');
    writeFileSync(file, 'mine');
    rmSync(join(folder, 'payments_test.rego'));
    await expect(create('policy', 'payments', { folder })).rejects.toMatchObject({
      code: 'SP_OUTPUT_FAILED',
      message: `${file} would be overwritten.`,
    });
    expect(existsSync(join(folder, 'payments_test.rego'))).toBe(false);
    const { output } = await create('policy', 'payments', { folder, dryRun: true });
    expect(output).toContain(`kept             ${file}  it is there already\n`);
    await create('policy', 'payments', { folder, force: true });
    expect(readFileSync(file, 'utf8')).toContain('package policy.payments');
  });

  test.each<[NewKind, string]>([
    ['policy', 'default'],
    ['policy', 'Payments'],
    ['policy', '2nd'],
    ['policy', 'a.b'],
    ['policy', '../up'],
    ['policy', 'payments_test'],
    ['case', 'some-cases'],
    ['dialect', ''],
    ['dialect', 'my store'],
  ])('%s takes no name like %j', async (kind, name) => {
    const folder = newFolder();
    await expect(create(kind, name, { folder })).rejects.toMatchObject({ code: 'SP_USAGE' });
  });
});
