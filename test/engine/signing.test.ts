import { createHmac, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBundleArchive, unpackBundle, type BundleArchive } from '../../engine/bundle-archive.ts';
import { fileDigest } from '../../engine/signing/file-digest.ts';
import {
  readSigningKey,
  readVerificationKey,
  verificationKeyOf,
  type BundleKey,
  type SigningAlgorithm,
} from '../../engine/signing/keys.ts';
import { signaturesFile, signFiles } from '../../engine/signing/sign.ts';
import { structuralForm } from '../../engine/signing/structural-form.ts';
import { readSignature, verifyBundle } from '../../engine/signing/verify.ts';
import { tarGz } from './support/archives.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/signed/${name}`, import.meta.url));

let folder = '';
const keys = {} as Record<SigningAlgorithm | 'other', BundleKey>;
const publicFile = (algorithm: string): string => join(folder, `${algorithm}.pub`);
const secretFile = (): string => join(folder, 'HS256');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-signing-'));
  const pairs = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    other: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
  for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
    writeFileSync(join(folder, name), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(publicFile(name), publicKey.export({ type: 'spki', format: 'pem' }));
    keys[name as keyof typeof pairs] = await readSigningKey(join(folder, name), { id: 'release' });
  }
  writeFileSync(secretFile(), randomBytes(32));
  keys.HS256 = await readSigningKey(secretFile(), { id: 'release' });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const plain: [string, string][] = [
  ['/.manifest', '{"revision": "r1", "roots": [""]}'],
  ['/data.json', '{"b": [1.0, 2], "a": "é"}'],
  ['/policy.wasm', '\0asm'],
  ['/x.rego', 'package policy.x\n'],
];

async function signed(key: BundleKey, claims = {}, files = plain): Promise<[string, string][]> {
  const { files: read } = await unpackBundle('plain', tarGz(files));
  return [...files, [`/${signaturesFile}`, await signFiles(read, key, claims)]];
}

const archiveOf = (files: [string, string][]): Promise<BundleArchive> => unpackBundle('b.tar.gz', tarGz(files));

const refusal = (why: string | RegExp) => ({
  code: 'SP_BUNDLE_SIGNATURE_INVALID',
  message: typeof why === 'string' ? (expect.stringContaining(why) as string) : (expect.stringMatching(why) as string),
});

describe('the form in which OPA hashes JSON', () => {
  test.each([
    ['white space goes', ' { "a" : [ 1 , 2 ] } ', '{"a":[1,2]}'],
    [
      'keys in the order of their bytes',
      '{"\ud83d\ude00": 1, "\ufffd": 2, "a": 3, "B": 4}',
      '{"B":4,"a":3,"\ufffd":2,"\ud83d\ude00":1}',
    ],
    [
      'numbers keep their letters',
      '[1.0, 1e5, 1E+2, -0, 12345678901234567890]',
      '[1.0,1e5,1E+2,-0,12345678901234567890]',
    ],
    ['strings as Go writes them', '"\\u0041\\/<&>\\u0007\\b\\f\\u2028\\u007f"', '"A/<&>\\u0007\\b\\f\\u2028\u007f"'],
    ['surrogates alone are replaced', '"\\ud800x"', '"\ufffdx"'],
    ['of a key that stands twice, the last', '{"a": 1, "a": {"b": null}}', '{"a":{"b":null}}'],
    ['texts with the marks of JSON in them', '{"a,b": "[}:\\"\\\\", "c": true}', '{"a,b":"[}:\\"\\\\","c":true}'],
    ['empty things', '[{}, [], ""]', '[{},[],""]'],
    ['a document that is no object', 'null', 'null'],
  ])('%s', (_what, text, expected) => {
    expect(structuralForm(text)).toBe(expected);
  });

  test.each(['{', '[1,]', '{"a" 1}', 'nul', '01', '"\n"', ''])('%j is not JSON', (text) => {
    expect(() => structuralForm(text)).toThrow(SyntaxError);
  });

  test('a document nested too deeply is an error, not a crash', () => {
    expect(() => structuralForm('['.repeat(200_000) + ']'.repeat(200_000))).toThrow(RangeError);
  });

  test('only documents whose layout does not count have one', () => {
    const digest = (name: string, text: string): string => fileDigest(name, Buffer.from(text), 'SHA-256');
    expect(digest('a/data.json', '{"a":1}')).toBe(digest('a/data.json', '{ "a": 1 }'));
    expect(digest('data.yaml', 'a: 1')).toBe(digest('data.json', '{"a":1}'));
    expect(digest('.manifest', '\ufeff{}')).toBe(digest('.manifest', '{}'));
    expect(digest('other.json', '{"a":1}')).not.toBe(digest('other.json', '{ "a": 1 }'));
    expect(() => digest('data.json', '{')).toThrow();
    expect(() => fileDigest('x', Buffer.from(''), 'MD5')).toThrow(/MD5/);
  });
});

describe('bundles that OPA 1.22 signed', () => {
  test.each([
    ['opa sign, ES256', 'opa-sign-es256.tar.gz', 'es256.pub.pem'],
    ['opa sign, RS256', 'opa-sign-rs256.tar.gz', 'rs256.pub.pem'],
    ['opa sign, HS256', 'opa-sign-hs256.tar.gz', 'hs256.key'],
    ['opa build, ES256', 'opa-build-es256.tar.gz', 'es256.pub.pem'],
  ])('%s: holds', async (_what, bundle, key) => {
    const archive = await readBundleArchive(fixture(bundle));
    const verified = await verifyBundle(archive, { keys: [await readVerificationKey(fixture(key))] });
    expect(verified?.files.map(({ name }) => name).sort()).toEqual(
      [...archive.files.keys()].filter((name) => name !== signaturesFile).sort(),
    );
  });

  test('scope, issuer and the old claim for the key are read', async () => {
    const archive = await readBundleArchive(fixture('opa-build-claims.tar.gz'));
    const key = await readVerificationKey(fixture('es256.pub.pem'), { id: 'old' });
    expect(await verifyBundle(archive, { keys: [key], scope: 'write' })).toMatchObject({
      keyId: 'old',
      algorithm: 'ES256',
      scope: 'write',
      issuer: 'opa',
    });
    await expect(verifyBundle(archive, { keys: [key] })).rejects.toMatchObject(refusal('its scope is "write"'));
  });
});

describe('a bundle that we signed', () => {
  test.each(['ES256', 'RS256', 'HS256'] as const)('holds with %s', async (algorithm) => {
    const archive = await archiveOf(await signed(keys[algorithm]));
    const verified = await verifyBundle(archive, { keys: [verificationKeyOf(keys[algorithm])] });
    expect(verified).toMatchObject({ keyId: 'release', algorithm, scope: undefined });
    expect(readSignature(archive)).toEqual(verified);
  });

  test('RS256 and HS256 sign the same bundle in the same way each time', async () => {
    for (const key of [keys.RS256, keys.HS256]) expect(await signed(key)).toEqual(await signed(key));
  });

  test('holds when its documents are laid out anew', async () => {
    const files = await signed(keys.ES256);
    const other = files.map(([name, text]): [string, string] =>
      name === '/data.json' ? [name, '{"a":"\\u00e9","b":[1.0,2]}'] : [name, text],
    );
    await verifyBundle(await archiveOf(other), { keys: [verificationKeyOf(keys.ES256)] });
  });

  test.each<[string, (files: [string, string][]) => [string, string][], string]>([
    ['a changed policy', (files) => replace(files, '/x.rego', 'package policy.y\n'), 'x.rego was changed'],
    ['a changed module', (files) => replace(files, '/policy.wasm', '\0asn'), 'policy.wasm was changed'],
    ['a changed number', (files) => replace(files, '/data.json', '{"b": [1, 2], "a": "é"}'), 'data.json was changed'],
    ['a changed manifest', (files) => replace(files, '/.manifest', '{"revision": "r2"}'), '.manifest was changed'],
    ['an added file', (files) => [...files, ['/more/data.json', '{}']], 'more/data.json was added'],
    ['an added hidden file', (files) => [...files, ['/.hidden', '']], '.hidden was added'],
    ['signatures in a folder', (files) => [...files, ['/a/.signatures.json', '{}']], 'a/.signatures.json was added'],
    ['a missing file', (files) => files.filter(([name]) => name !== '/x.rego'), 'x.rego was signed and is missing'],
    ['a document that is none', (files) => replace(files, '/data.json', '{'), 'data.json cannot be hashed'],
    ['no JSON', (files) => replace(files, `/${signaturesFile}`, 'no'), 'is not JSON'],
    ['no list', (files) => replace(files, `/${signaturesFile}`, '{}'), 'no list of signatures'],
    ['no token', (files) => replace(files, `/${signaturesFile}`, '{"signatures": []}'), 'exactly one'],
    ['two tokens', (files) => replace(files, `/${signaturesFile}`, '{"signatures": ["a", "b"]}'), 'exactly one'],
    ['half a token', (files) => replace(files, `/${signaturesFile}`, '{"signatures": ["a.b"]}'), 'malformed'],
    ['a foreign plugin', (files) => plugin(files, 'vault'), 'plugin "vault"'],
  ])('%s: refused', async (_what, change, why) => {
    const archive = await archiveOf(change(await signed(keys.ES256)));
    await expect(verifyBundle(archive, { keys: [verificationKeyOf(keys.ES256)] })).rejects.toMatchObject(refusal(why));
  });

  test("OPA's own verifier by its name is no foreign one", async () => {
    const archive = await archiveOf(plugin(await signed(keys.ES256), '_default'));
    await verifyBundle(archive, { keys: [verificationKeyOf(keys.ES256)] });
  });

  test.each<[string, object, string | undefined, RegExp]>([
    ['expired', { exp: 1 }, undefined, /expired/],
    ['not valid yet', { nbf: 4_000_000_000 }, undefined, /nbf/],
    ['of another scope', { scope: 'read' }, 'write', /its scope is "read" where "write" is expected/],
    ['of a scope that nobody asked for', { scope: 'read' }, undefined, /where \(none\) is expected/],
    ['without the scope that is asked for', {}, 'write', /its scope is \(none\)/],
  ])('a signature that is %s: refused', async (_what, claims, scope, why) => {
    const archive = await archiveOf(await signed(keys.ES256, claims));
    const verification = { keys: [verificationKeyOf(keys.ES256)], ...(scope === undefined ? {} : { scope }) };
    await expect(verifyBundle(archive, verification)).rejects.toMatchObject(refusal(why));
  });

  test('of several keys, the one that signed is found', async () => {
    const archive = await archiveOf(await signed(keys.ES256));
    const all = [keys.other, keys.RS256, keys.HS256, keys.ES256].map(verificationKeyOf);
    await verifyBundle(archive, { keys: all });
    await expect(verifyBundle(archive, { keys: all.slice(0, 3) })).rejects.toMatchObject(refusal(/algorithm|no key/));
  });

  test('a key by another id is not tried', async () => {
    const archive = await archiveOf(await signed(keys.ES256));
    const key = { ...verificationKeyOf(keys.ES256), id: 'old' };
    await expect(verifyBundle(archive, { keys: [key] })).rejects.toMatchObject(
      refusal('signed with the key "release", and the keys to verify with are old'),
    );
  });

  test("another key's signature: refused", async () => {
    const archive = await archiveOf(await signed(keys.other));
    await expect(verifyBundle(archive, { keys: [verificationKeyOf(keys.ES256)] })).rejects.toMatchObject(
      refusal('no key that fits made the signature'),
    );
  });
});

describe('tokens made to deceive', () => {
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  async function forged(header: object, sign: (input: string) => string): Promise<BundleArchive> {
    const files = await signed(keys.ES256);
    const text = files.find(([name]) => name === `/${signaturesFile}`)?.[1] ?? '';
    const [token = ''] = (JSON.parse(text) as { signatures: string[] }).signatures;
    const input = `${base64(header)}.${token.split('.')[1] ?? ''}`;
    const signatures = JSON.stringify({ signatures: [`${input}.${sign(input)}`] });
    return archiveOf(replace(files, `/${signaturesFile}`, signatures));
  }

  // The classic: the public key, which everybody has, as the secret of HS256.
  test.each(['ES256', 'RS256'] as const)(
    'HS256 with the public key of %s as its secret: refused',
    async (algorithm) => {
      const key = keys[algorithm].key;
      if (key instanceof Uint8Array) throw new Error('no key pair');
      const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
      const archive = await forged({ alg: 'HS256' }, (input) =>
        createHmac('sha256', pem).update(input).digest('base64url'),
      );
      const verification = { keys: [await readVerificationKey(publicFile(algorithm))] };
      await expect(verifyBundle(archive, verification)).rejects.toMatchObject(
        refusal("its algorithm is not the key's"),
      );
    },
  );

  test.each([
    ['none', { alg: 'none' }],
    ['no algorithm', {}],
    ['a critical header that nobody knows', { alg: 'ES256', crit: ['x'], x: 1 }],
  ])('%s: refused', async (_what, header) => {
    const archive = await forged(header, () => '');
    await expect(verifyBundle(archive, { keys: [verificationKeyOf(keys.ES256)] })).rejects.toMatchObject(refusal(/./));
  });

  test.each([
    ['a digest of a broken algorithm', [{ name: 'x.rego', hash: '00', algorithm: 'MD5' }], '"MD5", which is not taken'],
    ['files without a digest', [{ name: 'x.rego' }], 'malformed'],
    ['no files at all', undefined, 'malformed'],
    ['a file twice', ['a', '/a'].map((name) => ({ name, hash: '', algorithm: 'SHA-256' })), 'twice'],
  ])('%s: refused', async (_what, files, why) => {
    const payload = base64({ files });
    const input = `${base64({ alg: 'HS256' })}.${payload}`;
    const secret = keys.HS256.key;
    if (!(secret instanceof Uint8Array)) throw new Error('no secret');
    const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    const archive = await archiveOf([
      ['x.rego', ''],
      [signaturesFile, JSON.stringify({ signatures: [token] })],
    ]);
    await expect(verifyBundle(archive, { keys: [keys.HS256] })).rejects.toMatchObject(refusal(why));
  });
});

describe('a bundle without a signature', () => {
  test('is refused where one is required, which is the default', async () => {
    const archive = await archiveOf(plain);
    await expect(verifyBundle(archive, { keys: [] })).rejects.toMatchObject({ code: 'SP_BUNDLE_UNSIGNED' });
    expect(await verifyBundle(archive, { keys: [], required: false })).toBeUndefined();
    expect(readSignature(archive)).toBeUndefined();
  });

  test('a signature that does not hold is refused, required or not', async () => {
    const archive = await archiveOf(await signed(keys.other));
    const verification = { keys: [verificationKeyOf(keys.ES256)], required: false };
    await expect(verifyBundle(archive, verification)).rejects.toMatchObject(refusal('no key that fits'));
  });
});

describe('keys', () => {
  const invalid = (why: RegExp) => ({ code: 'SP_BUNDLE_KEY_INVALID', message: expect.stringMatching(why) as string });
  const put = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('the algorithm follows from the key', async () => {
    expect((await readVerificationKey(publicFile('RS256'))).algorithm).toBe('RS256');
    expect((await readVerificationKey(publicFile('ES256'))).algorithm).toBe('ES256');
    expect((await readVerificationKey(secretFile())).algorithm).toBe('HS256');
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a file that is not there', () => readSigningKey(join(folder, 'nowhere')), /cannot be read/],
    ['an empty file', () => readSigningKey(put('empty', '')), /is empty/],
    ['a public key to sign with', () => readSigningKey(publicFile('ES256')), /is not a private key/],
    ['a private key to verify with', () => readVerificationKey(join(folder, 'ES256')), /is a private key/],
    [
      'text that only looks like a key',
      () => readVerificationKey(put('pem', '-----BEGIN PUBLIC KEY-----\nx\n')),
      /not a public/,
    ],
    [
      'a PEM as a secret',
      () => readVerificationKey(publicFile('RS256'), { algorithm: 'HS256' }),
      /for RS256, not for HS256/,
    ],
    ['a secret where a key pair is asked for', () => readSigningKey(secretFile(), { algorithm: 'ES256' }), /is no PEM/],
    ['the wrong kind', () => readSigningKey(join(folder, 'RS256'), { algorithm: 'ES256' }), /for RS256, not for ES256/],
    ['another curve', () => readSigningKey(put('p384', pem('ec', { namedCurve: 'P-384' }))), /secp384r1/],
    ['another kind', () => readSigningKey(put('ed', pem('ed25519', {}))), /ed25519/],
    ['a short RSA key', () => readSigningKey(put('short', pem('rsa', { modulusLength: 1024 }))), /1024 bits/],
    ['a key behind a passphrase', () => readSigningKey(put('locked', encryptedPem())), /not a private key/],
  ])('%s: refused', async (_what, read, why) => {
    await expect(read()).rejects.toMatchObject(invalid(why));
  });

  test('older forms of PEM are read', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const sec1 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect((await readSigningKey(put('pkcs1', privateKey.export({ type: 'pkcs1', format: 'pem' })))).algorithm).toBe(
      'RS256',
    );
    expect((await readSigningKey(put('sec1', sec1.export({ type: 'sec1', format: 'pem' })))).algorithm).toBe('ES256');
    const old = put('pkcs1.pub', publicKey.export({ type: 'pkcs1', format: 'pem' }));
    expect((await readVerificationKey(old)).algorithm).toBe('RS256');
  });
});

function replace(files: [string, string][], name: string, text: string): [string, string][] {
  return files.map(([one, content]) => (one === name ? [one, text] : [one, content]));
}

function plugin(files: [string, string][], name: string): [string, string][] {
  const path = `/${signaturesFile}`;
  const text = files.find(([one]) => one === path)?.[1] ?? '';
  return replace(files, path, JSON.stringify({ ...(JSON.parse(text) as object), plugin: name }));
}

function pem(type: 'ec' | 'rsa' | 'ed25519', options: object): string {
  const generate = generateKeyPairSync as (kind: string, options: object) => { privateKey: string };
  return generate(type, {
    ...options,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

function encryptedPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
}
