import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInDialects } from '../../cli/dialects.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { PolicyTestCase } from '../../engine/compiler/protocol.ts';
import { buildRequest } from '../../engine/load.ts';
import { packageRoot } from '../../engine/package-root.ts';
import { readPolicyFolder } from '../../engine/policy-folder.ts';
import kvline from '../../examples/third-party-dialect/index.js';

// Every *_test.rego that comes with Sallyport, run by OPA's own tester with the schema and the builtins of a real engine.

const library = 'policies/lib';
const folders = [
  library,
  ...below('policies/packs'),
  ...below('examples').map((folder) => `${folder}/policies`),
].filter(hasTests);

const dialects = [...(await Promise.all(Object.values(builtInDialects).map((create) => create()))), kvline];
const compiler = createPolicyCompiler();
const cases = new Map<string, readonly PolicyTestCase[]>();
try {
  for (const folder of folders) cases.set(folder, await run(folder));
} finally {
  await compiler.close();
}

it('finds the tests of the library, of every pack and of the examples', () => {
  expect(folders).toContain(library);
  for (const pack of below('policies/packs')) expect(folders).toContain(pack);
  for (const folder of folders) expect(cases.get(folder)?.length, folder).toBeGreaterThan(0);
});

describe.each([...cases])('%s', (_folder, list) => {
  it.each(list.map((one) => [`${one.package}.${one.name}`, one] as const))('%s', (_name, one) => {
    expect(one.status, `${one.file}:${one.row}: ${one.message ?? ''}\n${one.output ?? ''}`).toBe('passed');
  });
});

async function run(folder: string): Promise<readonly PolicyTestCase[]> {
  // The library is part of every request already, under names of its own.
  const isLibrary = folder === library;
  const sources = isLibrary ? { modules: {}, data: {} } : await readPolicyFolder(join(packageRoot(), folder));
  const { result, diagnostics } = await compiler.test(await buildRequest(sources, { dialects }));
  if (result === undefined) throw new Error(`${folder}: ${JSON.stringify(diagnostics, undefined, 2)}`);
  return result.cases.filter(({ file }) => file.startsWith('sallyport:') === isLibrary);
}

function below(folder: string): string[] {
  return readdirSync(join(packageRoot(), folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}

function hasTests(folder: string): boolean {
  const path = join(packageRoot(), folder);
  return existsSync(path) && readdirSync(path, { recursive: true }).some((name) => String(name).endsWith('_test.rego'));
}
