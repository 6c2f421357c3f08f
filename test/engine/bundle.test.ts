import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBundleArchive, unpackBundle } from '../../engine/bundle-archive.ts';
import { bundleOf, readBundle } from '../../engine/bundle.ts';
import { entry, linkEntry, tarGz } from './support/archives.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-bundle-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const whole = tarGz([
  ['/.manifest', '{"revision": "r1"}'],
  ['/data.json', '{"a": {"b": 1}}'],
  ['/policy.wasm', 'wasm'],
]);

const invalid = (why: RegExp) => ({ code: 'SP_BUNDLE_INVALID', message: expect.stringMatching(why) as string });

describe('an archive', () => {
  test('gives its files by clean names', async () => {
    const archive = tarGz([
      ['/a', '1'],
      ['./b', '2'],
      ['c//d', '3'],
    ]);
    expect([...(await unpackBundle('x', archive)).files]).toEqual([
      ['a', Buffer.from('1')],
      ['b', Buffer.from('2')],
      ['c/d', Buffer.from('3')],
    ]);
  });

  test('anything but files is not looked at', async () => {
    const archive = gzipSync(
      Buffer.concat([linkEntry('policy.wasm', '/etc/passwd'), entry('a', '1'), Buffer.alloc(1024)]),
    );
    expect([...(await unpackBundle('x', archive)).files.keys()]).toEqual(['a']);
  });

  test.each<[string, Buffer, RegExp]>([
    ['no archive at all', Buffer.from('package policy.x'), /not compressed with gzip/],
    ['an empty file', Buffer.alloc(0), /cut off/],
    ['an archive without gzip', gunzipSync(whole), /not compressed with gzip/],
    ['gzip of something else', gzipSync('{"a": 1}'.repeat(100)), /no OPA bundle/],
    ['a file outside of itself', tarGz([['../../etc/x', '']]), /outside of itself/],
    [
      'a file twice',
      tarGz([
        ['a', '1'],
        ['/a', '2'],
      ]),
      /holds a twice/,
    ],
    [
      'a file twice by other words',
      tarGz([
        ['a/b', '1'],
        ['./a//b', '2'],
      ]),
      /holds a\/b twice/,
    ],
    ['changed bytes', flipped(whole, whole.length - 6), /no OPA bundle/],
  ])('%s: refused', async (_what, bytes, why) => {
    await expect(unpackBundle('x.tar.gz', bytes)).rejects.toMatchObject(invalid(why));
  });

  test('cut off anywhere: refused', async () => {
    for (let length = 0; length < whole.length; length += 1) {
      await expect(unpackBundle('x', whole.subarray(0, length)), `at ${length}`).rejects.toMatchObject(invalid(/./));
    }
  });

  test('cut off before it was compressed: refused', async () => {
    const raw = gunzipSync(whole);
    // Behind a header and before its content, and in the middle of a block.
    for (const length of [512, 1536, 2560, 1, 511, 513, 1000, 2000]) {
      await expect(unpackBundle('x', gzipSync(raw.subarray(0, length)))).rejects.toMatchObject(invalid(/./));
    }
  });

  test('that unpacks to more than a gateway should hold: refused', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024));
    await expect(unpackBundle('x', bomb)).rejects.toMatchObject(invalid(/unpacks to more than 268435456 bytes/));
  });

  test('that is not there', async () => {
    await expect(readBundleArchive(join(folder, 'nowhere.tar.gz'))).rejects.toMatchObject({
      code: 'SP_BUNDLE_NOT_FOUND',
    });
    await expect(readBundleArchive(folder)).rejects.toMatchObject(invalid(/cannot be read/));
  });
});

describe('a bundle', () => {
  test('gives revision, module and data', async () => {
    writeFileSync(join(folder, 'whole.tar.gz'), whole);
    expect(await readBundle(join(folder, 'whole.tar.gz'))).toEqual({
      revision: 'r1',
      wasm: Buffer.from('wasm'),
      data: { a: { b: 1 } },
    });
  });

  test('data files stand at the path of their folder', async () => {
    const archive = tarGz([
      ['/policy.wasm', ''],
      ['/data.json', '\ufeff{"a": {"b": 1}}'],
      ['/a/c/data.json', '{"d": 2}'],
      ['/e/data.yaml', 'f: [3]'],
      ['/other.json', '{"not": "data"}'],
    ]);
    expect(bundleOf(await unpackBundle('x', archive)).data).toEqual({ a: { b: 1, c: { d: 2 } }, e: { f: [3] } });
  });

  test.each<[string, [string, string | Uint8Array][], RegExp]>([
    ['no module', [['/data.json', '{}']], /holds no policy.wasm/],
    ['a delta bundle', [['/patch.json', '{}']], /delta bundle/],
    [
      'data that is no JSON',
      [
        ['/policy.wasm', ''],
        ['/data.json', '{'],
      ],
      /data.json in x is not JSON/,
    ],
    [
      'data that is no YAML',
      [
        ['/policy.wasm', ''],
        ['/data.yaml', '"'],
      ],
      /data.yaml in x is not YAML/,
    ],
    [
      'data that is no object',
      [
        ['/policy.wasm', ''],
        ['/data.json', '[]'],
      ],
      /does not hold an object/,
    ],
    [
      'data that is not UTF-8',
      [
        ['/policy.wasm', ''],
        ['/data.json', Buffer.from('{"a": "\xe9"}', 'latin1')],
      ],
      /is not JSON/,
    ],
    [
      'data given twice',
      [
        ['/policy.wasm', ''],
        ['/data.json', '{"a": {"b": 1}}'],
        ['/a/data.json', '{"b": 2}'],
      ],
      /"b" already/,
    ],
    [
      'a manifest that is no JSON',
      [
        ['/policy.wasm', ''],
        ['/.manifest', 'x'],
      ],
      /.manifest in x is not JSON/,
    ],
    [
      'one for another schema',
      [
        ['/policy.wasm', ''],
        ['/.manifest', '{"metadata": {"sallyport": {"schema": 2}}}'],
      ],
      /version 2 of the input schema/,
    ],
  ])('with %s: refused', async (_what, files, why) => {
    const archive = await unpackBundle('x', tarGz(files));
    expect(() => bundleOf(archive)).toThrow(expect.objectContaining(invalid(why)));
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
