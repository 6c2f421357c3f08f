import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicySources } from '../../engine/policy-sources.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sallyport-sources-')));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function put(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const at = (...names: string[]): string[] => names.map((name) => join(folder, name));

describe('reading policies from several places', () => {
  it('names modules relative to a place that stands alone', async () => {
    await put({ 'p/x/a.rego': 'package policy.a' });
    const { modules, files } = await readPolicySources(at('p'));
    expect(modules).toEqual({ 'x/a.rego': 'package policy.a' });
    expect(files).toEqual({ 'x/a.rego': join(folder, 'p/x/a.rego') });
  });

  it('names modules relative to the folder that holds all places, and merges data', async () => {
    await put({
      'p/a.rego': 'package policy.a',
      'p/data.yaml': 'limits: {rows: 5}',
      'q/p/a.rego': 'package policy.b',
      'q/p/data.json': '{"limits": {"bytes": 6}}',
      'one.rego': 'package policy.one',
    });
    const { modules, data } = await readPolicySources([...at('p', 'q/p', 'one.rego'), ...at('p')]);
    expect(Object.keys(modules)).toEqual(['p/a.rego', 'q/p/a.rego', 'one.rego']);
    expect(data).toEqual({ limits: { rows: 5, bytes: 6 } });
  });

  it('reads a file once when two places hold it', async () => {
    await put({ 'p/x/a.rego': 'package policy.a', 'p/b.rego': 'package policy.b' });
    expect(Object.keys((await readPolicySources(at('p', 'p/x', 'p/b.rego'))).modules)).toEqual(['b.rego', 'x/a.rego']);
  });

  it('reads data once when a place stands in another or is given twice', async () => {
    await put({ 'p/x/data.json': '{"rows": 5}', 'p/x/a.rego': 'package policy.a' });
    for (const places of [at('p', 'p/x'), at('p/x', 'p'), at('p', 'p/.')]) {
      expect((await readPolicySources(places)).data).toEqual({ x: { rows: 5 } });
    }
  });

  it('takes shipped packs by name', async () => {
    await put({ 'p/a.rego': 'package policy.a' });
    const { modules } = await readPolicySources([...at('p'), 'pack:destructive-sql']);
    expect(Object.keys(modules)).toContain('a.rego');
    expect(Object.keys(modules).some((name) => /^pack:destructive-sql\/[^/]+\.rego$/.test(name))).toBe(true);
  });

  it('does not follow links that lead back, nor mind links to nowhere', async () => {
    await put({ 'p/x/a.rego': 'package policy.a' });
    await symlink('..', join(folder, 'p/x/up'));
    await symlink('nowhere', join(folder, 'p/x/lost'));
    expect(Object.keys((await readPolicySources(at('p'))).modules)).toEqual(['x/a.rego']);
  });

  it.each<[string, Record<string, string | Uint8Array>, string[], string, RegExp]>([
    ['an unknown pack', {}, ['pack:none'], 'SP_BUNDLE_NOT_FOUND', /no pack "none"/],
    ['a place that is not there', {}, ['nowhere-at-all'], 'SP_BUNDLE_NOT_FOUND', /nowhere-at-all/],
    ['Rego that is not UTF-8', { 'p/a.rego': Uint8Array.of(0xff, 0xfe) }, ['p'], 'SP_POLICY_INVALID', /a\.rego.*UTF-8/],
    [
      'data that two places give',
      { 'p/data.json': '{"a": 1}', 'q/data.json': '{"a": 2}' },
      ['p', 'q'],
      'SP_POLICY_INVALID',
      /"a" already/,
    ],
  ])('%s is an error', async (_name, files, places, code, message) => {
    await put(files);
    const absolute = places.map((place) => (place.startsWith('pack:') ? place : join(folder, place)));
    await expect(readPolicySources(absolute)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});
