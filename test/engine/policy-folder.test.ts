import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, readPolicyFolder } from '../../engine/policy-folder.ts';

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

  it('gives the same digest for the same sources only', async () => {
    await put({ 'a.rego': 'package policy.a', 'data.json': '{"a": 1}' });
    const first = digestOf(await readPolicyFolder(folder));
    expect(digestOf(await readPolicyFolder(folder))).toBe(first);
    await put({ 'data.json': '{"a": 2}' });
    expect(digestOf(await readPolicyFolder(folder))).not.toBe(first);
  });
});
