import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBuild } from '../../cli/commands/build.ts';
import { runInspect, type InspectOptions } from '../../cli/commands/inspect.ts';
import type { Inspection } from '../../cli/policy/inspection.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { tarGz } from '../engine/support/archives.ts';
import { fakeStreams } from './fake-streams.ts';
import { PolicyFolder } from './support/policy-folder.ts';

const compiler = createPolicyCompiler();
const folder = new PolicyFolder();
const foreign = fileURLToPath(new URL('../engine/fixtures/signed/opa-build-es256.tar.gz', import.meta.url));

const policy = `package policy.shop

import data.shop.limits

# METADATA
# title: Nobody drops
# custom: {id: SHOP-1, severity: high}
deny contains "no" if "drop" in input.command.effects

helper if input.subject.kind == "agent"

limit contains {"rows": limits.rows} if helper
`;

beforeAll(async () => {
  folder.put({ 'p/shop.rego': policy, 'p/shop/limits/data.json': '{"rows": 5}' });
  for (const name of ['release', 'other']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(folder.path(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(folder.path(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  const common = { revision: 'r1', format: 'json' } as const;
  const places = [folder.path('p')];
  await runBuild(places, { ...common, output: folder.path('plain.tar.gz') }, fakeStreams([]), compiler);
  const signing = { signingKey: folder.path('release.pem'), keyId: 'release' };
  await runBuild(places, { ...common, ...signing, output: folder.path('signed.tar.gz') }, fakeStreams([]), compiler);
});
afterAll(async () => {
  folder.remove();
  await compiler.close();
});

async function inspect(path: string, options: InspectOptions = {}) {
  const streams = fakeStreams([]);
  const exitCode = await runInspect([path], { format: 'json', ...options }, streams, compiler);
  return { exitCode, output: streams.output() };
}

async function details(path: string, options: InspectOptions = {}): Promise<Inspection & { exitCode: number }> {
  const { exitCode, output } = await inspect(path, options);
  return { exitCode, ...(JSON.parse(output) as Inspection) };
}

const read = [
  ['command', 'effects'],
  ['subject', 'kind'],
];

describe('inspect', () => {
  test('tells what a bundle of ours is, holds and reads', async () => {
    const told = await details(folder.path('plain.tar.gz'));
    expect(told).toMatchObject({
      exitCode: 0,
      revision: 'r1',
      schema: 1,
      roots: [''],
      signature: { state: 'none' },
      data: [{ name: 'shop', bytes: 21 }],
      untold: [],
    });
    expect(told.entrypoints).toContain('sallyport/decision');
    expect(told.reads?.input).toEqual(expect.arrayContaining(read));
    expect(told.reads?.builtins).toContain('eq');
    expect(told.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['policy.wasm', '.manifest', 'shop.rego']),
    );
  });

  test.each([
    ['a bundle', 'plain.tar.gz', 'shop.rego'],
    ['a folder', 'p', 'p/shop.rego'],
  ])('lists the rules of %s with their METADATA', async (_what, path, file) => {
    const { rules } = await details(folder.path(path));
    const shown = path === 'p' ? folder.path(file) : file;
    expect(rules).toEqual([
      {
        path: 'data.policy.shop.deny',
        package: 'policy.shop',
        name: 'deny',
        kind: 'set',
        effect: 'deny',
        file: shown,
        row: 8,
        title: 'Nobody drops',
        custom: { id: 'SHOP-1', severity: 'high' },
      },
      { path: 'data.policy.shop.helper', package: 'policy.shop', name: 'helper', kind: 'value', file: shown, row: 10 },
      {
        path: 'data.policy.shop.limit',
        package: 'policy.shop',
        name: 'limit',
        kind: 'set',
        effect: 'limit',
        file: shown,
        row: 12,
      },
    ]);
  });

  test('a folder reads what its bundle does', async () => {
    const folderReads = (await details(folder.path('p'))).reads;
    expect(folderReads).toEqual((await details(folder.path('plain.tar.gz'))).reads);
  });

  test.each<[string, string, string | undefined, object, number]>([
    ['without a key', 'signed.tar.gz', undefined, { state: 'not verified', keyId: 'release', algorithm: 'ES256' }, 0],
    ['with its key', 'signed.tar.gz', 'release.pub', { state: 'verified', keyId: 'release' }, 0],
    ['with another key', 'signed.tar.gz', 'other.pub', { state: 'invalid' }, 1],
    ['of which there is none', 'plain.tar.gz', 'release.pub', { state: 'none' }, 1],
  ])('tells of a signature %s', async (_what, bundle, key, signature, expected) => {
    const options = key === undefined ? {} : { verificationKey: folder.path(key) };
    const told = await details(folder.path(bundle), options);
    expect(told.signature).toMatchObject(signature);
    expect(told.rules).toHaveLength(3);
    expect(told.exitCode).toBe(expected);
  });

  test('tells what it can of a bundle that OPA built, and what it cannot', async () => {
    const { exitCode, revision, rules, signature, untold } = await details(foreign);
    expect({ exitCode, revision }).toEqual({ exitCode: 0, revision: 'signed by opa' });
    expect(signature).toMatchObject({ state: 'not verified', algorithm: 'ES256' });
    expect(rules).toMatchObject([{ path: 'data.policy.x.allow', file: 'x.rego', row: 3 }]);
    expect(untold).toEqual([
      'it holds no policy.wasm, so no gateway can load it',
      'which version of the input schema it was built for: Sallyport did not build it',
      'what it reads: it names no entrypoints',
    ]);
  });

  test('tells of policies that do not compile what it can', async () => {
    folder.put({ 'broken/a.rego': 'package policy.a\n\nallow contains "x" if input.nothing\n' });
    const { exitCode, rules, reads, untold } = await details(folder.path('broken'));
    expect({ exitCode, reads }).toEqual({ exitCode: 0, reads: undefined });
    expect(rules).toMatchObject([{ path: 'data.policy.a.allow' }]);
    expect(untold).toEqual(['what it reads: the policies do not compile, and `sallyport check` says why']);
  });

  test('shows it to a person, and lets nothing of it reach the terminal raw', async () => {
    const { output } = await inspect(folder.path('signed.tar.gz'), { format: 'pretty' });
    expect(output).toMatch(/^bundle {7}.*signed\.tar\.gz \(\d+ bytes\)\nrevision {5}r1\n/);
    expect(output).toMatch(/policy\.shop\.deny +deny +SHOP-1 +high +Nobody drops +shop\.rego:8\n/);
    expect(output).toContain('and 1 helpers, which --format json lists');
    const hostile = tarGz([
      ['.manifest', '{"revision": "\\u001b[2Jr\\u202e"}'],
      ['\u001b[31m.rego', 'package policy.x\n\n# METADATA\n# title: "\\e[2J"\ndeny contains "x"\n'],
    ]);
    writeFileSync(folder.path('hostile.tar.gz'), hostile);
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect((await inspect(folder.path('hostile.tar.gz'), { format: 'pretty' })).output).not.toMatch(/[\u001b\u202e]/);
  });

  test.each<[string, string[], InspectOptions, string]>([
    ['no such path', ['nowhere'], {}, 'SP_BUNDLE_NOT_FOUND'],
    ['a folder without Rego', ['empty'], {}, 'SP_BUNDLE_NOT_FOUND'],
    ['a damaged bundle', ['cut.tar.gz'], {}, 'SP_BUNDLE_INVALID'],
    ['a manifest that is no JSON', ['manifest.tar.gz'], {}, 'SP_BUNDLE_INVALID'],
    ['a bundle beside others', ['plain.tar.gz', 'p'], {}, 'SP_USAGE'],
    ['a key for a folder', ['p'], { verificationKey: 'release.pub' }, 'SP_USAGE'],
    ['an id without a key', ['plain.tar.gz'], { verificationKeyId: 'x' }, 'SP_USAGE'],
  ])('%s is an error', async (_what, paths, { verificationKey, ...rest }, code) => {
    folder.put({ 'empty/README.md': '#', 'cut.tar.gz': tarGz([['.manifest', '{}']]).subarray(0, 40) });
    folder.put({ 'manifest.tar.gz': tarGz([['.manifest', '{']]) });
    const options = {
      ...rest,
      ...(verificationKey === undefined ? {} : { verificationKey: folder.path(verificationKey) }),
    };
    const places = paths.map((path) => folder.path(path));
    await expect(runInspect(places, options, fakeStreams([]), compiler)).rejects.toMatchObject({ code });
  });
});
