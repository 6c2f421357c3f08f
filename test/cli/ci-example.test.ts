import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');
const example = join(root, 'examples', 'ci');

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly strategy?: { readonly matrix: { readonly shard: number[] } }; readonly steps: Step[] }>
  >;
}

const workflow = parse(readFileSync(join(example, '.github', 'workflows', 'policies.yml'), 'utf8')) as Workflow;

/** What a job runs of Sallyport, once for each of its shards. */
function commandsOf(job: string): string[] {
  const { strategy, steps } = workflow.jobs[job] ?? { steps: [] };
  const shards = strategy?.matrix.shard ?? [0];
  return shards.flatMap((shard) =>
    steps
      .map(({ run = '' }) => run.replaceAll('${{ matrix.shard }}', String(shard)))
      .filter((run) => run.startsWith('npx sallyport')),
  );
}

/** A checkout of the example, with the base of the pull request beside it as the workflow has it. */
let folder = '';
/** Comes first in the PATH: `npx` is this checkout's command line, `gh` writes down what it was asked. */
let tools = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-ci-'));
  cpSync(example, folder, { recursive: true });
  cpSync(join(example, 'policies'), join(folder, 'base', 'policies'), { recursive: true });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(folder, 'signing-key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  tools = join(folder, 'tools');
  mkdirSync(tools);
  tool('npx', `shift\nexec '${process.execPath}' '${join(root, 'dist', 'cli', 'main.js')}' "$@"\n`);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function tool(name: string, script: string): void {
  writeFileSync(join(tools, name), `#!/bin/sh\n${script}`);
  chmodSync(join(tools, name), 0o755);
}

function run(command: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const { PATH = '', HOME } = process.env;
    const child = spawn('sh', ['-c', command], {
      cwd: folder,
      env: { PATH: `${tools}:${PATH}`, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? -1, output });
    });
  });
}

/** Compilers start in each of them, on machines that have other things to do. */
const patient = 240_000;

describe('the example of a policy repository', () => {
  test.each(['check', 'release'].flatMap((job) => commandsOf(job).map((command) => [job, command])))(
    'passes its own job %s: %s',
    async (_job, command) => {
      const { code, output } = await run(command);
      expect(code, output).toBe(0);
    },
    patient,
  );

  test('wrote the reports that the workflow uploads', () => {
    const files = ['reports/check.sarif', 'reports/lint.sarif', 'reports/test.xml', 'bundle.tar.gz'];
    expect(files.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
  });

  test(
    'replays its recordings in shards, and puts them together for a comment',
    async () => {
      for (const command of [...commandsOf('replay'), ...commandsOf('comment')]) {
        const { code, output } = await run(command);
        expect(code, `${command}\n${output}`).toBe(0);
      }
      expect(readFileSync(join(folder, 'replay.md'), 'utf8')).toMatch(/^<!-- sallyport:replay -->\n### ✅ /);
    },
    patient,
  );

  test(
    'fails where the policies are no good',
    async () => {
      const policy = join(folder, 'policies', 'shop.rego');
      const good = readFileSync(policy, 'utf8');
      writeFileSync(policy, good.replace('input.subject.kind', 'input.subject.knid'));
      const [, check = ''] = commandsOf('check');
      const { code, output } = await run(check);
      writeFileSync(policy, good);
      expect(code).toBe(1);
      expect(output).toMatch(/^::error file=policies\/shop\.rego,line=\d+,col=\d+,/m);
    },
    patient,
  );

  test('gives no job more rights than it needs, and no text of a pull request to a shell', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const scripts = Object.values(workflow.jobs).flatMap(({ steps }) => steps.map((step) => step.run ?? ''));
    const inserted = scripts.join('\n').match(/\$\{\{[^}]*\}\}/g) ?? [];
    expect(new Set(inserted)).toEqual(new Set(['${{ matrix.shard }}']));
  });
});

describe('the comment on a pull request', () => {
  const comment = async (before: string): Promise<string[]> => {
    tool('gh', `printf '%s\\n' "$*" >> gh.log\ncase "$*" in *--jq*) printf '%s' '${before}';; esac\n`);
    writeFileSync(join(folder, 'report.md'), '<!-- sallyport:replay -->\n### ✅ fine\n');
    rmSync(join(folder, 'gh.log'), { force: true });
    const env = { REPOSITORY: 'acme/policies', NUMBER: '7', GH_TOKEN: 'x' };
    const { code, output } = await run('sh .github/comment.sh report.md', env);
    expect(code, output).toBe(0);
    return readFileSync(join(folder, 'gh.log'), 'utf8').trim().split('\n').slice(-1);
  };

  test('is written where there is none', async () => {
    expect(await comment('')).toEqual([
      'api --method POST repos/acme/policies/issues/7/comments --field body=@report.md --silent',
    ]);
  });

  test('replaces the one that was written before', async () => {
    expect(await comment('41\n42\n')).toEqual([
      'api --method PATCH repos/acme/policies/issues/comments/41 --field body=@report.md --silent',
    ]);
  });
});
