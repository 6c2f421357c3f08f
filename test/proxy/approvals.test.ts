import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Command, Parameter, Subject } from '../../engine/contract.ts';
import { ApprovalService } from '../../proxy/approvals/approval-service.ts';
import type { ApprovalAsk, HeldRequest } from '../../proxy/approvals/ask.ts';
import { bodyOf, LONG_CHARACTERS } from '../../proxy/approvals/body.ts';
import { digestOfAsk } from '../../proxy/approvals/digest.ts';
import { describeDuration, parseDuration } from '../../proxy/approvals/duration.ts';
import { listGrants, revokeGrant } from '../../proxy/approvals/grants.ts';
import { findRequest, newRequestId } from '../../proxy/approvals/requests.ts';
import { readTerms, type ReviewTerms } from '../../proxy/approvals/terms.ts';
import { silentLogger } from '../../proxy/log.ts';
import { openStore, type Store } from '../../proxy/store/store.ts';

const bot: Subject = { id: 'bot', kind: 'agent', groups: ['readers'], claims: {}, owner: 'ada' };
const ada: Subject = { id: 'ada', kind: 'human', groups: ['dba'], claims: {} };
const bob: Subject = { id: 'bob', kind: 'human', groups: ['dba', 'security'], claims: {} };
const eve: Subject = { id: 'eve', kind: 'human', groups: ['sales'], claims: {} };
const robot: Subject = { id: 'robot', kind: 'agent', groups: ['dba'], claims: {} };

const command = (text: string, more: Partial<Command> = {}): Command => ({
  dialect: 'postgres',
  verb: 'drop',
  effects: ['drop'],
  targets: [],
  functions: [],
  complete: true,
  reasons: [],
  fingerprint: 'f',
  text,
  span: { start: 0, end: text.length },
  secrets: [],
  attributes: {},
  ...more,
});

interface Changes {
  readonly subject?: Subject;
  readonly revision?: string;
  readonly resource?: string;
  readonly command?: Command;
  readonly parameters?: Parameter[];
  readonly settings?: Record<string, string>;
  readonly terms?: Partial<ReviewTerms>;
}

function askFor({ subject = bot, revision = 'r1', resource = 'shop', ...rest }: Changes = {}): ApprovalAsk {
  const { parameters, settings = {}, terms = {} } = rest;
  return {
    session: 's1',
    subject,
    resource: { name: resource, protocol: 'postgres', environment: 'production', labels: {} },
    client: { address: '10.0.0.1', tls: true },
    revision,
    commands: [
      {
        command: rest.command ?? command('DROP TABLE orders'),
        ...(parameters === undefined ? {} : { parameters }),
        state: { database: 'shop', user: 'app', role: 'app', transaction: 'idle', settings },
        reasons: [{ rule: 'R1', message: 'ask' }],
      },
    ],
    terms: {
      requirements: [{ approvers: ['dba'], minimum: 1 }],
      ttlMs: 60_000,
      mode: 'hold',
      ownerBarred: false,
      ...terms,
    },
  };
}

const askOf = (service: ApprovalService, ask: ApprovalAsk): HeldRequest => service.ask(ask, () => undefined);

const approve = { verdict: 'approve', comment: 'fine', acknowledged: false } as const;
const reject = { verdict: 'reject', comment: 'not today', acknowledged: false } as const;

describe('the terms of a review', () => {
  it.each<[string, Record<string, unknown>[], unknown]>([
    [
      'one rule, with the defaults',
      [{ approvers: ['dba'] }],
      { requirements: [{ approvers: ['dba'], minimum: 1 }], ttlMs: 900_000, mode: 'hold', ownerBarred: false },
    ],
    [
      'several rules: each must be met, the shortest time counts',
      [
        { approvers: ['dba'], ttl: '1h', minimum: 2 },
        { approvers: ['security', 'audit'], ttl: '10m', owner: 'barred' },
      ],
      {
        requirements: [
          { approvers: ['dba'], minimum: 2 },
          { approvers: ['audit', 'security'], minimum: 1 },
        ],
        ttlMs: 600_000,
        mode: 'hold',
        ownerBarred: true,
      },
    ],
    [
      'resubmit comes before hold',
      [{ approvers: ['a'] }, { approvers: ['a'], mode: 'resubmit' }],
      { mode: 'resubmit' },
    ],
    [
      'a window that all rules grant',
      [{ approvers: ['a'], window: '1h' }],
      { window: { durationMs: 3_600_000, effects: [] } },
    ],
    ['a time beyond a week is a week', [{ approvers: ['a'], ttl: '90d' }], { ttlMs: 604_800_000 }],
    ['no approvers', [{}], 'R: it names no approvers'],
    ['an empty list', [{ approvers: [] }], 'R: it names no approvers'],
    ['a minimum of none', [{ approvers: ['a'], minimum: 0 }], 'R: minimum is not a whole number above 0'],
    ['a time that is none', [{ approvers: ['a'], ttl: 'soon' }], 'R: ttl is not a duration such as "15m"'],
    ['a mode that is none', [{ approvers: ['a'], mode: 'later' }], 'R: mode is neither "hold" nor "resubmit"'],
  ])('%s', (_name, reviews, expected) => {
    const terms = readTerms(reviews.map((review) => ({ kind: 'review', rule: 'R', ...review })));
    if (typeof expected === 'string') expect(terms).toBe(expected);
    else expect(terms).toMatchObject(expected as object);
  });

  it('grant no window when one rule does not', () => {
    const terms = readTerms([
      { kind: 'review', approvers: ['a'], window: '1h' },
      { kind: 'review', approvers: ['a'] },
    ]);
    expect(terms).not.toHaveProperty('window');
  });

  it.each([
    ['90s', 90_000, '1m30s'],
    ['15m', 900_000, '15m'],
    ['1h30m', 5_400_000, '1h30m'],
    ['2d', 172_800_000, '2d'],
    ['500ms', 500, '1s'],
    ['', undefined, ''],
    ['15', undefined, ''],
    ['-1m', undefined, ''],
    ['1w', undefined, ''],
    ['m', undefined, ''],
  ])('take %j as a duration: %s', (text, milliseconds, described) => {
    expect(parseDuration(text)).toBe(milliseconds);
    if (milliseconds !== undefined) expect(describeDuration(milliseconds)).toBe(described);
  });
});

describe('the digest of what is approved', () => {
  const parameter = (text: string): Parameter[] => [{ format: 'text', is_null: false, text }];
  it.each<[string, Changes]>([
    ['one character more', { command: command('DROP TABLE orders ') }],
    ['another subject', { subject: ada }],
    ['another resource', { resource: 'shop2' }],
    ['another revision', { revision: 'r2' }],
    ['a parameter', { parameters: parameter('1') }],
    ['another search path or setting', { settings: { role: 'x' } }],
  ])('differs for %s', (_name, changes) => {
    expect(digestOfAsk(askFor(changes))).not.toBe(digestOfAsk(askFor()));
  });

  it('differs for another value, and not for the name that the client gives itself', () => {
    expect(digestOfAsk(askFor({ parameters: parameter('1') }))).not.toBe(
      digestOfAsk(askFor({ parameters: parameter('2') })),
    );
    expect(digestOfAsk(askFor({ settings: { application_name: 'x' } }))).toBe(digestOfAsk(askFor()));
  });
});

describe('what a reviewer is shown', () => {
  const values = (...texts: readonly string[]): Parameter[] =>
    texts.map((text) => ({ format: 'text', is_null: false, text }));
  it.each<[string, Parameter[], string[]]>([
    ['short values', values('7', 'grün'), []],
    ['a value as long as a long command', values('x'.repeat(LONG_CHARACTERS)), ['long']],
    [
      'a long binary value',
      [{ format: 'binary', is_null: false, base64: Buffer.alloc(LONG_CHARACTERS).toString('base64') }],
      ['long'],
    ],
    ['a value that turns text around', values('\u202eoops'), ['hidden_characters']],
  ])('%s', (_name, parameters, cautions) => {
    const body = bodyOf(askFor({ command: command('DELETE FROM orders WHERE id = $1'), parameters }));
    expect(body.cautions.map(({ code }) => code)).toEqual(cautions);
    expect(body.commands[0]?.parameters).toEqual(parameters);
  });

  it.each<[string, Command, string[]]>([
    ['a plain command', command('DROP TABLE orders'), []],
    ['an incomplete one', command('DO $$…$$', { complete: false, reasons: ['dynamic_sql'] }), ['incomplete']],
    ['a long one', command(`SELECT ${'1,'.repeat(LONG_CHARACTERS)}1`), ['long']],
    ['a secret', command("ALTER ROLE a PASSWORD 'x'", { secrets: [{ start: 22, end: 25 }] }), ['secrets_cut']],
    ['right-to-left text', command('DROP TABLE \u202eorders'), ['hidden_characters']],
    ['control characters', command('DROP TABLE \u001b[2K orders'), ['hidden_characters']],
    ['line feeds and tabs are ordinary', command('DROP\n\tTABLE\r\norders'), []],
  ])('%s', (_name, one, cautions) => {
    const body = bodyOf(askFor({ command: one }));
    expect(body.cautions.map(({ code }) => code)).toEqual(cautions);
    expect(JSON.stringify(body)).not.toContain("'x'");
    if (one.secrets.length === 0) expect(body.commands[0]?.text).toBe(one.text);
  });
});

it('ids of requests can be read out and do not repeat', () => {
  const ids = Array.from({ length: 2_000 }, newRequestId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^apr-[2-9b-df-hj-km-np-tv-xz]{10}$/);
});

describe('asking for approval', () => {
  let folder: string;
  let store: Store;
  let revision = 'r1';
  const services: ApprovalService[] = [];
  const everybody = [bot, ada, bob, eve, robot];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-approvals-'));
    store = await openStore({ kind: 'pglite', directory: folder }, silentLogger);
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.close();
    revision = 'r1';
    for (const table of ['approval_votes', 'approvals', 'grants'] as const) await store.db.deleteFrom(table).execute();
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  async function start(gateway = 'g1', reviewers: readonly Subject[] = everybody): Promise<ApprovalService> {
    const service = await ApprovalService.start({
      store,
      gateway,
      reviewers: () => reviewers,
      revision: () => revision,
      logger: silentLogger,
    });
    services.push(service);
    return service;
  }

  async function waiting(id: string): Promise<void> {
    await expect.poll(async () => (await findRequest(store.db, id))?.state, { timeout: 5_000 }).toBe('waiting');
  }

  it('goes on when it is approved, at another gateway of the same store', async () => {
    const [here, there] = [await start('g1'), await start('g2')];
    const held = askOf(here, askFor());
    await waiting(held.id);
    await there.decide(held.id, bob, approve);
    expect(await held.outcome).toEqual({ kind: 'approved', reviewers: ['bob'], comment: 'fine' });
    expect((await findRequest(store.db, held.id))?.state).toBe('used');
  });

  it('is refused with the words of one reviewer', async () => {
    const service = await start();
    const held = askOf(service, askFor({ terms: { requirements: [{ approvers: ['dba'], minimum: 2 }] } }));
    await waiting(held.id);
    await service.decide(held.id, ada, approve);
    await service.decide(held.id, bob, reject);
    expect(await held.outcome).toEqual({ kind: 'rejected', reviewers: ['ada', 'bob'], comment: 'fine; not today' });
  });

  it('waits for as many reviewers as every rule asks for', async () => {
    const service = await start();
    const requirements = [
      { approvers: ['dba'], minimum: 2 },
      { approvers: ['security'], minimum: 1 },
    ];
    const held = askOf(service, askFor({ terms: { requirements } }));
    await waiting(held.id);
    expect((await service.decide(held.id, ada, approve)).state).toBe('waiting');
    expect((await service.decide(held.id, bob, approve)).state).toBe('approved');
    expect((await held.outcome).kind).toBe('approved');
  });

  it.each<[string, Subject, Partial<ReviewTerms>, string]>([
    ['the subject itself', { ...bot, kind: 'human', groups: ['dba'] }, {}, 'Nobody approves their own'],
    ['an agent', robot, {}, 'An agent does not approve'],
    ['somebody of another group', eve, {}, 'somebody in dba'],
    ['the owner, where the policy bars them', ada, { ownerBarred: true }, 'bars the owner'],
    ['what the subject owns', { ...eve, groups: ['dba'], owner: 'bot' }, {}, 'owns'],
  ])('is not decided by %s', async (_name, reviewer, terms, message) => {
    const service = await start();
    const held = askOf(service, askFor({ terms }));
    await waiting(held.id);
    for (const vote of [approve, reject]) {
      await expect(service.decide(held.id, reviewer, vote)).rejects.toMatchObject({
        code: 'SP_APPROVAL_FORBIDDEN',
        message: expect.stringContaining(message) as string,
      });
    }
    expect((await findRequest(store.db, held.id))?.votes).toEqual([]);
  });

  it('is decided once by each reviewer, and not at all once it is decided', async () => {
    const service = await start();
    const held = askOf(service, askFor({ terms: { requirements: [{ approvers: ['dba'], minimum: 2 }] } }));
    await waiting(held.id);
    await service.decide(held.id, ada, approve);
    await expect(service.decide(held.id, ada, approve)).rejects.toMatchObject({ code: 'SP_APPROVAL_CLOSED' });
    await service.decide(held.id, bob, approve);
    await held.outcome;
    await expect(service.decide(held.id, bob, reject)).rejects.toMatchObject({ code: 'SP_APPROVAL_CLOSED' });
    await expect(service.decide('apr-none', bob, reject)).rejects.toMatchObject({ code: 'SP_APPROVAL_UNKNOWN' });
  });

  it('of many reviewers at once as many count as are needed', async () => {
    const many = Array.from({ length: 10 }, (_, index): Subject => ({ ...bob, id: `dba-${index}` }));
    const service = await start('g1', many);
    const held = askOf(service, askFor());
    await waiting(held.id);
    const votes = await Promise.allSettled(many.map((reviewer) => service.decide(held.id, reviewer, approve)));
    expect(votes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await held.outcome).kind).toBe('approved');
  });

  it('demands that what cannot be shown is acknowledged', async () => {
    const service = await start();
    const held = askOf(
      service,
      askFor({ command: command('DO $$…$$', { complete: false, reasons: ['dynamic_sql'] }) }),
    );
    await waiting(held.id);
    await expect(service.decide(held.id, bob, approve)).rejects.toMatchObject({ code: 'SP_APPROVAL_UNSEEN' });
    await service.decide(held.id, bob, { ...approve, acknowledged: true });
    expect((await held.outcome).kind).toBe('approved');
  });

  it('ends when the client withdraws it, and cannot be approved afterwards', async () => {
    const service = await start();
    const held = askOf(service, askFor());
    await waiting(held.id);
    held.withdraw();
    expect(await held.outcome).toEqual({ kind: 'withdrawn' });
    await expect(service.decide(held.id, bob, approve)).rejects.toMatchObject({ code: 'SP_APPROVAL_CLOSED' });
  });

  it('can be withdrawn before the store knows of it', async () => {
    const service = await start();
    const held = askOf(service, askFor());
    held.withdraw();
    expect(await held.outcome).toEqual({ kind: 'withdrawn' });
    expect((await findRequest(store.db, held.id))?.state).toBe('withdrawn');
  });

  it('ends after its time', async () => {
    const service = await start();
    const held = askOf(service, askFor({ terms: { ttlMs: 50 } }));
    expect(await held.outcome).toEqual({ kind: 'expired' });
    await expect(service.decide(held.id, bob, approve)).rejects.toMatchObject({ code: 'SP_APPROVAL_CLOSED' });
  });

  it('dies when other policies are put in force, before it is approved or with it', async () => {
    const service = await start();
    const [first, second] = [askOf(service, askFor()), askOf(service, askFor())];
    await waiting(first.id);
    await waiting(second.id);
    revision = 'r2';
    await service.decide(second.id, bob, approve);
    expect(await second.outcome).toEqual({ kind: 'superseded' });
    service.policyChanged();
    expect(await first.outcome).toEqual({ kind: 'superseded' });
  });

  it('is withdrawn when the gateway that held it was killed', async () => {
    const killed = await start('g1');
    const held = askOf(killed, askFor());
    await waiting(held.id);
    await start('g1');
    expect((await findRequest(store.db, held.id))?.state).toBe('withdrawn');
    await expect(killed.decide(held.id, bob, approve)).rejects.toMatchObject({ code: 'SP_APPROVAL_CLOSED' });
  });

  it('is not even asked for when nobody could approve it', async () => {
    const service = await start('g1', [bot, eve, robot]);
    expect(await askOf(service, askFor()).outcome).toMatchObject({
      kind: 'unavailable',
      message: 'Nobody in dba may approve this.',
    });
    expect(await store.db.selectFrom('approvals').selectAll().execute()).toEqual([]);
  });

  describe('of a client that does not wait', () => {
    const terms = { mode: 'resubmit' } as const;

    it('is refused at once, asked for once, and runs once when it is approved', async () => {
      const service = await start();
      const first = await askOf(service, askFor({ terms })).outcome;
      const again = await askOf(service, askFor({ terms })).outcome;
      expect(first.kind).toBe('pending');
      expect(again).toEqual(first);
      const id = first.kind === 'pending' ? first.request : '';
      await service.decide(id, bob, approve);
      expect(await askOf(service, askFor({ terms })).outcome).toMatchObject({ kind: 'approved', reviewers: ['bob'] });
      expect(await askOf(service, askFor({ terms })).outcome).toMatchObject({ kind: 'pending' });
    });

    it.each<[string, Changes]>([
      ['another subject', { subject: { ...bot, id: 'bot2' } }],
      ['one character more', { command: command('DROP TABLE orders;') }],
      ['another resource', { resource: 'shop2' }],
      ['another revision', { revision: 'r2' }],
    ])('does not run for %s', async (_name, changes) => {
      const service = await start();
      const first = await askOf(service, askFor({ terms })).outcome;
      await service.decide(first.kind === 'pending' ? first.request : '', bob, approve);
      expect((await askOf(service, askFor({ ...changes, terms })).outcome).kind).toBe('pending');
    });

    it('runs once, however many send it at the same moment at several gateways', async () => {
      const [here, there] = [await start('g1'), await start('g2')];
      const first = await askOf(here, askFor({ terms })).outcome;
      await here.decide(first.kind === 'pending' ? first.request : '', bob, approve);
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => askOf(index % 2 === 0 ? here : there, askFor({ terms })).outcome),
      );
      expect(outcomes.filter(({ kind }) => kind === 'approved')).toHaveLength(1);
    });

    it('survives a restart of the gateway', async () => {
      const first = await askOf(await start(), askFor({ terms })).outcome;
      const restarted = await start();
      await restarted.decide(first.kind === 'pending' ? first.request : '', bob, approve);
      expect((await askOf(restarted, askFor({ terms })).outcome).kind).toBe('approved');
    });
  });

  describe('for a while', () => {
    const terms = { window: { durationMs: 60_000, effects: ['drop', 'alter'] } } satisfies Partial<ReviewTerms>;

    async function granted(service: ApprovalService): Promise<string> {
      const held = askOf(service, askFor({ terms }));
      await waiting(held.id);
      await service.decide(held.id, bob, approve);
      await held.outcome;
      const [grant] = await listGrants(store.db, new Date(), false);
      return grant?.id ?? '';
    }

    it('covers the same effects on the same resource without asking again', async () => {
      const service = await start();
      const grant = await granted(service);
      expect(await askOf(service, askFor({ command: command('DROP TABLE b') })).outcome).toEqual({
        kind: 'covered',
        grant,
        reviewers: ['bob'],
      });
    });

    it.each<[string, Changes]>([
      ['another effect', { command: command('DELETE FROM a', { effects: ['drop', 'delete'] }) }],
      ['another subject', { subject: { ...bot, id: 'bot2' } }],
      ['another resource', { resource: 'shop2' }],
      ['another revision', { revision: 'r2' }],
      ['what nobody vouches for', { command: command('DO $$…$$', { complete: false }) }],
      ['a command without effects', { command: command('x', { effects: [] }) }],
    ])('does not cover %s', async (_name, changes) => {
      const service = await start();
      await granted(service);
      revision = changes.revision ?? 'r1';
      const held = askOf(service, askFor(changes));
      await waiting(held.id);
      held.withdraw();
      expect(await held.outcome).toEqual({ kind: 'withdrawn' });
    });

    it('covers nothing once it is revoked', async () => {
      const service = await start();
      const grant = await granted(service);
      expect(await revokeGrant(store.db, grant, 'ada', new Date())).toMatchObject({ revoked_by: 'ada' });
      await expect(revokeGrant(store.db, grant, 'ada', new Date())).rejects.toMatchObject({
        code: 'SP_APPROVAL_CLOSED',
      });
      await expect(revokeGrant(store.db, 'grant-x', 'ada', new Date())).rejects.toMatchObject({
        code: 'SP_APPROVAL_UNKNOWN',
      });
      const held = askOf(service, askFor());
      await waiting(held.id);
      held.withdraw();
      await held.outcome;
    });
  });
});
