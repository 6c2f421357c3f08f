import { describe, expect, test } from 'vitest';
import type { Command, Decision, Obligation } from '../../engine/contract.ts';
import type { ApprovalAsk, ApprovalOutcome, Approvals } from '../../proxy/approvals/ask.ts';
import { Gate } from '../../proxy/gate.ts';
import { createFulfillers } from '../../proxy/obligations.ts';
import type { HeldVerdict, JudgeRequest, Notice, SessionState, Verdict } from '../../proxy/protocol.ts';
import { ada, denyBecause, here, memoryLogger, policyByText, shop } from './support/fixtures.ts';
import { lineCommand, parsed } from './support/line-protocol.ts';
import { MemoryRecorder } from './support/memory-recorder.ts';

const idle: SessionState = { transaction: 'idle', settings: {} };

/** Approvals that a test decides by hand. */
class FakeApprovals implements Approvals {
  readonly asks: ApprovalAsk[] = [];
  withdrawn = 0;
  settle: (outcome: ApprovalOutcome) => void = () => undefined;
  /** Whether people are asked at all. */
  waits = true;

  ask(ask: ApprovalAsk, waiting: () => void): ReturnType<Approvals['ask']> {
    this.asks.push(ask);
    if (this.waits) queueMicrotask(waiting);
    return {
      id: 'apr-1',
      digest: 'd'.repeat(64),
      expires: new Date('2026-01-01T12:15:00Z'),
      outcome: new Promise((resolve) => {
        this.settle = resolve;
      }),
      withdraw: () => {
        this.withdrawn += 1;
      },
    };
  }
}

const review = (more: Obligation[] = [], terms: object = { approvers: ['dba'] }): Partial<Decision> => ({
  effect: 'review',
  reasons: [{ rule: 'R-REVIEW', message: 'schema changes are reviewed' }],
  obligations: [{ kind: 'review', rule: 'R-REVIEW', ttl: '15m', ...terms }, ...more],
});

interface Setup {
  readonly approvals: FakeApprovals;
  readonly recorder: MemoryRecorder;
  readonly notices: Notice[];
  readonly judge: (commands: readonly Command[], more?: Partial<JudgeRequest>) => Verdict | HeldVerdict;
  readonly hold: (commands: readonly Command[]) => HeldVerdict;
}

function setUp(decisions: Record<string, Partial<Decision>>, withApprovals = true): Setup {
  const recorder = new MemoryRecorder();
  const logger = memoryLogger();
  const approvals = new FakeApprovals();
  const notices: Notice[] = [];
  const gate = new Gate({
    session: 's',
    subject: ada,
    resource: shop,
    client: here,
    policy: policyByText(decisions),
    recorder,
    fulfillers: createFulfillers({ logger }),
    logger,
    clock: () => Date.parse('2026-01-01T12:00:00Z'),
    ...(withApprovals ? { approvals } : {}),
  });
  const judge: Setup['judge'] = (commands, more = {}) =>
    gate.judge({
      parsed: parsed(...commands),
      stateBefore: () => idle,
      tell: (notice) => notices.push(notice),
      ...more,
    });
  const hold: Setup['hold'] = (commands) => {
    const verdict = judge(commands);
    if ('released' in verdict) throw new Error(`not held: ${verdict.refusal?.message ?? 'released'}`);
    return verdict;
  };
  return { approvals, recorder, notices, judge, hold };
}

describe('a command that is to be approved', () => {
  test('is recorded, asked for and told to the client before anything else', async () => {
    const { hold, approvals, recorder, notices } = setUp({ alter: review() });
    hold([lineCommand('alter', { effects: ['alter'] })]);
    await Promise.resolve();
    expect(recorder.events()).toMatchObject([
      { type: 'command' },
      { type: 'decision', decision: { effect: 'review' } },
      {
        type: 'approval',
        request: 'apr-1',
        state: 'waiting',
        commands: [0],
        digest: 'd'.repeat(64),
        expires: '2026-01-01T12:15:00.000Z',
      },
    ]);
    expect(approvals.asks).toMatchObject([
      {
        session: 's',
        subject: ada,
        resource: shop,
        revision: 'r1',
        commands: [{ command: { text: 'alter' }, state: idle, reasons: [{ rule: 'R-REVIEW' }] }],
        terms: { requirements: [{ approvers: ['dba'], minimum: 1 }], ttlMs: 900_000, mode: 'hold' },
      },
    ]);
    expect(notices).toMatchObject([
      {
        message: 'Sallyport holds this for approval: request apr-1',
        detail: 'schema changes are reviewed. Somebody in dba decides, within 15m.',
      },
    ]);
  });

  test('is released when it is approved, after that is recorded', async () => {
    const { hold, approvals, recorder, judge } = setUp({ alter: review() });
    const { held } = hold([lineCommand('alter', { effects: ['alter'] })]);
    approvals.settle({ kind: 'approved', reviewers: ['bob'], comment: 'go' });
    expect(await held).toEqual({ released: true, events: [0], terminate: false });
    expect(recorder.events().at(-1)).toMatchObject({
      type: 'approval',
      state: 'approved',
      reviewers: ['bob'],
      comment: 'go',
    });
    // What ran counts for what comes after.
    judge([lineCommand('b')]);
    expect(recorder.events().at(-2)).toMatchObject({
      input: { session: { effects: ['alter'], counters: { commands: 1, denied: 0 } } },
    });
  });

  test.each<[string, ApprovalOutcome, { code: string; message: RegExp; hint?: RegExp; state: string }]>([
    [
      'rejected',
      { kind: 'rejected', reviewers: ['bob'], comment: 'use the migration' },
      { code: 'SP_REVIEW_REJECTED', message: /^rejected by bob: use the migration$/, state: 'rejected' },
    ],
    [
      'out of time',
      { kind: 'expired' },
      { code: 'SP_REVIEW_EXPIRED', message: /in time/, hint: /again/, state: 'expired' },
    ],
    [
      'overtaken by other policies',
      { kind: 'superseded' },
      { code: 'SP_REVIEW_SUPERSEDED', message: /policies changed/, hint: /again/, state: 'superseded' },
    ],
    ['withdrawn', { kind: 'withdrawn' }, { code: 'SP_CANCELLED', message: /withdrawn/, state: 'withdrawn' }],
    [
      'to come again later',
      { kind: 'pending', request: 'apr-2' },
      { code: 'SP_REVIEW_PENDING', message: /request apr-2/, hint: /exactly the same again/, state: 'waiting' },
    ],
    [
      'nobody could approve',
      { kind: 'unavailable', message: 'Nobody in dba may approve this.' },
      { code: 'SP_REVIEW_UNAVAILABLE', message: /Nobody in dba/, state: 'unavailable' },
    ],
  ])('is refused when it is %s', async (_name, outcome, expected) => {
    const { hold, approvals, recorder, judge } = setUp({ alter: review() });
    const { held } = hold([lineCommand('alter', { effects: ['alter'] })]);
    approvals.settle(outcome);
    const verdict = await held;
    expect(verdict).toMatchObject({ released: false, events: [0], terminate: false });
    expect(verdict.refusal).toMatchObject({
      code: expected.code,
      message: expect.stringMatching(expected.message) as string,
      detail: expect.stringContaining('decision s.1, rule R-REVIEW') as string,
      ...(expected.hint === undefined ? {} : { hint: expect.stringMatching(expected.hint) as string }),
    });
    expect(recorder.events().slice(-2)).toMatchObject([
      { type: 'approval', state: expected.state },
      { type: 'error', code: expected.code },
    ]);
    judge([lineCommand('b')]);
    expect(recorder.events().at(-2)).toMatchObject({
      input: { session: { effects: [], counters: { commands: 1, denied: 1 } } },
    });
  });

  test('takes the others of its message with it, and shows them to the reviewer', async () => {
    const { hold, approvals } = setUp({ alter: review() });
    const { held } = hold([lineCommand('a'), lineCommand('alter')]);
    expect(approvals.asks[0]?.commands.map(({ command, reasons }) => [command.text, reasons.length])).toEqual([
      ['a', 0],
      ['alter', 1],
    ]);
    approvals.settle({ kind: 'approved', reviewers: ['bob'], comment: '' });
    expect((await held).events).toEqual([0, 2]);
  });

  test('is withdrawn with its client', () => {
    const { hold, approvals } = setUp({ alter: review() });
    hold([lineCommand('alter')]).withdraw();
    expect(approvals.withdrawn).toBe(1);
  });

  test('is not released when the approval cannot be recorded', async () => {
    const { hold, approvals, recorder } = setUp({ alter: review() });
    const { held } = hold([lineCommand('alter')]);
    recorder.broken = true;
    approvals.settle({ kind: 'approved', reviewers: ['bob'], comment: '' });
    expect(await held).toMatchObject({ released: false, refusal: { code: 'SP_RECORDER_FAILED' } });
  });

  test('is not even held when it cannot be recorded', () => {
    const { judge, approvals, recorder } = setUp({ alter: review() });
    recorder.broken = true;
    expect(judge([lineCommand('alter')])).toMatchObject({ released: false, refusal: { code: 'SP_RECORDER_FAILED' } });
    expect(approvals.withdrawn).toBe(1);
  });

  test('only plans: nobody is asked before it is to run', () => {
    const { judge, approvals, recorder } = setUp({ alter: review() });
    expect(judge([lineCommand('alter')], { prepare: true })).toMatchObject({ released: true, events: [] });
    expect(approvals.asks).toEqual([]);
    expect(recorder.events()).toEqual([]);
  });
});

describe('nobody is asked', () => {
  test.each<[string, Record<string, Partial<Decision>>, Partial<JudgeRequest>, string]>([
    ['when another command is denied', { a: denyBecause('R', 'no'), alter: review() }, {}, 'SP_DENIED'],
    [
      'for what the protocol refuses',
      { alter: review() },
      { refused: { code: 'SP_SETTING_REFUSED', message: 'no' } },
      'SP_SETTING_REFUSED',
    ],
    ['for what nobody could fulfil', { alter: review([{ kind: 'mask' }]) }, {}, 'SP_OBLIGATION_UNKNOWN'],
    ['when the session is to end', { alter: review([{ kind: 'terminate', message: 'out' }]) }, {}, 'SP_DENIED'],
    ['on terms that name nobody', { alter: review([], {}) }, {}, 'SP_REVIEW_UNAVAILABLE'],
    [
      'on terms that cannot be read',
      { alter: review([], { approvers: ['a'], ttl: 'soon' }) },
      {},
      'SP_REVIEW_UNAVAILABLE',
    ],
  ])('%s', (_name, decisions, more, code) => {
    const { judge, approvals } = setUp(decisions);
    expect(judge([lineCommand('a'), lineCommand('alter')], more)).toMatchObject({ released: false, refusal: { code } });
    expect(approvals.asks).toEqual([]);
  });

  test('by a gateway without approvals', () => {
    const { judge } = setUp({ alter: review() }, false);
    expect(judge([lineCommand('alter')])).toMatchObject({
      released: false,
      refusal: { code: 'SP_REVIEW_UNAVAILABLE' },
    });
  });
});
