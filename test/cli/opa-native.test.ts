import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBuild, type BuildOptions } from '../../cli/commands/build.ts';
import { runFmt } from '../../cli/commands/fmt.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { packageRoot } from '../../engine/package-root.ts';
import { policyFilesBelow } from '../../engine/policy-folder.ts';
import { readBundleArchive } from '../../engine/bundle-archive.ts';
import { readVerificationKey } from '../../engine/signing/keys.ts';
import { verifyBundle } from '../../engine/signing/verify.ts';
import { fakeStreams } from './fake-streams.ts';
import { PolicyFolder } from './support/policy-folder.ts';

// OPA 1.22 itself, where somebody has it: SALLYPORT_OPA names it. Everywhere else fixtures that it made stand in
// (test/engine/fixtures/signed), and the compiler's own tests, which are OPA's code as well.
const opa = process.env['SALLYPORT_OPA'] ?? '/tmp/opabin/opa';
const run = (...args: string[]): string => execFileSync(opa, args, { encoding: 'utf8' });

describe.skipIf(!existsSync(opa))('beside the native opa', () => {
  const compiler = createPolicyCompiler();
  const folder = new PolicyFolder();
  const bundle = folder.path('bundle.tar.gz');

  beforeAll(() => {
    folder.put({
      'p/a.rego': 'package policy.a\n\nallow contains data.b.c\n',
      'p/data.json': '{"b": {"c": [1.50, 1e3, "\\u2028<&>", "\\ud83d\\ude00"], "\\ufffd": 1}}',
      secret: randomBytes(32).toString('hex'),
    });
    const pairs = {
      ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    };
    for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
      writeFileSync(folder.path(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
      writeFileSync(folder.path(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
    }
  });
  afterAll(async () => {
    folder.remove();
    await compiler.close();
  });

  const build = (options: Partial<BuildOptions> = {}): Promise<number> =>
    runBuild([folder.path('p')], { output: bundle, revision: 'r1', ...options }, fakeStreams([]), compiler);
  const keysOf = (algorithm: string): { secret: string; open: string } =>
    algorithm === 'HS256'
      ? { secret: folder.path('secret'), open: folder.path('secret') }
      : { secret: folder.path(`${algorithm}.pem`), open: folder.path(`${algorithm}.pub`) };

  test('opa inspect reads our bundle', async () => {
    await build();
    expect(JSON.parse(run('inspect', '-f', 'json', bundle))).toMatchObject({
      manifest: { revision: 'r1', roots: [''] },
    });
  });

  test.each(['ES256', 'RS256', 'HS256'])(
    'opa verifies our %s signature, and refuses it with another key',
    async (algorithm) => {
      const { secret, open } = keysOf(algorithm);
      await build({ signingKey: secret, keyId: 'release' });
      const load = (key: string): string =>
        run(
          'build',
          '-b',
          bundle,
          '--verification-key',
          key,
          '--signing-alg',
          algorithm,
          '-o',
          folder.path('again.tar.gz'),
        );
      load(open);
      expect(() => load(keysOf(algorithm === 'ES256' ? 'RS256' : 'ES256').open)).toThrow();
    },
  );

  test.each(['ES256', 'RS256', 'HS256'])('we verify a %s signature that opa made', async (algorithm) => {
    const { secret, open } = keysOf(algorithm);
    run('build', '-b', folder.path('p'), '--signing-key', secret, '--signing-alg', algorithm, '-o', bundle);
    await verifyBundle(await readBundleArchive(bundle), { keys: [await readVerificationKey(open)] });
  });

  test('our formatting is that of opa fmt, for everything that comes with Sallyport', async () => {
    const files = await policyFilesBelow(join(packageRoot(), 'policies'));
    const rego = files.filter((file) => file.endsWith('.rego'));
    expect(rego.length).toBeGreaterThan(10);
    for (const file of rego) {
      // As it stands, and with its layout spoilt.
      for (const text of [
        readFileSync(file, 'utf8'),
        readFileSync(file, 'utf8').replaceAll(/(?<=\S) := /g, '   :=  '),
      ]) {
        folder.put({ 'x.rego': text });
        const streams = fakeStreams([]);
        await runFmt([folder.path('x.rego')], {}, streams, compiler);
        expect(streams.output(), file).toBe(run('fmt', folder.path('x.rego')));
      }
    }
  });
});
