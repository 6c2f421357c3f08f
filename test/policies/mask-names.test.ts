import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { readLibrary } from '../../engine/load.ts';
import { packageRoot } from '../../engine/package-root.ts';
import { DETECTORS } from '../../proxy/masking/detectors/names.ts';
import { MASK_WAYS } from '../../proxy/masking/plan.ts';

// Policies, lint and the gateway each know the ways and the detectors by a list of their own; here they are one.

const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

async function library(name: string): Promise<unknown> {
  const { modules } = await readLibrary();
  return (await compiler.evaluate({ modules, query: `data.sallyport.masking.${name}` })).result?.value;
}

describe('policies know what the gateway can', () => {
  test('ways, from the least private to the most', async () => {
    expect(await library('ways')).toEqual([...MASK_WAYS]);
  });
  test('detectors', async () => {
    expect(await library('detectors')).toEqual([...DETECTORS].sort());
  });
});

describe('so does lint', () => {
  const rule = readFileSync(join(packageRoot(), 'policies/lint/obligation-options/obligation-options.rego'), 'utf8');
  test.each<[string, readonly string[]]>([
    ['ways', MASK_WAYS],
    ['detectors', DETECTORS],
  ])('%s', (name, known) => {
    const [, list] = new RegExp(`^${name} := (\\[[^\\]]*\\])`, 'm').exec(rule) ?? [];
    expect(JSON.parse(list ?? 'null')).toEqual(known);
  });
});
