import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf, type Bundle } from '../../engine/bundle.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { createEngine } from '../../engine/engine.ts';
import { buildRequest, loadBundle } from '../../engine/load.ts';
import { readPolicySources } from '../../engine/policy-sources.ts';

const compiler = createPolicyCompiler();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-lineage-'));
});
afterAll(async () => {
  await compiler.close();
  await rm(folder, { recursive: true });
});

async function folderOf(rego: string, data?: object): Promise<string> {
  const path = await mkdtemp(join(folder, 'p'));
  await writeFile(join(path, 'p.rego'), rego);
  if (data !== undefined) await writeFile(join(path, 'data.json'), JSON.stringify(data));
  return path;
}

const shop = 'package policy.shop\n\n';
const open = 'allow contains "yes"\n\n';

describe('lineage is followed where decisions can depend on it', () => {
  it.each<[string, string, boolean]>([
    ['a rule that masks', 'mask contains {"labels": ["pii"], "with": "hash"}', true],
    ['one that masks in a package below', 'team.mask contains {"labels": ["pii"], "with": "hash"}', true],
    ['the result', 'deny contains "x" if input.result.columns[_].provenance == "unknown"', true],
    ['labels of columns', 'deny contains "x" if "pii" in input.command.attributes.columns.read[_].labels', true],
    ['all attributes', 'deny contains "x" if count(input.command.attributes) > 7', true],
    ['the whole input', 'deny contains "x" if contains(json.marshal(input), "pii")', true],
    ['what a helper reads', 'deny contains "x" if wide\n\nwide if count(input.result.columns) > 9', true],
    ['an attribute that a variable names', 'deny contains "x" if input.command.attributes[_] == 7', true],
    ['other attributes', 'deny contains "x" if input.command.attributes.limit == 7', false],
    ['the command', 'deny contains "x" if input.command.verb == "drop"', false],
    ['what no decision asks for', 'wide if count(input.result.columns) > 9', false],
  ])('%s: %s', async (_name, rule, wanted) => {
    const bundle = await loadBundle(await folderOf(`${shop}${open}${rule}\n`), { compiler });
    expect(bundle.lineage).toBe(wanted);
    expect(createEngine(bundle).wantsLineage).toBe(wanted);
  });

  it('what sessions ask does not count', async () => {
    const path = await folderOf('package policy.session\n\nallow contains "yes" if input.subject.kind == "human"\n');
    expect((await loadBundle(path, { compiler })).lineage).toBe(false);
  });
});

describe('a built bundle says it in its manifest', () => {
  async function builtOf(rego: string, metadata?: object): Promise<Bundle> {
    const sources = await readPolicySources([await folderOf(`${shop}${open}${rego}`)]);
    const { result, diagnostics } = await compiler.build({ ...(await buildRequest(sources, {})), revision: 'r' });
    if (result === undefined) throw new Error(JSON.stringify(diagnostics));
    const manifest = JSON.stringify({ revision: 'r', metadata: { sallyport: metadata ?? { schema: 1 } } });
    const files = new Map([
      ['policy.wasm', Buffer.from(result.wasm)],
      ['.manifest', Buffer.from(manifest)],
    ]);
    return bundleOf({ path: 'b.tar.gz', bytes: 0, files });
  }

  it.each<[string, object, boolean]>([
    ['yes', { schema: 1, lineage: true }, true],
    ['no', { schema: 1, lineage: false }, false],
    ['nothing, as before lineage was followed: it is', { schema: 1 }, true],
    ['something else', { schema: 1, lineage: 'no' }, true],
  ])('%s', async (_name, metadata, wanted) => {
    expect(createEngine(await builtOf('', metadata)).wantsLineage).toBe(wanted);
  });
});

describe('labels of columns stand in the data, at `labels`', () => {
  it.each<[string, object | undefined, unknown]>([
    ['there', { labels: { 'shop.public.customers.email': ['pii'] } }, { 'shop.public.customers.email': ['pii'] }],
    ['not there', undefined, undefined],
    ['as they are written, whatever they are', { labels: 'none' }, 'none'],
  ])('%s', async (_name, data, expected) => {
    const bundle = await loadBundle(await folderOf(`${shop}${open}`, data), { compiler });
    expect(createEngine(bundle).labels).toEqual(expected);
  });
});
