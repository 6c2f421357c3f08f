import fs from 'node:fs';
import pg from 'pg';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startWebhook, type Webhook } from '../proxy/support/webhook.ts';
import { askApi, asReviewer, waitingFor } from './support/api.ts';
import { queryRows, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { eventually } from './support/processes.ts';
import { createShop } from './support/shop.ts';
import { createStoreDatabase } from './support/store-database.ts';
import type { SuiteServer } from './support/suite-server.ts';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const INSERT = 'INSERT INTO customers (name, email) VALUES ($1, $2)';

/** What the channel is sent, as far as it is looked at. */
interface Message {
  readonly id: string;
  readonly type: string;
  readonly text: string;
  readonly left_out: number;
  readonly data: { readonly session: string; readonly decision?: { readonly id: string } };
}

function messagesOf(webhook: Webhook): Message[] {
  return webhook.received.map(({ body }) => JSON.parse(body) as Message);
}

/** By id, in the order of their first arrival. */
function onceEach(webhook: Webhook): Message[] {
  return [...new Map(messagesOf(webhook).map((message) => [message.id, message])).values()];
}

// Each waits for several processes.
vi.setConfig({ testTimeout: 180_000 });

/** How long the receiver is down under load, at least; `SALLYPORT_DOWN_SECONDS=60` for a longer look. */
const DOWN_SECONDS = Number(process.env['SALLYPORT_DOWN_SECONDS'] ?? 0);

describe.each(['PGlite', 'PostgreSQL'])('notifications, with a store in %s', (kind) => {
  const [server] = inject('servers');
  if (server === undefined) {
    it.skip('needs a server', () => undefined);
    return;
  }
  let database: string;
  let store: object | undefined;
  let webhook: Webhook;
  let chat: Webhook;
  let gateway: Gateway;

  beforeAll(async () => {
    database = await createShop(server, `notifications_${kind.toLowerCase()}`);
    store = await storeOf(server, kind);
    [webhook, chat] = [await startWebhook(), await startWebhook()];
    gateway = await start();
  });
  afterEach(() => {
    webhook.forget();
  });
  afterAll(async () => {
    await gateway.stop();
    await Promise.all([webhook.close(), chat.close()]);
  });

  const start = (folder?: string): Promise<Gateway> =>
    startGateway({
      server,
      database,
      policies: 'test/e2e/policies/duties',
      configuration: {
        store,
        api: { address: '127.0.0.1:0', auditors: ['keepers'] },
        notifications: {
          channels: {
            ops: { url: webhook.url, secret, per_minute: 1_000_000 },
            chat: { url: chat.url, format: 'slack', approvals: true },
          },
        },
        log: { level: 'warn' },
      },
      ...(folder === undefined ? {} : { folder }),
    });

  it('tell a channel what the policy notifies it of, signed, and the log the rest', async () => {
    await withPg(gateway.endpoint('ada'), async (client) => {
      await client.query(INSERT, ['grün', 'a@example.com']);
      await client.query('LOCK TABLE orders IN SHARE MODE').catch(() => undefined);
    });
    const [message] = await eventually('the notification', () =>
      webhook.received.length > 0 ? webhook.received : undefined,
    );
    const headers = message?.headers as Record<string, string>;
    expect(new Verifier(secret).verify(message?.body ?? '', headers)).toMatchObject({
      type: 'notice',
      text: expect.stringMatching(
        /^somebody writes\nada \(human\) on shop: allow .*, decision .*\nINSERT INTO customers/,
      ) as string,
      left_out: 0,
      data: { subject: { id: 'ada', kind: 'human' }, resource: { name: 'shop' } },
    });
    expect(messagesOf(webhook)[0]?.id).toBe(headers['webhook-id']);
    // Bound values are not told.
    expect(message?.body).not.toContain('grün');
    await eventually('the line in the log', () => (gateway.log().includes('somebody locks') ? true : undefined));
    expect(gateway.log()).not.toContain('somebody writes');
  });

  it('tell of requests for approval that wait and that are decided, and how to decide them', async () => {
    const running = queryRows(gateway.endpoint('ada'), "CREATE TABLE told_a (id text DEFAULT '<!channel>')");
    const { id } = await waitingFor(gateway, 'CREATE TABLE told_a');
    await asReviewer(gateway, 'keeper', 'approvals', 'approve', id, '-m', 'fine');
    await running;
    const texts = await eventually('both', () =>
      chat.received.length === 2
        ? chat.received.map(({ body }) => (JSON.parse(body) as { text: string }).text)
        : undefined,
    );
    expect(texts[0]).toContain(`ada asks for approval (${id}): Schema changes are reviewed`);
    expect(texts[0]).toContain("CREATE TABLE told_a (id text DEFAULT '&lt;!channel&gt;')");
    expect(texts[0]).toContain(`Approve it: sallyport approvals approve ${id}`);
    expect(texts[1]).toContain(`${id} of ada is approved by keeper`);
  });

  it('keep for auditors what was refused, who can send it after all', async () => {
    webhook.answer(() => ({ status: 400, body: 'wrong token' }));
    await queryRows(gateway.endpoint('ada'), 'UPDATE orders SET total = 1 WHERE id = 1');
    const dead = await eventually('its end', async () => {
      const { body } = await askApi(gateway, 'keeper', '/v1/notifications?state=dead');
      return (body as { id: string; error: string; attempts: number }[])[0];
    });
    expect(dead).toMatchObject({ error: 'HTTP 400: wrong token', attempts: 3 });
    expect(await askApi(gateway, 'ada', '/v1/notifications')).toMatchObject({ status: 403 });
    webhook.answer(() => ({ status: 204 }));
    expect(await asReviewer(gateway, 'keeper', 'notifications', 'retry', dead.id)).toMatchObject({ code: 0 });
    await eventually('it', async () => {
      const { stdout } = await asReviewer(gateway, 'keeper', 'notifications', 'list', '--state', 'sent');
      return stdout.includes(dead.id) ? true : undefined;
    });
  });

  it(
    'are not lost while the receiver is down under load, keep their order, and take no memory',
    async () => {
      await webhook.down();
      const before = memoryOf(gateway);
      const until = Date.now() + DOWN_SECONDS * 1_000;
      let sent = 0;
      do {
        await load(gateway.endpoint('ada'), { clients: 10, each: 100 });
        sent += 1_000;
      } while (Date.now() < until);
      expect(webhook.received).toEqual([]);
      await webhook.up();
      const wait = 120_000 + DOWN_SECONDS * 10_000;
      // Reading them again and again would keep the receiver, which is this process, from its work.
      const whole = (): true | undefined =>
        webhook.received.length >= sent && onceEach(webhook).length === sent ? true : undefined;
      await eventually('all of them', whole, wait);
      expectOrder(webhook);
      expect(memoryOf(gateway) - before).toBeLessThan(300);
    },
    180_000 + DOWN_SECONDS * 15_000,
  );

  it('are not lost when the gateway is killed', async () => {
    await webhook.down();
    const before = countOf(gateway);
    const loading = load(gateway.endpoint('ada'), { clients: 5, each: 1_000 }).catch(() => undefined);
    await eventually('some work', () => (countOf(gateway) > before + 100 ? true : undefined));
    gateway.signal('SIGKILL');
    await gateway.running.done;
    await loading;
    const recorded = countOf(gateway) - before;
    await webhook.up();
    gateway = await start(gateway.folder);
    await eventually('all of them', () => (onceEach(webhook).length >= recorded ? true : undefined), 120_000);
    expect(onceEach(webhook)).toHaveLength(recorded);
    expectOrder(webhook);
  });

  it.runIf(kind === 'PostgreSQL')('come once from two gateways that share a store', async () => {
    const other = await start();
    await Promise.all([gateway, other].map((one) => load(one.endpoint('ada'), { clients: 3, each: 50 })));
    await eventually('all of them', () => (onceEach(webhook).length === 300 ? true : undefined), 60_000);
    expect(webhook.received).toHaveLength(300);
    expectOrder(webhook);
    await other.stop();
  });
});

async function storeOf(server: SuiteServer, kind: string): Promise<object | undefined> {
  return kind === 'PGlite' ? undefined : { url: (await createStoreDatabase(server)).url };
}

async function load(endpoint: Endpoint, { clients, each }: { clients: number; each: number }): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ ...endpoint, ssl: false });
      client.on('error', () => undefined);
      await client.connect();
      for (let count = 0; count < each; count += 1) {
        await client.query('UPDATE orders SET total = total + 1 WHERE id = 1');
      }
      await client.end();
    }),
  );
}

/** Of each session, one after the other: the decision's number is the command's. */
function expectOrder(webhook: Webhook): void {
  const last = new Map<string, number>();
  for (const { data } of onceEach(webhook)) {
    const number = Number(data.decision?.id.split('.').at(-1));
    expect(number).toBeGreaterThan(last.get(data.session) ?? 0);
    last.set(data.session, number);
  }
}

/** How many notices the recordings hold. */
function countOf(gateway: Gateway): number {
  return gateway
    .recordings()
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.includes('"type":"decision"') && line.includes('"channel":"ops"') && line.endsWith('}'))
    .length;
}

/** Resident memory in MB. */
function memoryOf({ pid }: Gateway): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
