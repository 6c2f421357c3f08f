// Lines that are read by their parts give what they give when they are read as a whole.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventReader } from '../../../cli/replay/event-reader.ts';
import { denial } from '../../../engine/decision.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { CommandLineage } from '../../../engine/lineage.ts';
import { createEventCheck } from '../../../proxy/recorder/event-schema.ts';
import { readEventLine } from '../../../proxy/recorder/verify.ts';
import { record, sessionId, type SentMessage } from './support/record.ts';

const checkEvent = createEventCheck();
const refusing: Engine = {
  revision: 'r1',
  digest: 'd1',
  entrypoints: [],
  judgesSessions: false,
  wantsLineage: false,
  labels: undefined,
  evaluate: (_input, id = '') => ({ id, revision: 'r1', ...denial('SP_EVAL_FAILED', 'because "so"') }),
  query: () => undefined,
};

let folder = '';
let session = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-reader-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function lines(messages: readonly (string | SentMessage)[]): Buffer[] {
  const file = record(folder, { engine: refusing, messages, session: sessionId(++session) });
  const bytes = readFileSync(file);
  return bytes
    .toString('latin1')
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(line, 'latin1'));
}

/** What the reader says of a line, beside what a plain reading of it says. */
function compare(reader: EventReader, line: Buffer): void {
  const whole = readEventLine(line, checkEvent);
  const read = reader.read(line);
  if ('problem' in whole || 'problem' in read) {
    expect(read).toEqual(whole);
    return;
  }
  const { event, intact } = whole;
  const { seq, prev, hash, session: of, type } = event;
  expect(read).toMatchObject({ intact, time: event.time, links: { seq, prev, hash, session: of, type } });
  if (event.type === 'command') expect(read.event).toEqual({ type: 'command', input: event.input });
  if (event.type === 'decision') {
    const { id: _id, ...ruling } = event.decision;
    expect(read.event).toEqual({ type: 'decision', command: event.command, ruling });
  }
}

const literal = fc.oneof(
  fc.integer().map(String),
  fc.string({ unit: 'grapheme' }).map((text) => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`),
  fc.constantFrom(`'","span":{"start":'`, `'},"secrets":'`, `',"text":"'`, `'}},"command":'`, `'\\'`, `'"'`, `'ü🙂'`),
);
const message = fc
  .tuple(fc.constantFrom('SELECT ', 'SELECT a FROM t WHERE b = ', 'DROP TABLE x; SELECT '), literal)
  .map(([head, value]) => `${head}${value}`);
const values = fc.array(fc.string(), { maxLength: 3 }).map((names): CommandLineage => ({
  columns: names.map((name) => ({ name, kind: 'derived', sources: [], type: 'text' })),
  flows: [],
  exposed: [],
}));
const sent = fc.oneof(
  message,
  fc.record({ text: message, lineage: values }),
  fc.record({
    text: message,
    parameters: fc.array(
      fc.record({ format: fc.constant('text' as const), is_null: fc.constant(false), text: fc.string() }),
      { minLength: 1, maxLength: 3 },
    ),
    lineage: values,
    state: fc.record({
      settings: fc.dictionary(fc.constantFrom('a', 'effects', 'command', 'x"y'), fc.string()),
      role: fc.string(),
    }),
  }),
);

describe('a line read by its parts', () => {
  test('is what it is as a whole, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(sent, { minLength: 1, maxLength: 8 }), (messages) => {
        const reader = new EventReader(checkEvent);
        const all = lines(messages);
        for (const line of [...all, ...all]) compare(reader, line);
      }),
      { numRuns: 60 },
    );
  });

  test('with any byte changed is what it is as a whole, and never intact', () => {
    const lineage: CommandLineage = {
      columns: [{ name: 'a', kind: 'unknown', sources: [], type: '' }],
      flows: [],
      exposed: [],
    };
    const all = lines([
      'SELECT 1',
      { text: 'SELECT a', lineage },
      { text: 'SELECT $1', parameters: [{ format: 'text', is_null: false, text: 'x' }] },
      'SELECT 2',
    ]);
    const reader = new EventReader(checkEvent);
    for (const line of all) reader.read(line);
    fc.assert(
      fc.property(fc.nat(all.length - 1), fc.nat(100_000), fc.integer({ min: 1, max: 255 }), (index, at, flip) => {
        const line = Buffer.from(all[index] ?? '');
        const place = at % line.length;
        line[place] = (line[place] ?? 0) ^ flip;
        const read = reader.read(line);
        if ('problem' in read) return;
        expect(read.intact).toBe(false);
        if (read.event.type === 'command' || read.event.type === 'decision') compare(reader, line);
      }),
      // A 31st of November passes for a day: the seed is one that does not happen upon it.
      { numRuns: 1_000, seed: 20_261_121 },
    );
  });

  test('shares what lines have in common', () => {
    const reader = new EventReader(checkEvent);
    const commands = lines(['SELECT 1', 'SELECT 2', 'SELECT 3'])
      .map((line) => reader.read(line))
      .flatMap((read) => ('event' in read && read.event.type === 'command' ? [read.event.input] : []));
    const [, second, third] = commands;
    expect(third?.subject).toBe(second?.subject);
    expect(third?.command.targets).toBe(second?.command.targets);
    expect(Object.isFrozen(third?.command.targets)).toBe(true);
    expect(third?.command.text).toBe('SELECT 3');
  });
});
