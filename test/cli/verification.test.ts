import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBuild } from '../../cli/commands/build.ts';
import { runEval, type EvalOptions } from '../../cli/commands/eval.ts';
import { parseConfig, type LoadedConfig } from '../../cli/config/load.ts';
import { policiesVerification } from '../../cli/config/verification.ts';
import { createPolicyLoader } from '../../cli/policies.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Engine } from '../../engine/engine.ts';
import { watchPolicies } from '../../engine/policy-source.ts';
import { fakeStreams } from './fake-streams.ts';
import { PolicyFolder } from './support/policy-folder.ts';

const compiler = createPolicyCompiler();
const folder = new PolicyFolder();
const current = folder.path('current.tar.gz');

async function build(output: string, revision: string, key?: string): Promise<void> {
  const signing = key === undefined ? {} : { signingKey: folder.path(`${key}.pem`), keyId: key };
  const options = { output: folder.path(output), revision, format: 'json', ...signing } as const;
  await runBuild([folder.path('p')], options, fakeStreams([]), compiler);
}

beforeAll(async () => {
  folder.put({ 'p/a.rego': 'package policy.a\n\nallow contains "x"\n' });
  for (const name of ['release', 'other', 'next']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(folder.path(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(folder.path(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  await build('plain.tar.gz', 'r0');
  await build('signed.tar.gz', 'r1', 'release');
  await build('newer.tar.gz', 'r2', 'release');
  await build('wrong.tar.gz', 'r3', 'other');
  await build('rotated.tar.gz', 'r4', 'next');
  folder.put({ 'p/a.rego': 'package policy.a\n\nallow contains "y"\n' });
  await build('same-revision.tar.gz', 'r1', 'release');
});
afterAll(async () => {
  folder.remove();
  await compiler.close();
});

/** A configuration as an operator writes it. */
function configuration(verification: string): LoadedConfig {
  const text = `
policies: current.tar.gz
${verification}
listeners: [{name: pg, protocol: postgres, address: "127.0.0.1:0", resource: db}]
resources: [{name: db, protocol: postgres, target: {host: localhost, port: 5432, user: u}}]
subjects: []
`;
  writeFileSync(current, readFileSync(folder.path('signed.tar.gz')));
  const surroundings = { file: 'sallyport.yaml', directory: folder.root, protocols: ['postgres'] };
  return { config: parseConfig(text, surroundings), directory: folder.root };
}

const onlyRelease = 'policies_verification: {keys: [{id: release, file: release.pub}]}';

function loaderOf(loaded: LoadedConfig, path = current) {
  return createPolicyLoader(
    path,
    [],
    () => undefined,
    () => policiesVerification(loaded),
  );
}

describe('a gateway that takes signed policies only', () => {
  test.each<[string, string, string | undefined]>([
    ['takes a signed bundle', 'signed.tar.gz', undefined],
    ['refuses one without a signature', 'plain.tar.gz', 'SP_BUNDLE_UNSIGNED'],
    ["refuses one with another key's signature", 'wrong.tar.gz', 'SP_BUNDLE_SIGNATURE_INVALID'],
    ['refuses a folder, which nobody can sign', 'p', 'SP_BUNDLE_UNSIGNED'],
    ['refuses a single file', 'p/a.rego', 'SP_BUNDLE_UNSIGNED'],
  ])('%s at the start', async (_what, path, code) => {
    const loader = loaderOf(configuration(onlyRelease), folder.path(path));
    if (code === undefined) expect((await loader.load()).revision).toBe('r1');
    else await expect(loader.load()).rejects.toMatchObject({ code });
    await loader.close();
  });

  test('keeps the policies in force when something else takes their place', async () => {
    const loader = loaderOf(configuration(onlyRelease));
    const refused: string[] = [];
    const policy = await watchPolicies(current, loader.load, { onRefused: ({ code }) => refused.push(code) });
    const swap = async (file: string): Promise<Engine> => {
      writeFileSync(current, readFileSync(folder.path(file)));
      await policy.reload();
      return policy.current;
    };
    try {
      expect((await swap('newer.tar.gz')).revision).toBe('r2');
      expect((await swap('plain.tar.gz')).revision).toBe('r2');
      expect((await swap('wrong.tar.gz')).revision).toBe('r2');
      expect(new Set(refused)).toEqual(new Set(['SP_BUNDLE_UNSIGNED', 'SP_BUNDLE_SIGNATURE_INVALID']));
      expect((await swap('signed.tar.gz')).revision).toBe('r1');
    } finally {
      await policy.close();
      await loader.close();
    }
  });

  test('refuses other policies by the revision in force, and takes the same ones for what they are', async () => {
    const loader = loaderOf(configuration(onlyRelease));
    const refused: string[] = [];
    const policy = await watchPolicies(current, loader.load, { onRefused: ({ message }) => refused.push(message) });
    try {
      const first = policy.current;
      await policy.reload();
      expect({ kept: policy.current === first, refused }).toEqual({ kept: true, refused: [] });
      writeFileSync(current, readFileSync(folder.path('same-revision.tar.gz')));
      await policy.reload();
      expect(policy.current).toBe(first);
      expect(refused[0]).toBe('Revision r1 is in force already, with other content.');
    } finally {
      await policy.close();
      await loader.close();
    }
  });

  test('reads its keys anew, so that one can be exchanged while it runs', async () => {
    folder.put({ 'key.pub': readFileSync(folder.path('release.pub')) });
    const loader = loaderOf(configuration('policies_verification: {keys: [{file: key.pub}]}'));
    expect((await loader.load()).revision).toBe('r1');
    folder.put({
      'key.pub': readFileSync(folder.path('next.pub')),
      'current.tar.gz': readFileSync(folder.path('rotated.tar.gz')),
    });
    expect((await loader.load()).revision).toBe('r4');
    await loader.close();
  });

  test('holds the signature to a scope', async () => {
    const loader = loaderOf(configuration(`${onlyRelease.slice(0, -1)}, scope: production}`));
    await expect(loader.load()).rejects.toMatchObject({ code: 'SP_BUNDLE_SIGNATURE_INVALID' });
    await loader.close();
  });

  test.each([
    ['a key that is not there', '{keys: [{file: nowhere.pub}]}', /nowhere\.pub cannot be read/],
    ['no keys', '{keys: []}', /keys/],
    ['an algorithm that is none', '{keys: [{file: release.pub, algorithm: none}]}', /ES256/],
    ['a word that is not known', '{keys: [{file: release.pub}], required: false}', /required/],
  ])('%s: the configuration is refused', (_what, verification, message) => {
    expect(() => configuration(`policies_verification: ${verification}`)).toThrow(
      expect.objectContaining({ code: 'SP_CONFIG_INVALID', message: expect.stringMatching(message) as string }),
    );
  });

  test('a private key is refused: whoever verifies must not be able to sign', async () => {
    const loader = loaderOf(configuration('policies_verification: {keys: [{file: release.pem}]}'));
    await expect(loader.load()).rejects.toMatchObject({ code: 'SP_BUNDLE_KEY_INVALID' });
    await loader.close();
  });
});

describe('eval', () => {
  const judge = (path: string, options: Partial<EvalOptions>): Promise<number> =>
    runEval(
      'SELECT 1',
      { bundle: folder.path(path), dialect: 'postgres', subject: 'ada,human', format: 'json', ...options },
      fakeStreams([]),
      compiler,
    );

  test('takes a bundle by its signature where a key is given', async () => {
    const verificationKey = folder.path('release.pub');
    expect(await judge('signed.tar.gz', { verificationKey })).toBe(0);
    expect(await judge('signed.tar.gz', { verificationKey, verificationKeyId: 'release' })).toBe(0);
    expect(await judge('signed.tar.gz', {})).toBe(0);
    const invalid = { code: 'SP_BUNDLE_SIGNATURE_INVALID' };
    await expect(judge('wrong.tar.gz', { verificationKey })).rejects.toMatchObject(invalid);
    await expect(judge('signed.tar.gz', { verificationKey, verificationKeyId: 'old' })).rejects.toMatchObject(invalid);
    await expect(judge('plain.tar.gz', { verificationKey })).rejects.toMatchObject({ code: 'SP_BUNDLE_UNSIGNED' });
    await expect(judge('p', { verificationKey })).rejects.toMatchObject({ code: 'SP_BUNDLE_UNSIGNED' });
  });
});
