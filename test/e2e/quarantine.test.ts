import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { askApi, asReviewer, waitingFor } from './support/api.ts';
import { databaseError, directly, queryRows, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { eventually, run } from './support/processes.ts';
import { createShop } from './support/shop.ts';
import { createStoreDatabase, type StoreDatabase } from './support/store-database.ts';
import type { SubjectName } from './support/subjects.ts';

// Each waits for several processes.
vi.setConfig({ testTimeout: 180_000 });

const VAULT = 'SELECT * FROM vault.secrets';
const SLOW = 'SELECT pg_sleep(600)';

/** A session that is open, and how it ended. */
async function openSession(endpoint: Endpoint): Promise<{ client: pg.Client; ended: () => Error | undefined }> {
  const client = new pg.Client({ ...endpoint, ssl: false });
  let ended: Error | undefined;
  client.on('error', (error) => (ended ??= error));
  await client.connect();
  return { client, ended: () => ended };
}

describe('quarantine, at two gateways that share a store', () => {
  const [server] = inject('servers');
  if (server === undefined) {
    it.skip('needs a server', () => undefined);
    return;
  }
  let database: string;
  let store: StoreDatabase;
  let here: Gateway;
  let there: Gateway;

  const start = (folder?: string): Promise<Gateway> =>
    startGateway({
      server,
      database,
      policies: 'test/e2e/policies/duties',
      configuration: {
        store: { url: store.url },
        api: { address: '127.0.0.1:0', auditors: ['keepers'], wardens: ['keepers'] },
      },
      ...(folder === undefined ? {} : { folder }),
    });

  beforeAll(async () => {
    [database, store] = [await createShop(server, 'quarantine'), await createStoreDatabase(server)];
    [here, there] = [await start(), await start()];
  });
  afterAll(async () => {
    await here.stop();
    await there.stop();
  });

  const refusal = (gateway: Gateway, who: SubjectName): Promise<pg.DatabaseError> =>
    databaseError(queryRows(gateway.endpoint(who), 'SELECT 1'));

  it('ends every session of a subject that the policy bars, at both, and lets nobody in by its name', async () => {
    const [same, other, else_] = await Promise.all([
      openSession(here.endpoint('agent')),
      openSession(there.endpoint('agent')),
      openSession(there.endpoint('ada')),
    ]);
    const running = other.client.query(SLOW).catch((error: unknown) => error);
    await eventually('it to run', async () => ((await runningAtTarget(SLOW)) === 1 ? true : undefined));
    const error = await databaseError(queryRows(here.endpoint('agent'), VAULT));
    expect(error).toMatchObject({
      severity: 'FATAL',
      code: '28000',
      message: expect.stringMatching(
        /^agent-7 is quarantined since \S+, by rule DUTY-2: reached for the vault$/,
      ) as string,
      hint: expect.stringContaining('sallyport subjects release agent-7') as string,
    });
    await eventually('both sessions to end', () => (same.ended() && other.ended() ? true : undefined));
    expect(await running).toMatchObject({ code: '28000' });
    // What was still running at the target is not left to run.
    await eventually('the statement to end', async () => ((await runningAtTarget(SLOW)) === 0 ? true : undefined));
    for (const gateway of [here, there]) {
      expect(await refusal(gateway, 'agent')).toMatchObject({
        severity: 'FATAL',
        code: '28000',
        message: expect.stringContaining('reached for the vault') as string,
      });
    }
    expect((await else_.client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await else_.client.end();
  });

  it('is recorded with its reason before the session ends', () => {
    const events = here.recordings().find(({ text }) => text.includes(VAULT))?.events;
    expect(events?.slice(0, 4)).toMatchObject([
      { type: 'start' },
      { type: 'command' },
      { type: 'decision', decision: { obligations: [{ kind: 'quarantine', message: 'reached for the vault' }] } },
      { type: 'error', code: 'SP_SUBJECT_QUARANTINED' },
    ]);
    expect(events?.at(-1)).toMatchObject({ type: 'end', reason: 'SP_SUBJECT_QUARANTINED' });
  });

  it('shows who is out, why, and by which decision', async () => {
    const list = await asReviewer(there, 'keeper', 'subjects', 'list', '--quarantined');
    expect(list.stdout).toMatch(/agent-7 +agent .* by rule DUTY-2: reached for the vault/);
    const show = await asReviewer(there, 'keeper', 'subjects', 'show', 'agent-7', '-f', 'json');
    expect(JSON.parse(show.stdout)).toMatchObject({
      id: 'agent-7',
      quarantine: { imposed_by: 'rule DUTY-2', decision: expect.stringContaining('.1') as string },
    });
  });

  it.each([
    ['the subject itself', 'agent', 'SP_SUBJECT_QUARANTINED'],
    ['somebody who is no warden', 'ada', 'SP_SUBJECT_FORBIDDEN'],
    ['a job', 'pipeline', 'SP_SUBJECT_FORBIDDEN'],
  ] as const)('is not released by %s', async (_who, who, code) => {
    expect(await askApi(here, who, '/v1/subjects/agent-7/release', {})).toMatchObject({ status: 403, body: { code } });
  });

  it('holds after a restart', async () => {
    await here.stop('keep');
    here = await start(here.folder);
    expect(await refusal(here, 'agent')).toMatchObject({ code: '28000' });
  });

  it('ends with a release at either of them', async () => {
    const release = await asReviewer(here, 'keeper', 'subjects', 'release', 'agent-7', '-m', 'has a new token');
    expect(release).toMatchObject({ code: 0, stdout: expect.stringContaining('not quarantined') as string });
    for (const gateway of [here, there]) {
      expect(await queryRows(gateway.endpoint('agent'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    }
    const again = await asReviewer(here, 'keeper', 'subjects', 'release', 'agent-7');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('SP_SUBJECT_UNKNOWN') as string });
  });

  it('by hand withdraws what the subject waits for', async () => {
    const waiting = databaseError(queryRows(there.endpoint('ada'), 'CREATE TABLE barred_a (id int)'));
    await waitingFor(here, 'CREATE TABLE barred_a');
    const quarantine = await asReviewer(here, 'keeper', 'subjects', 'quarantine', 'ada', '-m', 'left the company');
    expect(quarantine).toMatchObject({ code: 0 });
    expect((await waiting).message).toMatch(/left the company|withdrawn/);
    await waitingFor(here, 'CREATE TABLE barred_a', 'withdrawn');
    expect(await refusal(there, 'ada')).toMatchObject({
      message: expect.stringContaining('by keeper: left') as string,
    });
    expect(await askApi(here, 'ada', '/v1/approvals')).toMatchObject({ status: 403 });
  });

  it('is ended by whoever runs the gateway, without a token', async () => {
    const config = ['--config', `${there.folder}/sallyport.yaml`];
    const released = await run(process.execPath, [there.main, 'subjects', 'release', 'ada', ...config], {
      env: { TARGET_PASSWORD: 'x' },
    });
    expect(released).toMatchObject({ code: 0, stdout: expect.stringContaining('by operator ') as string });
    await queryRows(here.endpoint('ada'), 'SELECT 1');
  });

  it('lets nobody in whom it cannot ask about: the store is out of reach; sessions that are open go on', async () => {
    const open = await openSession(here.endpoint('ada'));
    await store.shut();
    expect(await refusal(here, 'ada')).toMatchObject({ severity: 'FATAL', code: '57P03' });
    expect((await open.client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await store.open();
    await eventually('the store to be back', async () =>
      withPg(here.endpoint('ada'), () => Promise.resolve(true)).catch(() => undefined),
    );
    await open.client.end();
  });

  /** How often a statement runs at the target. */
  async function runningAtTarget(text: string): Promise<number> {
    if (server === undefined) return 0;
    const rows = await queryRows(
      directly(server, database),
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query = '${text}'`,
    );
    return Number(rows[0]?.['n']);
  }
});
