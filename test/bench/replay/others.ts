import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { buildRequest } from '../../../engine/load.ts';
import { packageRoot } from '../../../engine/package-root.ts';
import { readPolicySources } from '../../../engine/policy-sources.ts';
import { findProgram } from '../../e2e/support/installations.ts';

type Print = (line: string) => void;

/**
 * Has OPA and conftest decide on the inputs of the first recorded commands, by the same policies. They are handed the
 * inputs as files, as they want them; neither reads recordings, verifies or parses SQL.
 */
export async function compareWithOthers(
  recordings: string,
  places: readonly string[],
  inputs: number,
  print: Print,
): Promise<void> {
  const folder = path.join(recordings, 'others');
  fs.rmSync(folder, { recursive: true, force: true });
  const policies = path.join(folder, 'policies');
  await writePolicies(places, policies);
  const written = writeInputs(recordings, path.join(folder, 'inputs'), inputs);
  const opa = program('opa', 'github.com/open-policy-agent/opa@v1.22.0', print);
  if (opa !== undefined) {
    time(print, 'opa exec', written, opa, [
      'exec',
      '--decision',
      'sallyport/decision',
      '-b',
      policies,
      path.join(folder, 'inputs'),
    ]);
  }
  const conftest = program('conftest', 'github.com/open-policy-agent/conftest@v0.71.1', print);
  if (conftest !== undefined) {
    // It knows deny, violation and warn alone: the packs' deny rules, without reviews, masks or the merge.
    time(print, 'conftest test (deny rules)', written, conftest, [
      'test',
      '--all-namespaces',
      '--no-color',
      '-o',
      'json',
      '-p',
      policies,
      path.join(folder, 'inputs'),
    ]);
  }
  fs.rmSync(folder, { recursive: true, force: true });
}

/** The packs, the library, and the module that the compiler generates of them. */
async function writePolicies(places: readonly string[], folder: string): Promise<void> {
  const compiler = createPolicyCompiler();
  const request = await buildRequest(await readPolicySources(places), { dialects: [await createPostgresDialect()] });
  const { result } = await compiler.build(request);
  await compiler.close();
  if (result === undefined) throw new Error('the packs do not compile');
  const modules = { ...request.modules, 'collected.rego': result.collected };
  for (const [name, text] of Object.entries(modules)) {
    if (name.endsWith('_test.rego')) continue;
    const file = path.join(folder, name.replaceAll(':', '/'));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

function writeInputs(recordings: string, folder: string, most: number): number {
  fs.mkdirSync(folder, { recursive: true });
  let written = 0;
  const files = fs
    .readdirSync(recordings, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'));
  for (const file of files.sort()) {
    for (const line of fs.readFileSync(path.join(recordings, file), 'utf8').split('\n')) {
      if (written >= most) return written;
      if (!line.includes('"type":"command"')) continue;
      const { input } = JSON.parse(line) as { input: unknown };
      fs.writeFileSync(path.join(folder, `${String(written).padStart(6, '0')}.json`), JSON.stringify(input));
      written += 1;
    }
  }
  return written;
}

/** A program of the machine, or one built by its Go; undefined, and told, where there is neither. */
function program(name: string, module: string, print: Print): string | undefined {
  const installed = process.env[name.toUpperCase()] ?? findProgram(name);
  if (installed !== undefined) return installed;
  const folder = path.join(packageRoot(), 'node_modules', '.cache', 'sallyport-bench', 'go');
  const built = path.join(folder, name);
  if (fs.existsSync(built)) return built;
  const go = findProgram('go') ?? (fs.existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
  if (go === undefined) {
    print(`skipped: ${name} (not installed, and there is no Go to build it)`);
    return undefined;
  }
  const { status } = spawnSync(go, ['install', module], { env: { ...process.env, GOBIN: folder }, stdio: 'ignore' });
  if (status === 0) return built;
  print(`skipped: ${name} (${module} could not be built)`);
  return undefined;
}

function time(print: Print, what: string, inputs: number, command: string, args: readonly string[]): void {
  const output = { stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'], maxBuffer: 1024 ** 3 };
  const startUp = seconds(() => execFileSync(command, ['--help'], output));
  const took = seconds(() => {
    // conftest ends with 1 where anything is denied.
    const { status, stderr } = spawnSync(command, [...args], output);
    if (status !== 0 && !(command.endsWith('conftest') && status === 1)) throw new Error(stderr.toString());
  });
  print(
    `${what}: ${inputs} inputs in ${took.toFixed(1)} s, ${Math.round(inputs / took)} a second (it starts in ${startUp.toFixed(2)} s)`,
  );
}

function seconds(act: () => void): number {
  const started = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - started) / 1e9;
}
