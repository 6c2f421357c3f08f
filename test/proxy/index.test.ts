import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../proxy/log.ts';
import { Indexer } from '../../proxy/store/index/indexer.ts';
import { createLocalReader, type IndexReader } from '../../proxy/store/index/read-files.ts';
import { findSessions } from '../../proxy/store/queries.ts';
import { openStore, type Store } from '../../proxy/store/store.ts';
import { recordingText } from './support/recording.ts';

let root: string;
let store: Store;
let directory: string;
let indexer: Indexer;
let run = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-index-'));
  store = await openStore({ kind: 'pglite', directory: join(root, 'store') }, silentLogger);
});
afterAll(async () => {
  await store.close();
  await rm(root, { recursive: true });
});
beforeEach(() => {
  run += 1;
  directory = join(root, `recordings-${run}`);
  indexer = start();
});
afterEach(async () => {
  await indexer.close();
  for (const table of ['commands', 'sessions', 'indexed_files', 'subjects'] as const) {
    await store.db.deleteFrom(table).execute();
  }
});

function start(): Indexer {
  const gateway = 'g1';
  return new Indexer({
    db: store.db,
    gateway,
    directory,
    reader: createLocalReader(directory, gateway),
    logger: silentLogger,
  });
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(directory, file)), { recursive: true });
  await writeFile(join(directory, file), text);
}

/** A reader that reads very little at a time. */
function shortSighted(gateway: string): IndexReader {
  const reader = createLocalReader(directory, gateway);
  return {
    read: (requests) => reader.read(requests.map((each) => ({ ...each, bytes: 16 }))),
    close: () => reader.close(),
  };
}

async function seqs(session: string): Promise<number[]> {
  const rows = await store.db
    .selectFrom('commands')
    .select('seq')
    .where('session', '=', session)
    .orderBy('seq')
    .execute();
  return rows.map(({ seq }) => seq);
}

describe('the index', () => {
  it('holds sessions and commands with their decisions and results', async () => {
    const text = recordingText('s1', [
      {
        command: { text: 'SELECT 1', verb: 'select', effects: ['read'] },
        effect: 'allow',
        result: { rows: 3, tag: 'SELECT 3' },
      },
      { command: { text: 'DROP TABLE a', verb: 'drop', effects: ['drop'] }, effect: 'deny', rules: ['R1', 'R1', 'R2'] },
      'end',
    ]);
    await put('2026-01-01/s1.jsonl', text);
    await indexer.catchUp();
    const session = await store.db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
    expect(session).toMatchObject({
      id: 's1',
      gateway: 'g1',
      subject: 'bot',
      subject_kind: 'agent',
      owner: 'ada',
      resource: 'shop',
      environment: 'production',
      client_address: '10.0.0.1',
      commands: 2,
      denied: 1,
      end_reason: 'client closed',
      file: '2026-01-01/s1.jsonl',
    });
    expect(session.ended).toBeInstanceOf(Date);
    const commands = await store.db.selectFrom('commands').selectAll().orderBy('seq').execute();
    expect(commands).toMatchObject([
      { seq: 1, verb: 'select', effects: ['read'], decision: 'allow', status: 'ok', tag: 'SELECT 3', text: 'SELECT 1' },
      { seq: 4, verb: 'drop', effects: ['drop'], decision: 'deny', rules: ['R1', 'R2'], status: null },
    ]);
    expect(Number(commands[0]?.rows)).toBe(3);
    expect(await store.db.selectFrom('subjects').select(['id', 'kind']).execute()).toEqual([
      { id: 'bot', kind: 'agent' },
    ]);
  });

  it('reads a line and a command with its decision whole, however long they are', async () => {
    const reader = new Indexer({
      db: store.db,
      gateway: 'g1',
      directory,
      reader: shortSighted('g1'),
      logger: silentLogger,
    });
    const text = `SELECT '${'x'.repeat(300_000)}'`;
    const commands = [text, 'SELECT 2'].map((each) => ({ command: { text: each }, effect: 'allow' as const }));
    await put('2026-01-01/s1.jsonl', recordingText('s1', [...commands, 'end']));
    await reader.catchUp();
    await reader.close();
    expect(await seqs('s1')).toHaveLength(2);
    expect(await store.db.selectFrom('sessions').select(['commands', 'end_reason']).execute()).toEqual([
      { commands: 2, end_reason: 'client closed' },
    ]);
  });

  it('counts what is being read as behind', async () => {
    await put('2026-01-01/s1.jsonl', recordingText('s1', ['end']));
    const behind: number[] = [];
    const reader = createLocalReader(directory, 'g1');
    const watched = new Indexer({
      db: store.db,
      gateway: 'g1',
      directory,
      reader: {
        read(requests) {
          behind.push(watched.standing.behind);
          return reader.read(requests);
        },
        close: () => reader.close(),
      },
      logger: silentLogger,
    });
    await watched.catchUp();
    expect([...new Set(behind), watched.standing.behind]).toEqual([1, 0]);
    await watched.close();
  });

  it('reads on where it stopped, at whatever byte the file ended then', async () => {
    const text = recordingText('s1', [
      { command: { text: 'SELECT 1' }, effect: 'allow', result: {} },
      { command: { text: 'SELECT 2' }, effect: 'allow', result: {} },
      'end',
    ]);
    const bytes = Buffer.from(text);
    await put('2026-01-01/s1.jsonl', '');
    // Every hundredth byte, and each line's end and its neighbours.
    const cuts = new Set(
      [...bytes.keys()].filter((at) => at % 100 === 0 || [bytes[at], bytes[at - 1], bytes[at + 1]].includes(10)),
    );
    let written = 0;
    for (const cut of [...cuts, bytes.length]) {
      await appendFile(join(directory, '2026-01-01/s1.jsonl'), bytes.subarray(written, cut));
      written = cut;
      indexer.touched('2026-01-01/s1.jsonl');
      await indexer.catchUp();
    }
    expect(await seqs('s1')).toEqual([1, 4]);
    expect(await store.db.selectFrom('commands').select('status').execute()).toEqual([
      { status: 'ok' },
      { status: 'ok' },
    ]);
    expect(await store.db.selectFrom('sessions').select(['commands', 'end_reason']).execute()).toEqual([
      { commands: 2, end_reason: 'client closed' },
    ]);
  });

  describe('holds how sessions were judged when they opened', () => {
    it.each<[string, Parameters<typeof recordingText>[1], object]>([
      ['not at all', [{ effect: 'allow' }, 'end'], { decision: null, decision_id: null, rules: null, denied: 0 }],
      [
        'let in',
        [{ opening: 'allow', rules: ['HOURS'] }, { effect: 'allow' }],
        { decision: 'allow', decision_id: 's1.0', rules: ['HOURS'], commands: 1 },
      ],
      [
        'denied',
        [{ opening: 'deny', rules: ['HOURS', 'HOURS'] }, 'refused'],
        { decision: 'deny', rules: ['HOURS'], commands: 0, denied: 0, end_reason: 'refused' },
      ],
      [
        'allowed by every rule, and kept out for an obligation',
        [{ opening: 'allow' }, 'refused'],
        { decision: 'deny', decision_id: 's1.0' },
      ],
    ])('%s', async (_how, steps, row) => {
      const file = '2026-01-01/s1.jsonl';
      const bytes = Buffer.from(recordingText('s1', steps));
      // At once, and line by line: the row is there before the decision is.
      for (const cut of [bytes.indexOf('\n') + 1, bytes.length]) {
        await put(file, bytes.subarray(0, cut).toString());
        indexer.touched(file);
        await indexer.catchUp();
      }
      expect(await store.db.selectFrom('sessions').selectAll().execute()).toMatchObject([row]);
      const found = async (decision: 'allow' | 'deny') =>
        (await findSessions(store.db, { decision, limit: 10 })).map((session) => session.decision);
      const { decision } = await store.db.selectFrom('sessions').select('decision').executeTakeFirstOrThrow();
      expect([...(await found('allow')), ...(await found('deny'))]).toEqual(decision === null ? [] : [decision]);
    });
  });

  it('counts the commands of a session that still runs', async () => {
    await put('2026-01-01/s1.jsonl', recordingText('s1', [{ effect: 'allow' }, { effect: 'deny' }]));
    await indexer.catchUp();
    expect(await store.db.selectFrom('sessions').select(['commands', 'denied', 'ended']).execute()).toEqual([
      { commands: 2, denied: 1, ended: null },
    ]);
  });

  it('forgets recordings that are gone, and reads those again that are shorter than they were', async () => {
    const whole = recordingText('s2', [{ effect: 'allow' }, { effect: 'allow' }]);
    await put('2026-01-01/s1.jsonl', recordingText('s1', [{ effect: 'allow' }]));
    await put('2026-01-01/s2.jsonl', whole);
    await indexer.catchUp();
    await rm(join(directory, '2026-01-01/s1.jsonl'));
    // As after a crash of the machine: the last lines never reached the disk.
    await truncate(join(directory, '2026-01-01/s2.jsonl'), whole.lastIndexOf('\n', whole.length - 2) + 1);
    await indexer.close();
    indexer = start();
    await indexer.catchUp();
    expect(await seqs('s1')).toEqual([]);
    expect(await seqs('s2')).toEqual([1]);
    expect(await store.db.selectFrom('sessions').select('id').execute()).toEqual([{ id: 's2' }]);
  });

  it('leaves other gateways of the same store alone', async () => {
    await put('2026-01-01/s1.jsonl', recordingText('s1', [{ effect: 'allow' }]));
    await indexer.catchUp();
    const other = new Indexer({
      db: store.db,
      gateway: 'g2',
      directory: join(root, 'nothing'),
      reader: createLocalReader(join(root, 'nothing'), 'g2'),
      logger: silentLogger,
    });
    await other.catchUp();
    expect(await seqs('s1')).toEqual([1]);
  });

  it('keeps what PostgreSQL cannot hold from stopping it', async () => {
    await put(
      '2026-01-01/s1.jsonl',
      recordingText('s1', [{ command: { text: 'a\0b \ud800 c \\u0000 \u{1f600}' }, effect: 'allow' }]),
    );
    await indexer.catchUp();
    expect(await store.db.selectFrom('commands').select('text').execute()).toEqual([
      { text: 'a\ufffdb \ufffd c \\u0000 \u{1f600}' },
    ]);
  });

  it('goes on with the others where one recording is damaged', async () => {
    await put('2026-01-01/bad.jsonl', 'not json\n');
    await put('2026-01-01/s1.jsonl', recordingText('s1', [{ effect: 'allow' }]));
    await indexer.catchUp();
    expect(await seqs('s1')).toEqual([1]);
  });

  it('follows recordings that are written while it runs', async () => {
    await indexer.catchUp();
    await put('2026-01-02/s3.jsonl', recordingText('s3', [{ effect: 'allow' }]));
    indexer.touched('2026-01-02/s3.jsonl');
    await expect.poll(() => seqs('s3'), { timeout: 10_000 }).toEqual([1]);
    expect(indexer.standing.behind).toBe(0);
    expect(await readFile(join(directory, '2026-01-02/s3.jsonl'), 'utf8')).toContain('"s3"');
  });
});
