import { describe, expect, test } from 'vitest';
import type { Decision, Input, Obligation } from '../../engine/contract.ts';
import { LimitKeeper } from '../../proxy/limits/limit-keeper.ts';
import { createFulfillers, type ObligationFulfiller } from '../../proxy/obligations.ts';
import { judgeOpening, type Opening } from '../../proxy/opening.ts';
import { SessionRefused } from '../../proxy/session-refused.ts';
import { ada, denyBecause, here, memoryLogger, policy, readRecording, recordingsIn, shop } from './support/fixtures.ts';
import { echoTarget, lineGateway } from './support/gateway.ts';
import { MemoryRecorder } from './support/memory-recorder.ts';

interface Stage {
  readonly decide?: (input: Input) => Partial<Decision>;
  readonly judgesSessions?: boolean;
  readonly fulfillers?: Record<string, ObligationFulfiller>;
  /** Whether the protocol can give sessions settings. Default: it can. */
  readonly canBeGiven?: boolean;
  readonly more?: Partial<Opening>;
}

const START = JSON.stringify({
  type: 'start',
  subject: ada,
  resource: shop,
  client: here,
  gateway: { version: '1', revision: 'r1' },
}).slice(1, -1);

/** Opens a session for which a policy decides so; gives its settings, or how it was refused. */
function open({ decide, judgesSessions = true, fulfillers = {}, canBeGiven = true, more = {} }: Stage) {
  const recorder = new MemoryRecorder();
  recorder.append([START]);
  const asked = policy(decide, judgesSessions);
  const logger = memoryLogger();
  const limits = new LimitKeeper().enter({ id: 's', subject: 'ada' });
  const opening: Opening = {
    session: 's',
    subject: ada,
    resource: shop,
    client: here,
    state: { user: 'app', transaction: 'idle', settings: { work_mem: '5MB' } },
    engine: asked.current,
    recorder,
    fulfillers: new Map([...createFulfillers({ logger }), ...Object.entries(fulfillers)]),
    limits,
    ...(canBeGiven ? { checkSettings: () => undefined } : {}),
    audit: 'required',
    logger,
    clock: () => Date.UTC(2026, 0, 2, 3),
    ...more,
  };
  let refused: SessionRefused | undefined;
  let settings: unknown;
  try {
    settings = judgeOpening(opening);
  } catch (error) {
    if (!(error instanceof SessionRefused)) throw error;
    refused = error;
  } finally {
    limits.leave();
  }
  return { settings, refused, recorder, logger, inputs: asked.inputs };
}

const owing =
  (...obligations: Obligation[]) =>
  (): Partial<Decision> => ({ obligations });

describe('a session that opens', () => {
  test('is judged by who, what, from where, and the state that it would begin with; there is no command', () => {
    const { inputs, recorder } = open({});
    expect(inputs).toEqual([
      {
        schema: 1,
        stage: 'session',
        now: '2026-01-02T03:00:00.000Z',
        subject: ada,
        resource: shop,
        client: here,
        session: {
          id: 's',
          user: 'app',
          transaction: 'idle',
          settings: { work_mem: '5MB' },
          effects: [],
          counters: { commands: 0, denied: 0 },
        },
      },
    ]);
    // As it was judged: a replay needs nothing else.
    expect(recorder.events()).toMatchObject([
      { type: 'start' },
      { type: 'decision', command: 0, decision: { id: 's.0', effect: 'allow' }, input: inputs[0] as object },
    ]);
  });

  test('is not asked about, nor is anything recorded, where no policy judges sessions', () => {
    const { inputs, recorder, settings } = open({ judgesSessions: false, decide: () => denyBecause('R', 'no') });
    expect(inputs).toEqual([]);
    expect(recorder.types()).toEqual(['start']);
    expect(settings).toEqual({});
  });

  test('gets the settings of its policy', () => {
    const { settings } = open({ decide: owing({ kind: 'settings', settings: { statement_timeout: '1s' } }) });
    expect(settings).toEqual({ statement_timeout: '1s' });
  });

  const settings: Obligation = { kind: 'settings', settings: { a: 'b' } };

  test.each<[string, Stage, object]>([
    [
      'a denial: in the words of its rules',
      { decide: () => denyBecause('HOURS', 'not now', 'Come back.') },
      {
        code: 'SP_SESSION_DENIED',
        message: 'not now',
        detail: 'decision s.0, rule HOURS, revision r1',
        hint: 'Come back.',
      },
    ],
    [
      'an end',
      { decide: owing({ kind: 'terminate', message: 'out' }) },
      { code: 'SP_SESSION_DENIED', message: 'out', detail: 'decision s.0, revision r1' },
    ],
    [
      'a review: whoever connects cannot wait',
      { decide: () => ({ effect: 'review', obligations: [{ kind: 'review', approvers: ['dba'] }] }) },
      { code: 'SP_REVIEW_UNAVAILABLE', hint: expect.stringContaining('window') as string },
    ],
    [
      'a mask: there is nothing to mask',
      { decide: owing({ kind: 'mask', columns: ['a'], with: 'null' }) },
      { code: 'SP_OBLIGATION_UNKNOWN', message: expect.stringContaining('"mask" when a session opens') as string },
    ],
    ['what nobody knows', { decide: owing({ kind: 'dance' }) }, { code: 'SP_OBLIGATION_UNKNOWN' }],
    [
      'a limit of commands',
      { decide: owing({ kind: 'limit', rows: 5 }) },
      { code: 'SP_OBLIGATION_UNKNOWN', hint: expect.stringContaining('outside of policy.session') as string },
    ],
    [
      'too many sessions',
      { decide: owing({ kind: 'limit', sessions: 0 }) },
      { code: 'SP_LIMIT_SESSIONS', message: expect.stringContaining('0 sessions') as string },
    ],
    [
      "a fulfiller's own end, with its code",
      {
        decide: owing({ kind: 'quarantine', message: 'x' }),
        fulfillers: {
          quarantine: () => ({ kind: 'terminate', code: 'SP_SUBJECT_QUARANTINED', message: 'barred', hint: 'Ask.' }),
        },
      },
      { code: 'SP_SUBJECT_QUARANTINED', message: 'barred', hint: 'Ask.' },
    ],
    [
      'a limit that only commands could be held to',
      { decide: owing({ kind: 'slow' }), fulfillers: { slow: () => ({ kind: 'limited', limits: { rows: 1 } }) } },
      { code: 'SP_OBLIGATION_UNKNOWN' },
    ],
    [
      'settings that the protocol objects to',
      {
        decide: owing(settings),
        more: { checkSettings: () => ({ code: 'SP_SETTING_REFUSED', message: 'not that one', hint: 'Another.' }) },
      },
      { code: 'SP_SETTING_REFUSED', message: 'not that one', hint: 'Another.' },
    ],
  ])('is refused for %s', (_why, stage, refusal) => {
    const { refused, recorder } = open(stage);
    expect(refused?.refusal).toMatchObject(refusal);
    expect(recorder.types()).toEqual(['start', 'decision', 'error']);
    expect(recorder.events()[2]).toMatchObject({ code: refused?.code, message: refused?.message });
  });

  test('is refused for settings where its protocol can give none', () => {
    const { refused } = open({ decide: owing(settings), canBeGiven: false });
    expect(refused?.refusal).toMatchObject({ code: 'SP_OBLIGATION_UNKNOWN' });
    expect(refused?.message).toContain('sessions of line cannot be given');
  });

  test('that is denied still has others told of it', () => {
    const { logger, refused } = open({
      decide: () => ({
        ...denyBecause('R', 'no'),
        obligations: [{ kind: 'notify', channel: 'security' }, { kind: 'dance' }],
      }),
    });
    expect(refused?.refusal.code).toBe('SP_SESSION_DENIED');
    expect(logger.lines.map(({ fields }) => fields)).toMatchObject([
      { channel: 'security', effect: 'deny', rules: ['R'] },
    ]);
  });

  describe('whose decision cannot be recorded', () => {
    const broken = (audit: Opening['audit']) => {
      const recorder = new MemoryRecorder();
      recorder.broken = true;
      return { more: { recorder, audit } };
    };

    test('is refused', () => {
      expect(() => open(broken('required'))).toThrow(expect.objectContaining({ code: 'SP_RECORDER_FAILED' }) as Error);
    });

    test('is let in all the same with best effort, and that is logged', () => {
      const { settings: given, logger } = open(broken('best_effort'));
      expect(given).toEqual({});
      expect(logger.lines).toMatchObject([{ level: 'warn' }]);
    });

    test('stays denied', () => {
      const { refused } = open({ ...broken('required'), decide: () => denyBecause('R', 'no') });
      expect(refused?.code).toBe('SP_SESSION_DENIED');
    });
  });
});

describe('a gateway', () => {
  test('tells a denied client, ends its recording, and does not connect the target', async () => {
    const { connect, gateway, recordings } = await lineGateway({
      // Nobody listens there: whoever connects fails otherwise.
      target: 1,
      policy: policy(() => denyBecause('HOURS', 'not now'), true),
    });
    expect(await connect().hello()).toBe('ERROR SP_SESSION_DENIED not now');
    expect(gateway.sessions).toBe(0);
    const events = recordingsIn(recordings).flatMap(readRecording);
    expect(events.map(({ type }) => type)).toEqual(['start', 'decision', 'error', 'end']);
    expect(events[3]).toMatchObject({ reason: 'refused', commands: 0, denied: 0 });
  });

  test('counts a denied session no more', async () => {
    let denied = true;
    const { connect } = await lineGateway({
      target: await echoTarget(),
      policy: policy(
        ({ stage }) =>
          stage === 'command'
            ? {}
            : { ...(denied ? denyBecause('R', 'no') : {}), obligations: [{ kind: 'limit', sessions: 1 }] },
        true,
      ),
    });
    expect(await connect().hello()).toBe('ERROR SP_SESSION_DENIED no');
    denied = false;
    expect(await connect().hello()).toBe('WELCOME');
    expect(await connect().hello()).toMatch(/^ERROR SP_LIMIT_SESSIONS /);
  });

  test('lets sessions go on that were open before the policies changed', async () => {
    const holder = policy(undefined, true);
    const later = policy(({ stage }) => (stage === 'session' ? denyBecause('R', 'no') : {}), true);
    let current = holder.current;
    const { connect } = await lineGateway({
      target: await echoTarget(),
      more: {
        policy: {
          get current() {
            return current;
          },
        },
      },
    });
    const before = connect();
    expect(await before.hello()).toBe('WELCOME');
    current = later.current;
    expect(await connect().hello()).toBe('ERROR SP_SESSION_DENIED no');
    expect(await before.send('READ a').line()).toBe('READ a');
  });
});
