import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { runCheck } from '../../cli/commands/check.ts';
import { runFmt } from '../../cli/commands/fmt.ts';
import { runTest } from '../../cli/commands/test.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { packageRoot } from '../../engine/package-root.ts';
import { fakeStreams } from '../cli/fake-streams.ts';

// What comes with Sallyport passes what Sallyport asks of policies: the commands' own check, format and tests. (Lint has
// its own test, test/linter.)

// The first run compiles the artifact as well.
const SLOW_MS = 120_000;

const root = packageRoot();
const packs = below('policies/packs');
// examples/ci has a test of its own: its policies stand beside a pack.
const examples = below('examples')
  .filter((folder) => folder !== 'examples/ci')
  .map((folder) => `${folder}/policies`)
  .filter((folder) => existsSync(join(root, folder)));
const kvline = join(root, 'examples', 'third-party-dialect');
const compiler = createPolicyCompiler({ timeoutMs: 120_000 });
afterAll(() => compiler.close());

it('finds the packs and the examples', () => {
  expect(packs.length).toBeGreaterThanOrEqual(7);
  expect(examples.length).toBeGreaterThanOrEqual(4);
});

test.each(packs)(
  'tests and cases of %s pass, and leave no line of it uncovered',
  async (pack) => {
    expect(existsSync(join(root, pack, 'README.md'))).toBe(true);
    expect(await run((streams) => runTest([join(root, pack)], { threshold: 100 }, streams, compiler))).toEqual(passed);
  },
  SLOW_MS,
);

test.each(['policies/lib', ...examples])(
  'tests and cases of %s pass',
  async (place) => {
    const options = place.includes('third-party') ? { dialect: [kvline] } : {};
    expect(await run((streams) => runTest([join(root, place)], options, streams, compiler))).toEqual(passed);
  },
  SLOW_MS,
);

describe('what is shipped', () => {
  const places = packs.map((pack) => join(root, pack));

  test(
    'compiles strictly, all packs together',
    async () => {
      expect(await run((streams) => runCheck(places, {}, streams, compiler))).toEqual(passed);
    },
    SLOW_MS,
  );

  test('is formatted', async () => {
    const folders = [join(root, 'policies'), ...examples.map((example) => join(root, example))];
    expect(await run((streams) => runFmt(folders, { check: true }, streams, compiler))).toEqual(passed);
  });
});

const passed = { code: 0, failures: [] };

/** Exit code, and the lines that say what failed. */
async function run(
  command: (streams: ReturnType<typeof fakeStreams>) => Promise<number>,
): Promise<{ code: number; failures: readonly string[] }> {
  const streams = fakeStreams([]);
  const code = await command(streams);
  return { code, failures: code === 0 ? [] : streams.output().split('\n') };
}

function below(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}
