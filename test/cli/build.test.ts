import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runBuild, type BuildOptions } from '../../cli/commands/build.ts';
import { readBundle } from '../../engine/bundle.ts';
import { readBundleArchive } from '../../engine/bundle-archive.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { createEngine } from '../../engine/engine.ts';
import { readVerificationKey } from '../../engine/signing/keys.ts';
import { fakeStreams } from './fake-streams.ts';
import { PolicyFolder } from './support/policy-folder.ts';

const compiler = createPolicyCompiler();
const folder = new PolicyFolder();
const home = process.cwd();
beforeEach(() => {
  folder.clear();
});
afterEach(() => {
  process.chdir(home);
});
afterAll(async () => {
  folder.remove();
  await compiler.close();
});

interface Summary {
  revision: string;
  origin: string;
  entrypoints: string[];
  sha256: string;
  signature: { algorithm: string; keyId: string | null } | null;
}

async function build(paths: string[], options: Partial<BuildOptions> = {}): Promise<Summary & { errors: string }> {
  const streams = fakeStreams([]);
  const errors: string[] = [];
  streams.stderr.write = (text: string) => errors.push(text) > 0;
  const output = folder.path('out/bundle.tar.gz');
  expect(await runBuild(paths, { output, format: 'json', ...options }, streams, compiler)).toBe(0);
  return { ...(JSON.parse(streams.output()) as Summary), errors: errors.join('') };
}

const bundle = (): string => folder.path('out/bundle.tar.gz');
const shop = 'package policy.shop\n\nallow contains "x" if input.stage == data.stages[_]\n';

function git(...args: string[]): string {
  const config = ['-c', 'user.name=t', '-c', 'user.email=t@t', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...config, ...args], { cwd: folder.root, encoding: 'utf8' }).trim();
}

describe('a bundle', () => {
  test('holds what the policies say, without their tests', async () => {
    folder.put({
      'p/shop.rego': shop,
      'p/shop_test.rego': 'package policy.shop_test\n\ntest_x if true\n',
      'p/data.json': '{"stages": ["command"]}',
    });
    const { entrypoints } = await build([folder.path('p')], { revision: 'r1' });
    const read = await readBundle(bundle());
    expect(read).toMatchObject({ revision: 'r1', data: { stages: ['command'] }, reads: { clock: false } });
    expect([...createEngine(read).entrypoints].sort()).toEqual(entrypoints);
    expect([...(await readBundleArchive(bundle())).files.keys()].filter((name) => name.includes('test'))).toEqual([]);
  });

  test('holds the sources as they were written, so that positions agree', async () => {
    const commented = `# A comment that belongs to nothing.\n\n${shop}`;
    folder.put({
      'p/shop.rego': commented,
      'p/asked.rego': `# Another.\n\npackage policy.asked\n\nallow contains "y"\n`,
    });
    await build([folder.path('p')], { entrypoint: ['policy/asked/allow'] });
    const { files } = await readBundleArchive(bundle());
    expect(files.get('shop.rego')?.toString()).toBe(commented);
    // The module has what is asked by name; beside it OPA would find the rule twice.
    expect(files.get('asked.rego')?.toString()).not.toContain('contains');
  });

  test('is the same to the byte, wherever and whenever it is built, in whichever order', async () => {
    folder.put({
      'one/a/shop.rego': shop,
      'one/b/x.rego': 'package policy.x\n\nallow contains "y"\n',
      'one/a/data.json': '{"z": 1, "y": 2}',
    });
    cpSync(folder.path('one'), folder.path('elsewhere/two'), { recursive: true });
    utimesSync(folder.path('elsewhere/two/a/shop.rego'), 1, 1);
    const first = await build([folder.path('one/a'), folder.path('one/b')]);
    process.chdir(folder.path('elsewhere/two'));
    const mask = process.umask(0o077);
    const second = await build(['b', 'a', './a']);
    process.umask(mask);
    expect(second.sha256).toBe(first.sha256);
    expect(second.origin).toBe('sources');
    folder.put({ 'elsewhere/two/b/x.rego': 'package policy.x\n\nallow contains "z"\n' });
    expect((await build(['b', 'a'])).revision).not.toBe(first.revision);
  });

  test('has entrypoints of its own where asked for', async () => {
    folder.put({ 'p/shop.rego': shop });
    const { entrypoints } = await build([folder.path('p')], {
      entrypoint: ['data.policy.shop.allow', 'policy/shop/allow'],
    });
    expect(entrypoints).toEqual(expect.arrayContaining(['sallyport/decision', 'policy/shop/allow']));
  });

  test('takes roots, revision and metadata of a manifest beside the policies', async () => {
    folder.put({
      'p/shop.rego': 'package policy.shop\n\nallow contains "x"\n',
      'p/.manifest':
        '{"roots": ["policy/shop"], "revision": "r7", "metadata": {"team": "a", "sallyport": {"input_paths": []}}}',
    });
    expect(await build([folder.path('p')])).toMatchObject({ revision: 'r7', origin: 'manifest' });
    expect(await build([folder.path('p')], { revision: 'r8' })).toMatchObject({ revision: 'r8', origin: 'option' });
    const manifest: unknown = JSON.parse((await readBundleArchive(bundle())).files.get('.manifest')?.toString() ?? '');
    // What is read is the compiler's to say, and nobody else's.
    expect(manifest).toMatchObject({
      roots: ['sallyport', 'policy/shop'],
      metadata: { team: 'a', sallyport: { schema: 1, lineage: false } },
    });
    expect((await readBundle(bundle())).reads?.paths.length).toBeGreaterThan(0);
  });
});

describe('the revision, when nobody gives one', () => {
  test('is the commit that is checked out', async () => {
    folder.put({ 'p/shop.rego': shop, 'p/data.json': '{"stages": []}', 'README.md': '#' });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'x');
    const commit = git('rev-parse', 'HEAD');
    expect(await build([folder.path('p')])).toMatchObject({ revision: commit, origin: 'git' });
    // What is not read does not matter, the bundle itself included.
    folder.put({ 'README.md': 'changed', 'p/notes.md': 'new' });
    expect((await build([folder.path('p')], { output: folder.path('p/bundle.tar.gz') })).revision).toBe(commit);
    expect((await build([folder.path('p')])).revision).toBe(commit);
    expect((await build([folder.path('p/shop.rego'), 'pack:agent-read-only'])).revision).toBe(commit);
  });

  test.each<[string, () => void]>([
    [
      'changed',
      () => {
        folder.put({ 'p/shop.rego': `${shop}\n# more\n` });
      },
    ],
    [
      'new',
      () => {
        folder.put({ 'p/new.rego': 'package policy.new\n' });
      },
    ],
    [
      'ignored by git',
      () => {
        folder.put({ 'p/local/data.json': '{"ignored": 1}' });
      },
    ],
    [
      'gone',
      () => {
        rmSync(folder.path('p/data.json'));
      },
    ],
    [
      'staged',
      () => {
        folder.put({ 'p/shop.rego': `${shop}\n` });
        git('add', '-A');
      },
    ],
  ])('says so when a file that is read is %s', async (_how, change) => {
    folder.put({ 'p/shop.rego': shop, 'p/data.json': '{"stages": []}', '.gitignore': 'local/\n' });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'x');
    change();
    const { revision, origin } = await build([folder.path('p')]);
    expect(revision).toMatch(new RegExp(`^${git('rev-parse', 'HEAD')}-dirty\\.[0-9a-f]{12}$`));
    expect(origin).toBe('git, with changes');
  });

  test.each<[string, () => void]>([
    ['without git', () => undefined],
    [
      'in a repository without commits',
      () => {
        git('init', '-q');
      },
    ],
  ])('is the digest of the sources %s', async (_how, prepare) => {
    folder.put({ 'p/shop.rego': shop });
    prepare();
    expect(await build([folder.path('p')])).toMatchObject({
      revision: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      origin: 'sources',
    });
  });
});

describe('a signed bundle', () => {
  const key = (name: string): string => folder.path(name);

  beforeEach(() => {
    folder.put({ 'p/shop.rego': shop, secret: randomBytes(32) });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(key('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(key('key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  });

  test('is taken by whoever has the public key, and is otherwise the same', async () => {
    const paths = [folder.path('p')];
    await build(paths, { revision: 'r1' });
    const unsigned = await readBundle(bundle());
    const summary = await build(paths, { revision: 'r1', signingKey: key('key.pem'), keyId: 'release' });
    expect(summary.signature).toEqual({ algorithm: 'ES256', keyId: 'release' });
    const keys = [await readVerificationKey(key('key.pub'), { id: 'release' })];
    expect(await readBundle(bundle(), { verification: { keys } })).toEqual(unsigned);
  });

  test('is the same each time with a secret', async () => {
    const first = await build([folder.path('p')], { revision: 'r1', signingKey: key('secret') });
    const second = await build([folder.path('p')], { revision: 'r1', signingKey: key('secret') });
    expect(second.sha256).toBe(first.sha256);
    expect(first.signature).toEqual({ algorithm: 'HS256', keyId: null });
  });

  test('carries further claims', async () => {
    folder.put({ 'claims.json': '{"scope": "write", "iss": "ci"}' });
    await build([folder.path('p')], { signingKey: key('key.pem'), claimsFile: folder.path('claims.json') });
    const keys = [await readVerificationKey(key('key.pub'))];
    await readBundle(bundle(), { verification: { keys, scope: 'write' } });
    await expect(readBundle(bundle(), { verification: { keys } })).rejects.toMatchObject({
      code: 'SP_BUNDLE_SIGNATURE_INVALID',
    });
  });

  test('with a secret that could be guessed comes with a warning', async () => {
    folder.put({ short: 'hunter2' });
    expect((await build([folder.path('p')], { signingKey: key('short') })).errors).toContain('the secret has 7 bytes');
  });

  test.each<[string, Partial<BuildOptions>, string]>([
    ['an algorithm without a key', { signingAlg: 'ES256' }, 'SP_USAGE'],
    ['a key that is not there', { signingKey: 'nowhere.pem' }, 'SP_BUNDLE_KEY_INVALID'],
    ['claims that are no object', { claimsFile: 'bad.json' }, 'SP_USAGE'],
    ['claims about the files', { claimsFile: 'files.json' }, 'SP_USAGE'],
    ['a signature that has expired already', { claimsFile: 'expired.json' }, 'SP_BUNDLE_SIGNATURE_INVALID'],
  ])('%s is an error, and nothing is written', async (_what, options, code) => {
    folder.put({ 'bad.json': '[]', 'files.json': '{"files": []}', 'expired.json': '{"exp": 1}' });
    const { claimsFile } = options;
    const located =
      claimsFile === undefined ? options : { signingKey: key('key.pem'), claimsFile: folder.path(claimsFile) };
    await expect(build([folder.path('p')], located)).rejects.toMatchObject({ code });
    expect(existsSync(bundle())).toBe(false);
  });
});

describe('what cannot be built', () => {
  test.each<[string, Record<string, string>, Partial<BuildOptions>, string, RegExp]>([
    [
      'policies that do not compile',
      { 'a.rego': 'package policy.a\n\nallow contains "x" if input.nothing\n' },
      {},
      'SP_POLICY_INVALID',
      /a\.rego:3:\d+: error\[rego_type_error\]/,
    ],
    ['a folder without Rego', { 'README.md': '#' }, {}, 'SP_BUNDLE_NOT_FOUND', /no Rego/],
    [
      'an entrypoint that is no rule',
      { 'a.rego': shop },
      { entrypoint: ['policy/nothing'] },
      'SP_POLICY_INVALID',
      /policy\/nothing/,
    ],
    [
      'data that collides',
      { 'a.rego': shop, 'data.json': '{"x": {"y": 1}}', 'x/data.yaml': 'y: 2' },
      {},
      'SP_POLICY_INVALID',
      /"y" already/,
    ],
    [
      'data where a rule stands',
      { 'a.rego': shop, 'policy/shop/data.json': '{"allow": 1}' },
      {},
      'SP_POLICY_INVALID',
      /conflicting rule/,
    ],
    [
      'packages outside the roots',
      { 'a.rego': shop, '.manifest': '{"roots": ["other"]}' },
      {},
      'SP_POLICY_INVALID',
      /outside the bundle's roots/,
    ],
  ])('%s', async (_what, files, options, code, message) => {
    folder.put(Object.fromEntries(Object.entries(files).map(([name, text]) => [`p/${name}`, text])));
    mkdirSync(folder.path('p'), { recursive: true });
    await expect(build([folder.path('p')], options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(existsSync(bundle())).toBe(false);
  });

  test('leaves the last good bundle as it was', async () => {
    folder.put({ 'p/shop.rego': shop });
    await build([folder.path('p')]);
    const before = readFileSync(bundle());
    folder.put({ 'p/shop.rego': 'package policy.shop\n\nallow contains' });
    await expect(build([folder.path('p')])).rejects.toMatchObject({ code: 'SP_POLICY_INVALID' });
    expect(readFileSync(bundle())).toEqual(before);
  });

  test('an output that cannot be written', async () => {
    folder.put({ 'p/shop.rego': shop, file: '' });
    renameSync(folder.path('file'), folder.path('out'));
    await expect(build([folder.path('p')])).rejects.toMatchObject({ code: 'SP_OUTPUT_FAILED' });
  });
});
