import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { describeEachServer } from './support/each-server.ts';
import { databaseError, queryRows, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { withClient } from './support/postgres-server.ts';
import { eventually } from './support/processes.ts';
import { chainFlaw, judged } from './support/recordings.ts';
import { createShop } from './support/shop.ts';
import { bind, cancelRequest, execute, parse, query, sync } from './support/wire/frames.ts';
import { errors, rows, status, WireClient } from './support/wire/wire-client.ts';

/** What changes while sessions are open: policies, the disk, the target, the gateway itself. */
describeEachServer('a running gateway', (server) => {
  let database: string;
  let gateway: Gateway | undefined;

  beforeAll(async () => {
    database = await createShop(server, 'lifecycle');
  });
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
  });

  const started = async (): Promise<Gateway> => (gateway = await startGateway({ server, database }));
  const startedWithFolder = async (): Promise<Gateway> =>
    (gateway = await startGateway({ server, database, policies: 'test/e2e/policies/shop' }));
  const login = (endpoint: Endpoint) => WireClient.login({ ...endpoint, host: '127.0.0.1' });
  const closeOrders = `package policy.closed
deny contains "orders are closed for the night" if {
	some target in input.command.targets
	"orders" in target.path
}
`;

  it('puts a changed policy in force for the next statement of open sessions', async () => {
    const running = await startedWithFolder();
    const client = await login(running.endpoint('ada'));
    expect(errors(await client.exchange(query('SELECT count(*) FROM orders')))).toEqual([]);
    fs.writeFileSync(path.join(running.policiesFolder, 'closed.rego'), closeOrders);
    const denied = await eventually('the new policy', async () => {
      const [error] = errors(await client.exchange(query('SELECT count(*) FROM orders')));
      return error;
    });
    expect(denied).toMatchObject({ C: '42501', M: 'orders are closed for the night' });
    client.end();
  });

  it('judges again what was prepared and bound under the old policy', async () => {
    const running = await startedWithFolder();
    const client = await login(running.endpoint('ada'));
    const run = [bind([], 'kept'), execute(), sync];
    const first = await client.exchange(parse('SELECT count(*) FROM orders', 'kept'), ...run);
    expect(errors(first)).toEqual([]);
    fs.writeFileSync(path.join(running.policiesFolder, 'closed.rego'), closeOrders);
    const denied = await eventually('the new policy', async () => errors(await client.exchange(...run))[0]);
    expect(denied).toMatchObject({ C: '42501', M: 'orders are closed for the night' });
    fs.rmSync(path.join(running.policiesFolder, 'closed.rego'));
    await eventually('the old policy', async () =>
      errors(await client.exchange(...run)).length === 0 ? true : undefined,
    );
    client.end();
  });

  it('keeps the old revision where the new one does not compile, and says why', async () => {
    const running = await startedWithFolder();
    fs.writeFileSync(
      path.join(running.policiesFolder, 'broken.rego'),
      'package policy.broken\n\ndeny contains "x" if input.command.fucntions == 1\n',
    );
    await eventually('the complaint', () => (running.log().includes('broken.rego') ? true : undefined));
    expect(running.log()).toContain('fucntions');
    await withPg(running.endpoint('ada'), async (client) => {
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await expect(client.query('DROP TABLE orders')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('refuses commands while it cannot record them, and goes on when it can again', async () => {
    const running = await started();
    const client = await login(running.endpoint('ada'));
    await client.exchange(query('SELECT 1'));
    // Root writes to any folder whatever its mode, so the folder gives way to a file.
    const away = `${running.recordingsFolder}-away`;
    fs.renameSync(running.recordingsFolder, away);
    fs.writeFileSync(running.recordingsFolder, '');
    const refused = await eventually('the refusal', async () => {
      const said = await client.exchange(query("SELECT 'unrecorded'"));
      return errors(said)[0];
    });
    expect(`${refused['M'] ?? ''} ${refused['D'] ?? ''}`).toMatch(/record/);
    const another = await login(running.endpoint('ada')).catch((error: unknown) => String(error));
    expect(another).toMatch(/record/i);
    fs.rmSync(running.recordingsFolder);
    fs.renameSync(away, running.recordingsFolder);
    await eventually('the recorder', async () =>
      errors(await client.exchange(query('SELECT 2'))).length === 0 ? true : undefined,
    );
    client.end();
    expect(running.log()).toContain('SP_RECORDER_FAILED');
  });

  it('a cancel request works on its own session only', async () => {
    const running = await started();
    const [one, two] = [await login(running.endpoint('keeper')), await login(running.endpoint('ada'))];
    one.send(query('SELECT pg_sleep(3)'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const cancel = async (processId: number, secret: Buffer) => {
      const other = await WireClient.open(running.port);
      other.send(cancelRequest(processId, secret));
      await other.untilClosed();
    };
    const key = one.cancelKey;
    const wrong = Buffer.from(key.secret);
    wrong[0] = (wrong[0] ?? 0) ^ 0xff;
    await cancel(key.processId, wrong);
    await cancel(two.cancelKey.processId, key.secret);
    await cancel(two.cancelKey.processId, two.cancelKey.secret);
    expect(errors(await one.untilReady())).toEqual([]);
    one.send(query('SELECT pg_sleep(20)'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await cancel(key.processId, key.secret);
    expect(errors(await one.untilReady())).toMatchObject([{ C: '57014' }]);
    expect(errors(await two.exchange(query('SELECT 1')))).toEqual([]);
    one.end();
    two.end();
  });

  it('the key that a client holds is the gateway’s own: at the target it cancels nothing', async () => {
    const running = await started();
    const client = await login(running.endpoint('keeper'));
    client.send(query('SELECT pg_sleep(1)'));
    const direct = await WireClient.open(server.port);
    direct.send(cancelRequest(client.cancelKey.processId, client.cancelKey.secret));
    await direct.untilClosed();
    expect(errors(await client.untilReady())).toEqual([]);
    client.end();
  });

  it('tells its client when the target ends the session', async () => {
    const running = await started();
    const client = await login(running.endpoint('keeper'));
    const [[pid]] = rows(await client.exchange(query('SELECT pg_backend_pid()'))) as [[string]];
    await withClient({ port: server.port, database: 'postgres' }, (admin) =>
      admin.query('SELECT pg_terminate_backend($1)', [Number(pid)]),
    );
    const said = await client.untilClosed();
    expect(errors(said)).toMatchObject([{ C: '57P01' }]);
    await withPg(running.endpoint('keeper'), (each) => each.query('SELECT 1'));
  });

  it('SIGTERM: an idle session ends with 57P01, a busy one after its answer', async () => {
    const running = await started();
    const [idle, busy] = [await login(running.endpoint('ada')), await login(running.endpoint('keeper'))];
    busy.send(query("SELECT 'answered' FROM pg_sleep(1)"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    running.signal('SIGTERM');
    expect(errors(await idle.untilClosed())).toMatchObject([{ C: '57P01' }]);
    const said = await busy.untilClosed();
    expect(rows(said)).toEqual([['answered']]);
    expect((await running.running.done).code).toBe(0);
    // Whatever was recorded is whole and ends with an end.
    for (const recording of running.recordings()) {
      expect(chainFlaw(recording)).toBeUndefined();
      expect(recording.events.at(-1)?.type).toBe('end');
    }
  });

  it('new connections are refused while it drains', async () => {
    const running = await started();
    const busy = await login(running.endpoint('keeper'));
    busy.send(query('SELECT pg_sleep(1)'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    running.signal('SIGTERM');
    await eventually('the listener to close', async () =>
      WireClient.open(running.port).then(
        (client) => {
          client.end();
          return undefined;
        },
        () => true,
      ),
    );
    await busy.untilClosed();
  });

  it('a client that vanishes leaves no session at the target', async () => {
    const running = await started();
    const client = await login(running.endpoint('keeper'));
    const [[pid]] = rows(await client.exchange(query('BEGIN; SELECT pg_backend_pid()'))) as [[string]];
    client.end();
    await eventually('the target’s session to end', async () => {
      const left = await withClient({ port: server.port, database: 'postgres' }, async (admin) => {
        const found = await admin.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [Number(pid)]);
        return found.rowCount;
      });
      return left === 0 ? true : undefined;
    });
  });

  it('a transaction’s state is the target’s own, also after a denial', async () => {
    const running = await started();
    const client = await login(running.endpoint('ada'));
    const states: (string | undefined)[] = [];
    for (const text of [
      'BEGIN',
      'SAVEPOINT s',
      'DROP TABLE orders',
      'ROLLBACK TO s',
      'SELECT 1',
      'COMMIT',
      'DROP TABLE orders',
    ]) {
      states.push(status(await client.exchange(query(text))));
    }
    expect(states).toEqual(['T', 'T', 'E', 'T', 'T', 'I', 'I']);
    client.end();
  });

  it('records what it judged: allowed and denied, passwords left out', async () => {
    const running = await started();
    await withPg(running.endpoint('pipeline'), async (client) => {
      await client.query("CREATE ROLE lifecycle_role LOGIN PASSWORD 'hunter2xyz'").catch(() => undefined);
      await client.query("ALTER ROLE lifecycle_role PASSWORD 'hunter2xyz'").catch(() => undefined);
      await client.query("CREATE USER again PASSWORD 'hunter2xyz' NONSENSE").catch(() => undefined);
      await client.query('SELECT secret FROM vault.secrets').catch(() => undefined);
      await client.query('SELECT name FROM customers WHERE id = $1', [1]);
      await client.query('DROP ROLE IF EXISTS lifecycle_role');
    });
    const recordings = await eventually('the end of the recording', () => {
      const all = running.recordings();
      return all.some(({ events }) => events.at(-1)?.type === 'end' && events.length > 5) ? all : undefined;
    });
    const effects = new Map(judged(recordings).map(({ text, effect }) => [text, effect]));
    expect(effects.get('SELECT secret FROM vault.secrets')).toBe('deny');
    expect(effects.get('SELECT name FROM customers WHERE id = $1')).toBe('allow');
    expect(recordings.map(({ text }) => text).join('') + running.log()).not.toContain('hunter2xyz');
    for (const recording of recordings) expect(chainFlaw(recording)).toBeUndefined();
    expect(await running.verifyRecordings()).toMatchObject({ code: 0 });
  });

  it('`recordings verify` finds the byte that somebody changed', async () => {
    const running = await started();
    await withPg(running.endpoint('ada'), (client) => client.query("SELECT 'what was asked'"));
    const recording = await eventually('the end of the recording', () =>
      running.recordings().find(({ text, events }) => text.includes('what was asked') && events.at(-1)?.type === 'end'),
    );
    fs.writeFileSync(recording.file, recording.text.replace('what was asked', 'what was liked'));
    expect(await running.verifyRecordings()).toMatchObject({ code: 1 });
  });
});

describeEachServer('a gateway whose target is away', (server) => {
  it('says so and goes on serving when it is back', async () => {
    const gateway = await startGateway({ server: { ...server, port: 1 }, database: 'postgres' });
    try {
      const error = await databaseError(queryRows(gateway.endpoint('keeper'), 'SELECT 1'));
      expect(error.code).toMatch(/^(08|57P03)/);
    } finally {
      expect((await gateway.stop()).code).toBe(0);
    }
  });
});
