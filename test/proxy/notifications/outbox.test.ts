import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Channel } from '../../../proxy/notifications/channel.ts';
import { ChannelSender, type SenderTimes } from '../../../proxy/notifications/channel-sender.ts';
import { enqueue, enqueueRecorded } from '../../../proxy/notifications/enqueue.ts';
import { takeLease } from '../../../proxy/notifications/lease.ts';
import type { NewNotification } from '../../../proxy/notifications/notice.ts';
import { forgetFinished, listOutbox, retryNotification } from '../../../proxy/notifications/outbox.ts';
import { openStore, type Store } from '../../../proxy/store/store.ts';
import { memoryLogger } from '../support/fixtures.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';

const MINUTE = Date.UTC(2026, 0, 1, 12, 0);
/** Fast enough for a test; the proportions are those of a gateway. */
const times: SenderTimes = { retryFirst: 5, retryMost: 40, timeout: 2_000, lease: 4_000 };

let folder: string;
let store: Store;
let webhook: Webhook;
let logger: ReturnType<typeof memoryLogger>;
const senders: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-outbox-'));
  store = await openStore({ kind: 'pglite', directory: folder }, memoryLogger());
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  webhook = await startWebhook();
  logger = memoryLogger();
});
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
  await webhook.close();
  for (const table of ['outbox', 'notification_channels'] as const) await store.db.deleteFrom(table).execute();
});

const channel = (more: Partial<Channel> = {}): Channel => ({
  name: 'ops',
  url: () => webhook.url,
  format: 'json',
  perMinute: 1_000_000,
  approvals: false,
  ...more,
});

function notification(number: number, more: Partial<NewNotification> = {}): NewNotification {
  return {
    channel: 'ops',
    source: `s.${number}.0`,
    time: new Date(MINUTE + number).toISOString(),
    notice: {
      type: 'notice',
      message: `number ${number}`,
      gateway: 'g',
      session: 's',
      subject: { id: 'ada', kind: 'human' },
      resource: { name: 'shop', environment: '' },
      client: { address: '127.0.0.1' },
    },
    ...more,
  };
}

const several = (from: number, to: number): NewNotification[] =>
  Array.from({ length: to - from + 1 }, (_, index) => notification(from + index));

function queue(notifications: readonly NewNotification[], one = channel()): Promise<void> {
  return store.db.transaction().execute((transaction) => enqueue(transaction, notifications, new Map([['ops', one]])));
}

function start(one = channel(), gateway = 'g'): ChannelSender {
  const sender = new ChannelSender({ store, gateway, channel: one, logger, times });
  senders.push(sender);
  sender.wake();
  return sender;
}

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it never came to ${what}`);
}

const states = async (): Promise<string[]> =>
  (await store.db.selectFrom('outbox').select(['state', 'source']).orderBy('id').execute()).map(({ state }) => state);
const allDone = async (): Promise<boolean> => !(await states()).includes('waiting');

/** What came in, each once: the numbers of the messages. */
function numbers(): number[] {
  const seen = new Map<unknown, number>();
  for (const { headers, body } of webhook.received) {
    const [, number] = /number (\d+)/.exec(body) ?? [];
    seen.set(headers['webhook-id'], Number(number));
  }
  return [...seen.values()];
}

describe('what is queued', () => {
  test('stands in the order of its times, each once, however often it is read', async () => {
    await queue([notification(2), notification(1)]);
    await queue([notification(1), notification(2), notification(3)]);
    const rows = await listOutbox(store.db, { limit: 10 });
    expect(rows.map(({ source }) => source)).toEqual(['s.3.0', 's.2.0', 's.1.0']);
  });

  test('is bounded for each minute; the next one says how many were left out', async () => {
    const most = channel({ perMinute: 2 });
    await queue(several(1, 5), most);
    await queue([notification(6)], most);
    await queue([notification(60_001), notification(60_002), notification(60_003)], most);
    const rows = await listOutbox(store.db, { limit: 10 });
    expect(rows.map(({ source, left_out }) => [source, left_out])).toEqual([
      ['s.60002.0', 0],
      ['s.60001.0', 4],
      ['s.2.0', 0],
      ['s.1.0', 0],
    ]);
  });

  test('is nothing when its transaction is taken back', async () => {
    await expect(
      store.db.transaction().execute(async (transaction) => {
        await enqueue(transaction, [notification(1)], new Map([['ops', channel()]]));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await states()).toEqual([]);
  });

  test('is nothing that happened before the outbox was made: a store that was lost tells nothing again', async () => {
    const { timestamp } = (
      await sql<{ timestamp: string }>`select timestamp from sallyport_migrations where name = '004-outbox'`.execute(
        store.db,
      )
    ).rows[0] ?? { timestamp: '' };
    const at = (shift: number): string => new Date(Date.parse(timestamp) + shift).toISOString();
    const both = [notification(1, { time: at(-1) }), notification(2, { time: at(1) })];
    await store.db
      .transaction()
      .execute((transaction) => enqueueRecorded(transaction, both, new Map([['ops', channel()]])));
    expect((await listOutbox(store.db, { limit: 9 })).map(({ source }) => source)).toEqual(['s.2.0']);
  });
});

describe('what is sent', () => {
  test('comes in order, signed with an id of its own', async () => {
    await queue(several(1, 50));
    start();
    await until('all', allDone);
    expect(numbers()).toEqual(several(1, 50).map((_, index) => index + 1));
    expect(webhook.received[0]?.headers['webhook-id']).toBe('s.1.0@ops');
  });

  test('waits while the receiver is down, in order, and nothing overtakes it', async () => {
    await webhook.down();
    await queue(several(1, 3));
    const sender = start();
    await until('a few attempts', async () => ((await listOutbox(store.db, { limit: 3 })).at(-1)?.attempts ?? 0) > 2);
    await queue(several(4, 200));
    sender.wake();
    expect((await listOutbox(store.db, { limit: 500 })).filter(({ attempts }) => attempts > 0)).toHaveLength(1);
    await webhook.up();
    await until('all', allDone);
    expect(numbers()).toEqual(several(1, 200).map((_, index) => index + 1));
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'info', message: 'notifications are sent again' });
  });

  test('comes again with the same id when it is not known whether it came', async () => {
    await queue([notification(1)]);
    webhook.answer((_message, number) => ({ status: number < 3 ? 502 : 200 }));
    start();
    await until('it', allDone);
    expect(webhook.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      's.1.0@ops',
      's.1.0@ops',
      's.1.0@ops',
    ]);
    expect(new Set(webhook.received.map(({ body }) => body)).size).toBe(1);
  });

  test('waits for as long as the receiver says', async () => {
    await queue([notification(1)]);
    webhook.answer(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    start();
    await until('the attempt', async () => (await listOutbox(store.db, { limit: 1 }))[0]?.attempts === 1);
    const [row] = await listOutbox(store.db, { limit: 1 });
    expect(row?.next_attempt?.getTime() ?? 0).toBeGreaterThan(Date.now() + 3_500_000);
  });

  test('is given up when the receiver refuses it, and what follows is sent', async () => {
    await queue(several(1, 3));
    webhook.answer(({ body }) => ({ status: body.includes('number 2') ? 400 : 200, body: 'no such field' }));
    start();
    await until('all', allDone);
    expect(await states()).toEqual(['sent', 'dead', 'sent']);
    const [, dead] = await listOutbox(store.db, { limit: 3 });
    expect(dead).toMatchObject({ attempts: 3, error: 'HTTP 400: no such field' });
    expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'a notification was refused and is given up' },
    ]);
  });

  test('can be sent after all, once', async () => {
    await queue([notification(1)]);
    webhook.answer(() => ({ status: 400 }));
    const sender = start();
    await until('its end', allDone);
    webhook.answer(() => ({ status: 200 }));
    const id = String((await listOutbox(store.db, { limit: 1 }))[0]?.id);
    await retryNotification(store.db, id);
    sender.wake();
    await until('it', allDone);
    expect(await states()).toEqual(['sent']);
    await expect(retryNotification(store.db, id)).rejects.toMatchObject({ code: 'SP_NOTIFICATION_SENT' });
    await expect(retryNotification(store.db, '0')).rejects.toMatchObject({ code: 'SP_NOTIFICATION_UNKNOWN' });
    await expect(retryNotification(store.db, 'x')).rejects.toMatchObject({ code: 'SP_NOTIFICATION_UNKNOWN' });
  });

  test('is forgotten after a while', async () => {
    await queue([notification(1), notification(2)]);
    start();
    await until('both', allDone);
    await sql`update outbox set finished = now() - interval '25 hours' where source = 's.1.0'`.execute(store.db);
    await forgetFinished(store.db);
    expect((await listOutbox(store.db, { limit: 9 })).map(({ source }) => source)).toEqual(['s.2.0']);
  });
});

describe('a backlog that is bounded', () => {
  test.each([
    ['by number', { most: 2 }, [3, 4], 2],
    ['by age', { ageMs: 1_000 }, [], 4],
  ])('%s: the oldest are dropped, counted and told', async (_how, backlog, left, dropped) => {
    const one = channel({ backlog });
    await queue(several(1, 4), one);
    start(one);
    await until('all', allDone);
    expect(numbers()).toEqual(left);
    expect((await states()).filter((state) => state === 'dropped')).toHaveLength(dropped);
    expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { channel: 'ops', dropped } });
    const [message] = webhook.received;
    if (message !== undefined) expect(JSON.parse(message.body)).toMatchObject({ left_out: dropped });
    else {
      await queue([notification(5, { time: new Date().toISOString() })], one);
      start(one);
      await until('the next', () => webhook.received.length > 0);
      expect(JSON.parse(webhook.received[0]?.body ?? '{}')).toMatchObject({ left_out: dropped });
    }
  });
});

describe('several gateways', () => {
  test('send each once', async () => {
    await queue(several(1, 100));
    const both = [start(channel(), 'g1'), start(channel(), 'g2')];
    await queue(several(101, 150));
    for (const sender of both) sender.wake();
    await until('all', allDone);
    expect(webhook.received).toHaveLength(150);
    expect(numbers()).toEqual(several(1, 150).map((_, index) => index + 1));
  });

  test('take over from one that died in the middle', async () => {
    await queue([notification(1)]);
    expect(await takeLease(store.db, 'ops', 'dead', 300)).toEqual({ mine: true });
    expect(await takeLease(store.db, 'ops', 'other', 300)).toMatchObject({ mine: false });
    start(channel(), 'alive');
    await until('it', allDone);
    expect(numbers()).toEqual([1]);
  });
});

describe('a stop', () => {
  test('waits for nobody who does not answer, and loses nothing', async () => {
    await queue([notification(1), notification(2)]);
    webhook.answer(() => undefined);
    const first = start();
    await until('the attempt', () => webhook.received.length === 1);
    await first.close();
    expect(await states()).toEqual(['waiting', 'waiting']);
    webhook.answer(() => ({ status: 200 }));
    start();
    await until('all', allDone);
    expect(numbers()).toEqual([1, 2]);
  });
});
