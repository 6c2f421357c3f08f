import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, PolicySourcesError, readPolicyFolder } from '../../engine/policy-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-policies-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function put(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

describe('reading a folder of policies', () => {
  it('takes Rego and data files at any depth, and leaves hidden and foreign files out', async () => {
    await put({
      'a.rego': 'package policy.a',
      'deep/er/b.rego': 'package policy.b',
      'data.json': '{"top": 1, "deep": {"shallow": 0}}',
      'deep/data.yaml': 'list: [1, 2]',
      'deep/er/data.json': '{"x": true}',
      'README.md': '#',
      '.git/x.rego': 'no',
      'node_modules/y.rego': 'no',
    });
    const { modules, data } = await readPolicyFolder(folder);
    expect(modules).toEqual({ 'a.rego': 'package policy.a', 'deep/er/b.rego': 'package policy.b' });
    expect(data).toEqual({ top: 1, deep: { shallow: 0, list: [1, 2], er: { x: true } } });
  });

  it('takes one file', async () => {
    await put({ 'only.rego': 'package policy.only' });
    expect((await readPolicyFolder(join(folder, 'only.rego'))).modules).toEqual({ 'only.rego': 'package policy.only' });
  });

  it.each([
    ['no such folder', {}, 'missing', 'SP_BUNDLE_NOT_FOUND', /missing/],
    ['broken JSON', { 'x/data.json': '{' }, '.', 'SP_POLICY_INVALID', /^x\/data\.json: /],
    ['a file that is no policy', { 'README.md': '#' }, 'README.md', 'SP_BUNDLE_NOT_FOUND', /neither a folder/],
    ['Rego that is too large', { 'a.rego': '#'.repeat(4_194_305) }, '.', 'SP_POLICY_INVALID', /4194305 bytes/],
    ['data that is no object', { 'data.yaml': '- 1' }, '.', 'SP_POLICY_INVALID', /must hold an object/],
    [
      'one key twice',
      { 'data.json': '{"a": {"b": 1}}', 'a/data.json': '{"b": 2}' },
      '.',
      'SP_POLICY_INVALID',
      /"b" already/,
    ],
  ])('%s is an error', async (_name, files, path, code, message) => {
    await put(files);
    await expect(readPolicyFolder(join(folder, path))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it('names every file that cannot be taken at once', async () => {
    await put({ 'a/data.json': '{', 'b/data.yaml': '- 1', 'good.rego': 'package policy.good' });
    await writeFile(join(folder, 'latin1.rego'), Buffer.from('package policy.caf\xe9', 'latin1'));
    await mkdir(join(folder, 'folder.rego'));
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling.rego'));
    const error = await readPolicyFolder(folder).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(PolicySourcesError);
    expect((error as PolicySourcesError).diagnostics).toMatchObject([
      { file: join(folder, 'a', 'data.json') },
      { file: join(folder, 'b', 'data.yaml'), message: expect.stringContaining('must hold an object') as string },
      { file: join(folder, 'dangling.rego'), message: expect.stringContaining('ENOENT') as string },
      { file: join(folder, 'latin1.rego'), message: 'it is not valid UTF-8' },
    ]);
  });

  it('does not follow links back into folders that it came through', async () => {
    await put({ 'a/p.rego': 'package policy.a' });
    await symlink(folder, join(folder, 'a', 'loop'));
    expect(Object.keys((await readPolicyFolder(folder)).modules)).toEqual(['a/p.rego']);
  });

  it('gives the same digest for the same sources only', async () => {
    await put({ 'a.rego': 'package policy.a', 'data.json': '{"a": 1}' });
    const first = digestOf(await readPolicyFolder(folder));
    expect(digestOf(await readPolicyFolder(folder))).toBe(first);
    await put({ 'data.json': '{"a": 2}' });
    expect(digestOf(await readPolicyFolder(folder))).not.toBe(first);
  });
});
