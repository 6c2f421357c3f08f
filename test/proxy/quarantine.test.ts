import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Decision, Obligation, Subject } from '../../engine/contract.ts';
import { createFulfillers } from '../../proxy/obligations.ts';
import { objectionToDecide } from '../../proxy/quarantine/eligibility.ts';
import { quarantineOf, type NewQuarantine } from '../../proxy/quarantine/quarantine.ts';
import { QuarantineService } from '../../proxy/quarantine/quarantine-service.ts';
import { impose } from '../../proxy/quarantine/quarantines.ts';
import { findSubject, listSubjects } from '../../proxy/quarantine/subjects.ts';
import { openStore, type Store } from '../../proxy/store/store.ts';
import type { Tables } from '../../proxy/store/tables.ts';
import { ada, here, memoryLogger, shop } from './support/fixtures.ts';
import { lineCommand } from './support/line-protocol.ts';

let folder: string;
let store: Store;
const services: QuarantineService[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-quarantine-'));
  store = await openStore({ kind: 'pglite', directory: join(folder, 'a') }, memoryLogger());
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
  for (const table of ['quarantines', 'subjects', 'approvals', 'grants'] as const) {
    await store.db.deleteFrom(table).execute();
  }
});

async function start(more: { store?: Store; patienceMs?: number } = { store }): Promise<QuarantineService> {
  const service = await QuarantineService.start({ logger: memoryLogger(), ...more });
  services.push(service);
  return service;
}

const since = new Date('2026-01-01T12:00:00Z');
const byRule: NewQuarantine = {
  subject: 'bot',
  reason: 'too many denials',
  imposedBy: 'rule Q-1',
  decision: 's.9',
  since,
};
const byHand: NewQuarantine = { subject: 'bot', reason: 'its token leaked', imposedBy: 'ada', since };
const barred = expect.objectContaining({ code: 'SP_SUBJECT_QUARANTINED' }) as Error;

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000 && !(await done()); tries += 1) await new Promise((go) => setTimeout(go, 5));
  expect(await done()).toBe(true);
}

const kept = async (): Promise<boolean> => (await store.db.selectFrom('quarantines').select('id').execute()).length > 0;

describe('a subject that a policy bars', () => {
  test('is out at once, and told who, why, since when, and what lets it in again', async () => {
    const service = await start();
    await service.admit('bot');
    const error = service.bar(byRule);
    expect(error).toMatchObject({
      code: 'SP_SUBJECT_QUARANTINED',
      message: 'bot is quarantined since 2026-01-01T12:00:00.000Z, by rule Q-1: too many denials',
      help: 'Somebody who may lets it in again: sallyport subjects release bot',
    });
    await expect(service.admit('bot')).rejects.toThrow(error.message);
    await service.admit('ada');
    await until(kept);
  });

  test('is out after a restart', async () => {
    (await start()).bar(byRule);
    await until(kept);
    await expect((await start()).admit('bot')).rejects.toThrow('too many denials');
  });

  test('loses its sessions at every gateway that shares the store', async () => {
    const ended: string[] = [];
    const [one, other] = [await start(), await start()];
    one.onBarred((subject, { code }) => ended.push(`one ${subject} ${code}`));
    other.onBarred((subject, { code }) => ended.push(`other ${subject} ${code}`));
    one.bar(byRule);
    expect(ended).toEqual([]);
    await until(() => ended.some((line) => line.startsWith('other')));
    expect(new Set(ended)).toEqual(new Set(['one bot SP_SUBJECT_QUARANTINED', 'other bot SP_SUBJECT_QUARANTINED']));
    expect(() => {
      other.requireFree('bot');
    }).toThrow(barred);
  });

  test('has what it asked for withdrawn, and its grants ended', async () => {
    const at = { created: since, expires: new Date('2099-01-01') };
    const request = {
      digest: 'd',
      mode: 'hold',
      gateway: 'g',
      session: 's',
      subject_kind: 'agent',
      resource: 'r',
      revision: 'v',
    } as const;
    for (const [id, subject, state] of [
      ['a1', 'bot', 'waiting'],
      ['a2', 'bot', 'approved'],
      ['a3', 'bot', 'used'],
      ['a4', 'ada', 'waiting'],
    ] as const) {
      await store.db
        .insertInto('approvals')
        .values({ ...request, ...at, id, subject, state, owner: null, body: '{}' })
        .execute();
    }
    for (const [id, subject] of [
      ['g1', 'bot'],
      ['g2', 'ada'],
    ] as const) {
      await store.db
        .insertInto('grants')
        .values({ ...at, id, subject, approval: 'a', resource: 'r', effects: [], revision: 'v', granted_by: 'x' })
        .execute();
    }
    await (await start()).quarantine(byHand);
    const requests = await store.db.selectFrom('approvals').select(['id', 'state']).orderBy('id').execute();
    expect(requests.map(({ state }) => state)).toEqual(['withdrawn', 'withdrawn', 'used', 'waiting']);
    const grants = await store.db.selectFrom('grants').select(['revoked_by']).orderBy('id').execute();
    expect(grants).toEqual([{ revoked_by: 'quarantine' }, { revoked_by: null }]);
  });

  test('is out at this gateway alone, and until it stops, where there is no store', async () => {
    const service = await start({});
    service.bar(byRule);
    await expect(service.admit('bot')).rejects.toThrow('too many denials');
    await (await start({})).admit('bot');
  });
});

describe('a release', () => {
  test('lets it in again everywhere, and is remembered with who and why', async () => {
    const [one, other] = [await start(), await start()];
    await one.quarantine(byHand);
    await until(() => other.isBarred('bot'));
    await other.release('bot', { id: 'keeper', comment: 'new token' });
    await until(() => !one.isBarred('bot'));
    await one.admit('bot');
    expect((await findSubject(store.db, 'bot')).history).toMatchObject([
      { reason: 'its token leaked', imposed_by: 'ada', released_by: 'keeper', release_comment: 'new token' },
    ]);
  });

  test('of somebody who is not barred is an error; so is barring twice', async () => {
    const service = await start();
    await expect(service.release('bot', { id: 'keeper', comment: '' })).rejects.toMatchObject({
      code: 'SP_SUBJECT_UNKNOWN',
    });
    await service.quarantine(byHand);
    await expect(service.quarantine({ ...byHand, reason: 'again' })).rejects.toThrow('its token leaked');
  });

  test('holds against a decision that is heard of later: it was made before', async () => {
    const service = await start();
    await service.quarantine(byHand);
    await service.release('bot', { id: 'keeper', comment: '' });
    const late = await store.db.transaction().execute((transaction) => impose(transaction, byRule));
    expect(late).toBe(false);
    const anew = { ...byRule, since: new Date(Date.now() + 1_000) };
    expect(await store.db.transaction().execute((transaction) => impose(transaction, anew))).toBe(true);
  });
});

describe('a shared store that does not answer', () => {
  const unreachable = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ host: '127.0.0.1', port: 1 }) }),
  });
  afterAll(() => unreachable.destroy());

  test('keeps everybody out when it fails, and bars at this gateway all the same', async () => {
    const shared = { ...store, kind: 'postgres' as const };
    const service = await start({ store: shared });
    await service.admit('ada');
    shared.db = unreachable;
    await expect(service.admit('ada')).rejects.toMatchObject({
      code: 'SP_STORE_UNAVAILABLE',
      message: 'It cannot be known whether the subject is quarantined.',
    });
    service.bar(byRule);
    shared.db = store.db;
    await service.admit('ada');
    await expect(service.admit('bot')).rejects.toThrow('too many denials');
  });

  test('keeps everybody out when it is slow', async () => {
    const service = await start({ store: { ...store, kind: 'postgres' }, patienceMs: 50 });
    let answer: () => void = () => undefined;
    const busy = store.db.transaction().execute(() => new Promise<void>((resolve) => (answer = resolve)));
    await expect(service.admit('ada')).rejects.toMatchObject({ code: 'SP_STORE_UNAVAILABLE' });
    answer();
    await busy;
    await service.admit('ada');
  });
});

describe('the obligation', () => {
  const decision = (...obligations: Obligation[]): Decision => ({
    id: 's.9',
    revision: 'r',
    effect: 'deny',
    reasons: [],
    obligations,
  });

  test('names every rule and reason once', () => {
    const asked = decision(
      { kind: 'quarantine', rule: 'Q-1', message: 'a' },
      { kind: 'quarantine', rule: 'Q-2', message: 'a' },
      { kind: 'notify', message: 'not this' },
    );
    expect(quarantineOf(asked, ada, since)).toEqual({
      subject: 'ada',
      reason: 'a',
      imposedBy: 'rule Q-1, Q-2',
      decision: 's.9',
      since,
    });
    expect(quarantineOf(decision({ kind: 'notify' }), ada, since)).toBeUndefined();
  });

  test('ends the session with the quarantine’s own words, without secrets', async () => {
    const service = await start({});
    const fulfil = createFulfillers({ logger: memoryLogger(), quarantine: service }).get('quarantine');
    const obligation = { kind: 'quarantine', rule: 'Q-1', message: 'sent hunter2' };
    const outcome = fulfil?.(obligation, {
      session: 's',
      subject: ada,
      resource: shop,
      client: here,
      command: lineCommand('x'),
      decision: decision(obligation),
      scrub: (text) => text.replaceAll('hunter2', '***'),
    });
    expect(outcome).toMatchObject({
      kind: 'terminate',
      code: 'SP_SUBJECT_QUARANTINED',
      message: expect.stringMatching(/^ada is quarantined since .*, by rule Q-1: sent \*\*\*$/) as string,
    });
    await expect(service.admit('ada')).rejects.toThrow('sent ***');
  });

  test('is unknown to a gateway that cannot fulfil it', () => {
    expect(createFulfillers({ logger: memoryLogger() }).has('quarantine')).toBe(false);
  });
});

describe('who may decide about a subject', () => {
  const someone = (more: Partial<Subject>): Subject => ({
    id: 'eve',
    kind: 'human',
    groups: ['wardens'],
    claims: {},
    ...more,
  });

  test.each([
    ['a warden', someone({}), ['wardens'], undefined],
    ['themselves', someone({ id: 'bot' }), ['wardens'], 'Nobody decides about themselves.'],
    ['an agent', someone({ kind: 'agent' }), ['wardens'], 'An agent does not decide about subjects.'],
    [
      'what it owns',
      someone({ kind: 'service', owner: 'bot' }),
      ['wardens'],
      'What a subject owns does not decide about it.',
    ],
    ['somebody else', someone({ groups: ['staff'] }), ['wardens', 'soc'], 'Somebody in wardens, soc may.'],
    ['anybody, where nobody is named', someone({}), [], expect.stringContaining('api.wardens')],
  ])('%s', (_who, by, wardens, objection) => {
    expect(objectionToDecide(by, 'bot', wardens)).toEqual(objection);
  });
});

describe('subjects', () => {
  test('are listed with those that are barred first, also when they never came', async () => {
    const seen = { kind: 'agent', first_seen: since };
    await store.db
      .insertInto('subjects')
      .values([
        { ...seen, id: 'old', last_seen: since },
        { ...seen, id: 'new', last_seen: new Date('2026-01-02') },
        { ...seen, id: 'bot', last_seen: since },
      ])
      .execute();
    const service = await start();
    await service.quarantine(byHand);
    await service.quarantine({ ...byHand, subject: 'never-seen' });
    const ids = async (filter: { quarantined?: boolean; id?: string }): Promise<string[]> =>
      (await listSubjects(store.db, { limit: 10, ...filter })).map(({ id }) => id);
    expect(await ids({})).toEqual(['bot', 'never-seen', 'new', 'old']);
    expect(await ids({ quarantined: true })).toEqual(['bot', 'never-seen']);
    expect(await ids({ id: 'new' })).toEqual(['new']);
    await expect(findSubject(store.db, 'nobody')).rejects.toMatchObject({ code: 'SP_SUBJECT_UNKNOWN' });
  });
});
