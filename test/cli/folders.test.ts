import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../cli/folders.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-folders-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('making a folder', () => {
  it('makes those above it, and is content with one that is there', async () => {
    makeFolder(join(folder, 'a/b/c'));
    makeFolder(join(folder, 'a/b/c'));
    expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true);
  });

  it.skipIf(!existsSync('/proc/self'))('fails where the system takes none: it does not try for ever', () => {
    expect(() => {
      makeFolder('/proc/sallyport/reports');
    }).toThrow('ENOENT');
  });
});
