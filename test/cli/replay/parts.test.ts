// The pieces that do not know each other: lines, archives, globs, selections, groups, damage.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readChunks } from '../../../cli/replay/chunks.ts';
import { Damage } from '../../../cli/replay/damage.ts';
import { globToRegExp } from '../../../cli/replay/glob.ts';
import { GroupTable, type Example } from '../../../cli/replay/group-table.ts';
import { LineSplitter } from '../../../cli/replay/lines.ts';
import { Progress } from '../../../cli/replay/progress.ts';
import { inShare, readMoment, readSample, readShard, SessionChoice } from '../../../cli/replay/selection.ts';
import { findSources } from '../../../cli/replay/sources.ts';
import type { Diagnostic } from '../../../engine/contract.ts';
import { fakeStreams } from '../fake-streams.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-replay-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function split(chunks: readonly string[], limit?: number): string[] {
  const seen: string[] = [];
  const lines = new LineSplitter(
    {
      line: (row, bytes) => seen.push(`${row} ${bytes.toString()}`),
      tooLong: (row) => seen.push(`${row} too long`),
      cut: (row) => seen.push(`${row} cut`),
    },
    limit,
  );
  for (const chunk of chunks) lines.feed(Buffer.from(chunk));
  lines.finish();
  return seen;
}

describe('lines', () => {
  test.each<[string, string[], string[]]>([
    ['in one chunk', ['a\nb\n'], ['1 a', '2 b']],
    ['over several', ['a', 'b\nc', '\n'], ['1 ab', '2 c']],
    ['empty ones', ['\n\na\n'], ['1 ', '2 ', '3 a']],
    ['without an end', ['a\nb'], ['1 a', '2 cut']],
    ['none', [], []],
    ['one that is too long', ['a\nbbbb', 'bbbb\nc\n'], ['1 a', '2 too long', '3 c']],
    ['one that is too long at once', ['bbbbbbbb\nc\n'], ['1 too long', '2 c']],
    ['one that never ends', ['bbbb', 'bbbb', 'bbbb'], ['1 cut']],
  ])('%s', (_name, chunks, lines) => {
    expect(split(chunks, 6)).toEqual(lines);
  });

  test('are the same however the bytes come', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', '\n') }), fc.array(fc.nat(9)), (text, cuts) => {
        const chunks: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          chunks.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        expect(split([...chunks, rest], 5)).toEqual(split([text], 5));
      }),
    );
  });
});

async function bytesOf(source: string | Readable): Promise<{ text: string; error: string | undefined }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of readChunks(source, () => undefined)) chunks.push(chunk);
  } catch (error) {
    return { text: Buffer.concat(chunks).toString(), error: String(error) };
  }
  return { text: Buffer.concat(chunks).toString(), error: undefined };
}

describe('archives', () => {
  const text = 'a line of a recording\n'.repeat(50_000);

  test.each([
    ['plain', 'x.jsonl', Buffer.from(text)],
    ['gzip, whatever it is called', 'y.jsonl', gzipSync(text)],
    [
      'two members after each other',
      'z.jsonl.gz',
      Buffer.concat([gzipSync(text.slice(0, 999)), gzipSync(text.slice(999))]),
    ],
  ])('%s', async (_name, name, bytes) => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    expect(await bytesOf(file)).toEqual({ text, error: undefined });
    expect(await bytesOf(Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]))).toEqual({ text, error: undefined });
  });

  test('that are cut off give what is there, and always the same', async () => {
    const packed = gzipSync(text);
    const file = join(folder, 'cut.gz');
    writeFileSync(file, packed.subarray(0, packed.length - 300));
    const once = await bytesOf(file);
    expect(once.error).toMatch(/unexpected end of file/);
    expect(once.text.length).toBeGreaterThan(0);
    expect(text.startsWith(once.text)).toBe(true);
    expect(await bytesOf(file)).toEqual(once);
  });

  test.each([
    ['', ''],
    ['a', 'a'],
  ])('%j alone', async (content) => {
    const file = join(folder, `tiny-${content.length}`);
    writeFileSync(file, content);
    expect(await bytesOf(file)).toEqual({ text: content, error: undefined });
  });
});

describe('globs', () => {
  test.each<[string, string, boolean, boolean]>([
    ['agent-*', 'agent-7', false, true],
    ['agent-*', 'an agent-7', false, false],
    ['a?c', 'abc', false, true],
    ['a.c', 'abc', false, false],
    ['a*', 'a/b', false, true],
    ['a*', 'a/b', true, false],
    ['a/**/c.jsonl', 'a/c.jsonl', true, true],
    ['a/**/c.jsonl', 'a/b/b/c.jsonl', true, true],
    ['**/*.gz', 'x/y.gz', true, true],
  ])('%s and %s (paths: %s): %s', (glob, name, path, matches) => {
    expect(globToRegExp(glob, { path }).test(name)).toBe(matches);
  });
});

describe('sources', () => {
  test('are found in folders, by globs and once', async () => {
    const session = '00000000-0000-4000-8000-000000000001';
    for (const name of [`${session}.jsonl`, 'b.jsonl.gz', 'c.txt']) writeFileSync(join(folder, name), '');
    const found = await findSources([join(folder, '*.gz'), folder, join(folder, 'c.txt'), '-']);
    const named = found.filter(({ shown }) => /000001|b\.jsonl|c\.txt|stdin/.test(shown));
    expect(named.map(({ shown, session: of }) => [shown.replace(`${folder}/`, ''), of])).toEqual([
      [`${session}.jsonl`, session],
      ['b.jsonl.gz', undefined],
      ['c.txt', undefined],
      ['stdin', undefined],
    ]);
  });

  test.each(['nowhere', 'no*where'])('%s names nothing', async (place) => {
    await expect(findSources([join(folder, place)])).rejects.toMatchObject({ code: 'SP_USAGE' });
  });
});

describe('selections', () => {
  test('every session is in exactly one shard, in about equal numbers', () => {
    const counts = new Map<number, number>();
    for (let number = 0; number < 4_000; number++) {
      const of = [1, 2, 3, 4].filter((part) => inShare(`s${number}`, 'shard', { part, of: 4 }));
      expect(of).toHaveLength(1);
      for (const part of of) counts.set(part, (counts.get(part) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) expect(count).toBeGreaterThan(850);
  });

  test('a sample does not depend on the shard', () => {
    const sampled = (shard?: { part: number; of: number }) =>
      Array.from({ length: 300 }, (_, index) => `s${index}`).filter((id) => {
        const choice = new SessionChoice({ sample: 0.3, ...(shard === undefined ? {} : { shard }) });
        return choice.isOurs(id) && choice.isSampled(id);
      });
    const parts = [1, 2, 3].flatMap((part) => sampled({ part, of: 3 }));
    expect(parts.sort()).toEqual(sampled().sort());
  });

  test.each([
    ['2/8', { part: 2, of: 8 }],
    ['1/1', { part: 1, of: 1 }],
  ])('shard %s', (text, shard) => {
    expect(readShard(text)).toEqual(shard);
  });
  test.each(['0/8', '9/8', '1', 'a/b', '1/0', '-1/3'])('%s is no shard', (text) => {
    expect(() => readShard(text)).toThrow(/is not a shard/);
  });
  test.each([
    ['5%', 0.05],
    ['100%', 1],
    ['1/20', 0.05],
    ['0.5%', 0.005],
  ])('sample %s', (text, share) => {
    expect(readSample(text)).toBeCloseTo(share, 10);
  });
  test.each(['0%', '101%', '2/3', '5', '1/0', ''])('%j is no sample', (text) => {
    expect(() => readSample(text)).toThrow(/is not a share/);
  });
  test.each([
    ['2026-11-01', Date.UTC(2026, 10, 1)],
    ['2026-11-01T02:00:00+02:00', Date.UTC(2026, 10, 1)],
  ])('moment %s', (text, at) => {
    expect(readMoment('--since', text)).toBe(at);
  });
  test.each(['yesterday', '2026-13-01', '2026-11-01T10:00', ''])('%j is no moment', (text) => {
    expect(() => readMoment('--since', text)).toThrow(/--since .* is not a moment/);
  });
});

const example = (file: string, row: number): Example => ({
  file,
  row,
  session: 's',
  subject: 'a',
  resource: 'r',
  text: 't',
});

describe('groups', () => {
  const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom('a', 'b'), fc.nat(99)), {
    maxLength: 200,
  });

  test('are the same in any order, however they are put together, and bounded', () => {
    fc.assert(
      fc.property(entries, fc.array(fc.nat(4)), fc.infiniteStream(fc.nat()), (all, parts, shuffle) => {
        const fill = (table: GroupTable, items: typeof all): GroupTable => {
          for (const [key, file, row] of items) table.add(`k${key}`, { file, row }, () => example(file, row));
          return table;
        };
        const whole = fill(new GroupTable(16), all).state();
        expect(whole.groups.length).toBeLessThanOrEqual(16);
        const merged = new GroupTable(16);
        const shuffled = all.map((item) => [shuffle.next().value ?? 0, item] as const).sort(([a], [b]) => a - b);
        for (const part of [0, 1, 2, 3, 4]) {
          const own = shuffled.filter((_, index) => (parts[index] ?? 0) === part).map(([, item]) => item);
          merged.merge(fill(new GroupTable(16), own).state());
        }
        expect(merged.state()).toEqual(whole);
      }),
    );
  });

  test('counts of what is kept are exact', () => {
    const table = new GroupTable(8);
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 100; key++) table.add(`k${key}`, { file: 'a', row: key }, () => example('a', key));
    }
    const { halvings, groups } = table.state();
    expect(halvings).toBeGreaterThan(0);
    expect(groups.length).toBeGreaterThan(0);
    for (const [, count] of groups) expect(count).toBe(3);
  });
});

test('damage: all is counted, the first is kept, in any order', () => {
  const findings = Array.from({ length: 1_500 }, (_, index): Diagnostic => ({
    severity: index % 3 === 0 ? 'warning' : 'error',
    code: 'X',
    message: 'm',
    file: `f${index % 2}`,
    row: index,
  }));
  const forwards = new Damage();
  for (const finding of findings) forwards.note(finding);
  const [one, other] = [new Damage(), new Damage()];
  for (const [index, finding] of findings.toReversed().entries()) (index % 5 === 0 ? one : other).note(finding);
  one.merge(other.state());
  expect(one.state()).toEqual(forwards.state());
  expect(forwards.state()).toMatchObject({ errors: 1_000, warnings: 500 });
  expect(forwards.state().first[0]).toMatchObject({ file: 'f0', row: 0 });
});

describe('progress', () => {
  test.each([
    ['a terminal', true, false, /█+░+ 50 % {2}1,000 commands, 1,000\/s/],
    ['a log, asked for', false, true, /^█/],
    ['a log', false, false, /^$/],
  ])('for %s', (_name, isTTY, lines, expected) => {
    const streams = fakeStreams([]);
    let now = 0;
    const progress = new Progress({
      stream: Object.assign(streams.stdout, { isTTY }),
      totalBytes: 200,
      lines,
      clock: () => now,
    });
    now = isTTY ? 1_000 : 20_000;
    progress.advance({ bytes: 100, commands: 1_000 });
    expect(streams.output()).toMatch(expected);
    progress.finish();
  });
});
