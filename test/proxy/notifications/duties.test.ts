import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../proxy/log.ts';
import { UrgentSessions } from '../../../proxy/notifications/urgent-sessions.ts';
import { createFulfillers } from '../../../proxy/obligations.ts';
import { createDuties } from '../../../proxy/store/duties.ts';
import { Indexer } from '../../../proxy/store/index/indexer.ts';
import { createLocalReader } from '../../../proxy/store/index/read-files.ts';
import { openStore, type Store } from '../../../proxy/store/store.ts';
import { ada, here, memoryLogger, shop } from '../support/fixtures.ts';
import { lineCommand } from '../support/line-protocol.ts';
import { recordingText, type RecordedStep } from '../support/recording.ts';

const FILE = '2026-01-01/s1.jsonl';
const notify = { kind: 'notify', channel: 'ops', message: 'look', rule: 'N-1' };
const elsewhere = { kind: 'notify', channel: 'nobody', message: 'do not look' };
const quarantine = { kind: 'quarantine', message: 'out', rule: 'Q-1' };

let root: string;
let store: Store;
let directory: string;
let run = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-duties-'));
  store = await openStore({ kind: 'pglite', directory: join(root, 'store') }, silentLogger);
  // The recordings below are of a time before the tests were written.
  await sql`update sallyport_migrations set timestamp = '2020-01-01T00:00:00Z'`.execute(store.db);
});
afterAll(async () => {
  await store.close();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  run += 1;
  directory = join(root, `recordings-${run}`);
  await mkdir(join(directory, '2026-01-01'), { recursive: true });
});
afterEach(async () => {
  for (const table of [
    'outbox',
    'notification_channels',
    'quarantines',
    'commands',
    'sessions',
    'indexed_files',
  ] as const) {
    await store.db.deleteFrom(table).execute();
  }
});

const rates = new Map([['ops', { perMinute: 100 }]]);

async function index(fulfils: boolean): Promise<void> {
  const indexer = new Indexer({
    db: store.db,
    gateway: 'g1',
    directory,
    reader: createLocalReader(directory, 'g1', new Set(rates.keys())),
    logger: silentLogger,
    ...(fulfils ? { fulfil: createDuties(rates) } : {}),
  });
  await indexer.catchUp();
  await indexer.close();
}

const put = (...steps: RecordedStep[]): Promise<void> => writeFile(join(directory, FILE), recordingText('s1', steps));
const sources = async (): Promise<string[]> =>
  (await store.db.selectFrom('outbox').select('source').orderBy('id').execute()).map(({ source }) => source);

describe('what a recorded decision asks for', () => {
  test('is queued with who, what and where, for the channels that are configured', async () => {
    await put({
      command: { text: 'DELETE FROM a', verb: 'delete' },
      effect: 'deny',
      obligations: [notify, elsewhere, { ...notify, message: 'again' }],
    });
    await index(true);
    const rows = await store.db.selectFrom('outbox').selectAll().orderBy('id').execute();
    expect(rows.map(({ source, data }) => [source, (JSON.parse(data) as { message: string }).message])).toEqual([
      ['s1.2.0', 'look'],
      ['s1.2.2', 'again'],
    ]);
    expect(JSON.parse(rows[0]?.data ?? '')).toMatchObject({
      subject: { id: 'bot', kind: 'agent', owner: 'ada' },
      resource: { name: 'shop' },
      command: { text: 'DELETE FROM a', verb: 'delete' },
      decision: { id: 's1.1', effect: 'deny' },
    });
  });

  test('may be about the session itself', async () => {
    await put({ opening: 'deny', obligations: [notify, quarantine] }, 'refused');
    await index(true);
    expect(await sources()).toEqual(['s1.1.0']);
    expect(await store.db.selectFrom('quarantines').select(['subject', 'decision']).execute()).toEqual([
      { subject: 'bot', decision: 's1.0' },
    ]);
  });

  test('is asked for once, at whatever byte the recording ended when it was read', async () => {
    const bytes = Buffer.from(
      recordingText('s1', [
        { effect: 'allow', obligations: [notify] },
        { effect: 'allow' },
        { effect: 'deny', obligations: [notify] },
      ]),
    );
    let written = 0;
    for (let cut = 0; cut < bytes.length; cut += 350) {
      await appendFile(join(directory, FILE), bytes.subarray(written, cut));
      written = cut;
      await index(true);
    }
    await appendFile(join(directory, FILE), bytes.subarray(written));
    await index(true);
    expect(await sources()).toEqual(['s1.2.0', 's1.6.0']);
  });

  test('bars a subject, should the gateway have been killed before it did', async () => {
    await put({ effect: 'deny', obligations: [quarantine] });
    await index(true);
    expect(await store.db.selectFrom('quarantines').selectAll().execute()).toMatchObject([
      { subject: 'bot', reason: 'out', imposed_by: 'rule Q-1', decision: 's1.1', released: null },
    ]);
  });

  test('is passed over where a recording is only indexed anew', async () => {
    await put({ effect: 'deny', obligations: [notify, quarantine] });
    await index(false);
    expect(await sources()).toEqual([]);
    expect(await store.db.selectFrom('quarantines').selectAll().execute()).toEqual([]);
  });
});

describe('sessions that are read soon', () => {
  test('are those with word for a channel, once each', () => {
    const urgent = new UrgentSessions(new Set(['ops']));
    expect(urgent.take(FILE)).toBe(false);
    expect(urgent.tells('nobody', 's1')).toBe(false);
    expect(urgent.take(FILE)).toBe(false);
    expect(urgent.tells('ops', 's1')).toBe(true);
    expect(urgent.take('2026-01-01/s2.jsonl')).toBe(false);
    expect(urgent.take(FILE)).toBe(true);
    expect(urgent.take(FILE)).toBe(false);
  });
});

describe('a notice', () => {
  test.each([
    ['ops', 0],
    ['nobody', 1],
  ])('for %s is a line in the log only where no channel is told of it', (channel, lines) => {
    const urgent = new UrgentSessions(new Set(['ops']));
    const logger = memoryLogger();
    const fulfil = createFulfillers({ logger, tells: (name, session) => urgent.tells(name, session) }).get('notify');
    const obligation = { kind: 'notify', channel, message: 'look' };
    const fulfilment = fulfil?.(obligation, {
      session: 's1',
      subject: ada,
      resource: shop,
      client: here,
      command: lineCommand('x'),
      decision: { id: 's1.1', revision: 'r', effect: 'allow', reasons: [], obligations: [obligation] },
      scrub: (text) => text,
    });
    expect(fulfilment).toEqual({ kind: 'fulfilled' });
    expect(logger.lines).toHaveLength(lines);
  });
});
