import { describe, expect, test } from 'vitest';
import type { Command, Decision, Obligation } from '../../engine/contract.ts';
import { Gate } from '../../proxy/gate.ts';
import { createFulfillers } from '../../proxy/obligations.ts';
import type { JudgeRequest, SessionState, Verdict } from '../../proxy/protocol.ts';
import {
  ada,
  denyBecause,
  here,
  memoryLogger,
  policy,
  policyByText,
  shop,
  type FakePolicy,
} from './support/fixtures.ts';
import { lineCommand, parsed } from './support/line-protocol.ts';
import { MemoryRecorder } from './support/memory-recorder.ts';

const idle: SessionState = { transaction: 'idle', settings: {} };

interface Setup {
  readonly gate: Gate;
  readonly recorder: MemoryRecorder;
  readonly logger: ReturnType<typeof memoryLogger>;
  readonly judge: (commands: readonly Command[], more?: Partial<JudgeRequest>) => Verdict;
}

function setUp(decisions: FakePolicy, options: { audit?: 'required' | 'best_effort' } = {}): Setup {
  const recorder = new MemoryRecorder();
  const logger = memoryLogger();
  const gate = new Gate({
    session: 's',
    subject: ada,
    resource: shop,
    client: here,
    policy: decisions,
    recorder,
    fulfillers: createFulfillers({ logger, noticesPerMinute: 2, clock: () => 0 }),
    logger,
    clock: () => Date.parse('2026-01-01T12:00:00Z'),
    ...options,
  });
  const judge: Setup['judge'] = (commands, more = {}) => {
    const verdict = gate.judge({ parsed: parsed(...commands), stateBefore: () => idle, ...more });
    if ('held' in verdict) throw new Error('nothing is held here');
    return verdict;
  };
  return { gate, recorder, logger, judge };
}

describe('what the engine is asked', () => {
  test('the input names who, where, when and what', () => {
    const decisions = policy();
    const { judge } = setUp(decisions);
    judge([lineCommand('a')]);
    expect(decisions.inputs).toEqual([
      {
        schema: 1,
        stage: 'command',
        now: '2026-01-01T12:00:00.000Z',
        subject: ada,
        resource: shop,
        client: here,
        session: { ...idle, id: 's', effects: [], counters: { commands: 0, denied: 0 } },
        command: lineCommand('a'),
      },
    ]);
  });

  test('subject, resource and client are the same frozen objects each time, for the memo', () => {
    const decisions = policy();
    const { judge } = setUp(decisions);
    judge([lineCommand('a')]);
    judge([lineCommand('b')]);
    const [first, second] = decisions.inputs;
    expect(second?.subject).toBe(first?.subject);
    expect(second?.resource).toBe(first?.resource);
    expect(second?.client).toBe(first?.client);
    expect(Object.isFrozen(first?.subject)).toBe(true);
    expect(Object.isFrozen(first?.subject.groups)).toBe(true);
  });

  test('a command sees what was released before it, in its own message too, and the counters', () => {
    const decisions = policyByText({ no: denyBecause('R', 'no') });
    const { judge } = setUp(decisions);
    judge([lineCommand('no', { effects: ['drop'] })]);
    judge([lineCommand('a', { effects: ['write'] }), lineCommand('b')]);
    judge([lineCommand('c')]);
    expect(decisions.inputs.map(({ session }) => [session.effects, session.counters])).toEqual([
      [[], { commands: 0, denied: 0 }],
      [[], { commands: 1, denied: 1 }],
      [['write'], { commands: 2, denied: 1 }],
      [['write', 'read'], { commands: 3, denied: 1 }],
    ]);
  });

  test('each command gets the state that it will find, and the parameters', () => {
    const decisions = policy();
    const { judge } = setUp(decisions);
    const parameters = [{ format: 'text', is_null: false, text: '7' }] as const;
    judge([lineCommand('a'), lineCommand('b')], {
      stateBefore: (index) => ({ transaction: index === 0 ? 'idle' : 'active', settings: {} }),
      parameters,
    });
    expect(decisions.inputs.map(({ session }) => session.transaction)).toEqual(['idle', 'active']);
    expect(decisions.inputs[0]?.parameters).toEqual(parameters);
  });
});

describe('the verdict', () => {
  const obliged = (obligation: Obligation, effect: Decision['effect'] = 'allow'): Partial<Decision> => ({
    effect,
    obligations: [obligation],
  });
  const cases: {
    name: string;
    decisions: Readonly<Record<string, Partial<Decision>>>;
    commands: readonly Command[];
    refusal?: { code: string; message: string; detail?: string; hint?: string };
    terminate?: boolean;
    events: readonly string[];
  }[] = [
    {
      name: 'an allowed command is released',
      decisions: {},
      commands: [lineCommand('a')],
      events: ['command', 'decision'],
    },
    { name: 'an empty statement is released and leaves no trace', decisions: {}, commands: [], events: [] },
    {
      name: "a denied one is refused in the rule's own words",
      decisions: { a: denyBecause('SP-1', 'not for agents', 'Ask ada.') },
      commands: [lineCommand('a')],
      refusal: {
        code: 'SP_DENIED',
        message: 'not for agents',
        detail: 'decision s.1, rule SP-1, revision r1',
        hint: 'Ask ada.',
      },
      events: ['command', 'decision'],
    },
    {
      name: 'all commands of a message stand or fall together',
      decisions: { b: denyBecause('SP-1', 'no b') },
      commands: [lineCommand('a'), lineCommand('b'), lineCommand('c')],
      refusal: { code: 'SP_DENIED', message: 'no b', detail: 'decision s.2, rule SP-1, revision r1' },
      events: ['command', 'decision', 'command', 'decision', 'command', 'decision', 'error'],
    },
    {
      name: 'every reason of every denied command is told, each once',
      decisions: {
        a: {
          effect: 'deny',
          reasons: [
            { rule: 'X', message: 'first' },
            { rule: 'Y', message: 'second' },
          ],
        },
        b: denyBecause('X', 'first'),
      },
      commands: [lineCommand('a'), lineCommand('b')],
      refusal: { code: 'SP_DENIED', message: 'first; second', detail: 'decision s.1, s.2, rule X, Y, revision r1' },
      events: ['command', 'decision', 'command', 'decision'],
    },
    {
      name: 'a denial without a reason still says that it is one',
      decisions: { a: { effect: 'deny' } },
      commands: [lineCommand('a')],
      refusal: { code: 'SP_DENIED', message: 'The policy denied the command.', detail: 'decision s.1, revision r1' },
      events: ['command', 'decision'],
    },
    {
      name: 'a review is refused while there are no approvals',
      decisions: { a: obliged({ kind: 'review', approvers: ['dba'] }, 'review') },
      commands: [lineCommand('a')],
      refusal: {
        code: 'SP_REVIEW_UNAVAILABLE',
        message: 'The policy asks for approval, and approvals are not configured on this gateway.',
      },
      events: ['command', 'decision', 'error'],
    },
    ...['mask', 'review', 'made_up', '__proto__', 'constructor'].map((kind) => ({
      name: `an allow that obliges to "${kind}" is refused by name`,
      decisions: { a: obliged({ kind }) },
      commands: [lineCommand('a')],
      refusal: {
        code: 'SP_OBLIGATION_UNKNOWN',
        message: `The policy asks for "${kind}", which this gateway cannot fulfil.`,
      },
      events: ['command', 'decision', 'error'],
    })),
    {
      name: 'record is fulfilled',
      decisions: { a: obliged({ kind: 'record' }) },
      commands: [lineCommand('a')],
      events: ['command', 'decision'],
    },
    {
      name: 'notify is fulfilled',
      decisions: { a: obliged({ kind: 'notify' }) },
      commands: [lineCommand('a')],
      events: ['command', 'decision'],
    },
    {
      name: 'terminate refuses, whatever the effect, and ends the session',
      decisions: { a: obliged({ kind: 'terminate', message: 'out' }) },
      commands: [lineCommand('a')],
      refusal: { code: 'SP_DENIED', message: 'out' },
      terminate: true,
      events: ['command', 'decision', 'error'],
    },
    {
      name: 'a denial owes no masks',
      decisions: { a: { ...denyBecause('R', 'no'), obligations: [{ kind: 'mask' }] } },
      commands: [lineCommand('a')],
      refusal: { code: 'SP_DENIED', message: 'no' },
      events: ['command', 'decision'],
    },
  ];

  test.each(cases)('$name', ({ decisions, commands, refusal, terminate = false, events }) => {
    const { judge, recorder } = setUp(policyByText(decisions));
    const verdict = judge(commands);
    expect(verdict.released).toBe(refusal === undefined);
    expect(verdict.terminate).toBe(terminate);
    if (refusal !== undefined) expect(verdict.refusal).toMatchObject(refusal);
    expect(recorder.types()).toEqual(events);
    const commandEvents = recorder.events().flatMap(({ type, seq }) => (type === 'command' ? [seq] : []));
    expect(verdict.events).toEqual(commandEvents);
  });

  test('what ends the session is recorded once, whoever says it again, and anew for another message', () => {
    const { gate, judge, recorder } = setUp(policyByText({ a: obliged({ kind: 'terminate', message: 'out' }) }));
    const errors = (): number => recorder.types().filter((type) => type === 'error').length;
    judge([lineCommand('a')]);
    gate.recordError('SP_DENIED', 'out');
    gate.recordError('SP_DENIED', 'out');
    expect(errors()).toBe(1);
    gate.recordError('SP_DENIED', 'something else');
    expect(errors()).toBe(2);
    judge([lineCommand('a')]);
    expect(errors()).toBe(3);
  });

  test('decisions point at their commands', () => {
    const { judge, recorder } = setUp(policy());
    judge([lineCommand('a'), lineCommand('b')]);
    const decisions = recorder.events().filter((event) => event.type === 'decision');
    expect(decisions.map(({ command }) => command)).toEqual([0, 2]);
  });
});

describe('what the dialect does not vouch for', () => {
  test('a statement that is incomplete without an incomplete command is refused, whatever the policy says', () => {
    const decisions = policy();
    const { gate, recorder } = setUp(decisions);
    const diagnostic = { severity: 'error', code: 'SP_STATEMENT_TOO_LARGE', message: 'too long' } as const;
    const verdict = gate.judge({
      parsed: { complete: false, commands: [lineCommand('a')], diagnostics: [diagnostic] },
      stateBefore: () => idle,
    });
    expect(verdict).toMatchObject({
      released: false,
      refusal: { code: 'SP_STATEMENT_TOO_LARGE', message: 'too long' },
    });
    expect(decisions.inputs).toEqual([]);
    expect(recorder.types()).toEqual(['error']);
  });

  test('an incomplete command is the policy’s to judge', () => {
    const { judge } = setUp(policy());
    expect(judge([lineCommand('a', { complete: false, reasons: ['dynamic_sql'] })]).released).toBe(true);
  });

  test('a denied text that does not parse is refused in the parser’s words, with its place', () => {
    const { gate } = setUp(policyByText({ selec: denyBecause('sallyport.incomplete', 'not vouched for') }));
    const diagnostic = {
      severity: 'error',
      code: 'SP_STATEMENT_SYNTAX',
      message: 'syntax error at "selec"',
      span: { start: 0, end: 5 },
    } as const;
    const command = lineCommand('selec', { complete: false, reasons: ['syntax_error'] });
    const verdict = gate.judge({
      parsed: { complete: false, commands: [command], diagnostics: [diagnostic] },
      stateBefore: () => idle,
    });
    expect('refusal' in verdict && verdict.refusal).toMatchObject({
      code: 'SP_STATEMENT_SYNTAX',
      message: 'syntax error at "selec"',
      detail: 'decision s.1, rule sallyport.incomplete, revision r1',
      diagnostic,
    });
  });
});

describe('what the protocol says of a message', () => {
  test('its own refusal stands, and the commands are recorded', () => {
    const { judge, recorder } = setUp(policy());
    const refused = { code: 'SP_SETTING_REFUSED', message: 'keep it on', hint: 'leave it' } as const;
    const verdict = judge([lineCommand('set x')], { refused });
    expect(verdict).toMatchObject({ released: false, refusal: { ...refused, detail: 'decision s.1' } });
    expect(recorder.types()).toEqual(['command', 'decision', 'error']);
  });

  test('a message that only plans is recorded when it runs, or when it is refused', () => {
    const decisions = policyByText({ no: denyBecause('R', 'no') });
    const { judge, recorder } = setUp(decisions);
    expect(judge([lineCommand('a')], { prepare: true })).toMatchObject({ released: true, events: [] });
    expect(recorder.types()).toEqual([]);
    expect(judge([lineCommand('a')]).events).toEqual([0]);
    expect(judge([lineCommand('no')], { prepare: true }).released).toBe(false);
    expect(recorder.types()).toEqual(['command', 'decision', 'command', 'decision']);
    expect(decisions.inputs.map(({ session }) => session.counters.commands)).toEqual([0, 0, 1]);
  });

  test('what only plans does not notify twice', () => {
    const { judge, logger } = setUp(policy(() => ({ obligations: [{ kind: 'notify' }] })));
    judge([lineCommand('a')], { prepare: true });
    judge([lineCommand('a')]);
    expect(logger.lines).toHaveLength(1);
  });
});

describe('record, then release', () => {
  test('what cannot be recorded is refused, and counts as refused; it goes on when recording works again', () => {
    const decisions = policy();
    const { judge, recorder } = setUp(decisions);
    recorder.broken = true;
    const verdict = judge([lineCommand('a')]);
    expect(verdict).toMatchObject({ released: false, events: [], terminate: false });
    expect(verdict.refusal).toMatchObject({
      code: 'SP_RECORDER_FAILED',
      message: expect.stringContaining('could not be recorded') as string,
      detail: 'decision s.1',
    });
    recorder.broken = false;
    expect(judge([lineCommand('a')]).released).toBe(true);
    expect(decisions.inputs[1]?.session).toMatchObject({ effects: [], counters: { commands: 1, denied: 1 } });
  });

  test('a denial stays a denial when it cannot be recorded', () => {
    const { judge, recorder } = setUp(policyByText({ a: denyBecause('R', 'no') }));
    recorder.broken = true;
    expect(judge([lineCommand('a')]).refusal).toMatchObject({ code: 'SP_DENIED', message: 'no' });
  });

  test('best_effort releases what cannot be recorded, and logs it', () => {
    const { judge, recorder, logger } = setUp(policy(), { audit: 'best_effort' });
    recorder.broken = true;
    expect(judge([lineCommand('a')]).released).toBe(true);
    expect(logger.lines.map(({ message }) => message)).toEqual(['command not recorded']);
  });

  test('results and errors follow; an end ends', () => {
    const { gate, judge, recorder } = setUp(policy());
    const { events } = judge([lineCommand('a')]);
    gate.recordResult({ events, status: 'ok', tag: 'SELECT 1', rows: 1, durationMs: 0.5 });
    gate.recordResult({ events: [], status: 'ok' });
    gate.recordError('SP_LIMIT_TIME', 'too slow');
    gate.end('done');
    expect(recorder.types()).toEqual(['command', 'decision', 'result', 'error']);
    expect(recorder.events()[2]).toMatchObject({
      commands: [0],
      status: 'ok',
      tag: 'SELECT 1',
      rows: 1,
      duration_ms: 0.5,
    });
    expect(recorder.ended).toBe('done');
  });

  test.each([
    [
      'an engine that throws',
      policy(() => {
        throw new Error('bug');
      }),
      {},
    ],
    [
      'a protocol that throws',
      policy(),
      {
        stateBefore: () => {
          throw new Error('bug');
        },
      },
    ],
  ] as const)('%s denies', (_, decisions, more) => {
    const { judge, logger } = setUp(decisions);
    expect(judge([lineCommand('a')], more)).toMatchObject({ released: false, refusal: { code: 'SP_EVAL_FAILED' } });
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'gate failed' }]);
  });
});

describe('notices', () => {
  test('say who, where and which rule, and no text of the command', () => {
    const { judge, logger } = setUp(
      policy(() => ({ ...denyBecause('R', 'no'), obligations: [{ kind: 'notify', channel: 'security' }] })),
    );
    judge([lineCommand('delete everything')]);
    expect(logger.lines).toMatchObject([
      {
        level: 'warn',
        fields: { channel: 'security', subject: 'ada', resource: 'shop', effect: 'deny', rules: ['R'] },
      },
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('everything');
  });

  test('are limited per channel', () => {
    const { judge, logger } = setUp(
      policy((input) => ({ obligations: [{ kind: 'notify', channel: input.command?.text ?? '' }] })),
    );
    for (let count = 0; count < 5; count += 1) judge([lineCommand('a')]);
    judge([lineCommand('b')]);
    expect(logger.lines.map(({ fields }) => ('channel' in fields ? fields.channel : ''))).toEqual(['a', 'a', 'b']);
  });
});

describe('secrets', () => {
  const text = "alter role x password 'hun''ter2'";
  const command = lineCommand(text, {
    secrets: [{ start: 22, end: text.length }],
    attributes: { echo: ["hun'ter2", 'plain'] },
  });

  test('are in no event, no refusal and no log', () => {
    const { gate, judge, recorder, logger } = setUp(
      policy((input) => ({
        effect: 'deny',
        reasons: [{ rule: 'R', message: `no: ${input.command?.text ?? ''}`, remediation: "not hun'ter2" }],
        obligations: [{ kind: 'notify', message: `look: ${text}` }],
      })),
    );
    const verdict = judge([command], { parameters: [{ format: 'text', is_null: false, text: 'p4ram' }] });
    gate.recordResult({ events: verdict.events, status: 'error', message: `near "hun'ter2": 'hun''ter2' p4ram` });
    const written = recorder.bodies.join('\n') + JSON.stringify(logger.lines);
    const { message, detail, hint } = verdict.refusal ?? {};
    for (const where of [written, JSON.stringify({ message, detail, hint })]) {
      expect(where).not.toContain('ter2');
      expect(where).not.toContain('p4ram');
    }
    expect(message).toBe('no: alter role x password ***');
    const [event] = recorder.events();
    expect(event).toMatchObject({
      input: {
        command: {
          text: 'alter role x password ***',
          secrets: [{ start: 22, end: 25 }],
          attributes: { echo: ['***', 'plain'] },
        },
        parameters: [{ text: '***' }],
      },
    });
  });

  test('the engine itself still sees the text', () => {
    const decisions = policy();
    setUp(decisions).judge([command]);
    expect(decisions.inputs[0]?.command).toBe(command);
  });
});

test('the same command written twice gives the same JSON, apart from the counters', () => {
  const { judge, recorder } = setUp(policy());
  const command = lineCommand('a');
  const state: SessionState = Object.freeze({ transaction: 'idle', settings: Object.freeze({ x: '1' }) });
  for (let round = 0; round < 2; round += 1) judge([command], { stateBefore: () => state });
  const [first, second] = recorder.events().filter((event) => event.type === 'command');
  expect(second?.input.command).toEqual(first?.input.command);
  expect(second?.input.session).toEqual({
    ...first?.input.session,
    effects: ['read'],
    counters: { commands: 1, denied: 0 },
  });
});

test('a state that changes under the same object is written as it is then', () => {
  const { judge, recorder } = setUp(policy());
  const state: SessionState = { transaction: 'idle', settings: {} };
  judge([lineCommand('a')], { stateBefore: () => state });
  state.transaction = 'active';
  judge([lineCommand('a')], { stateBefore: () => state });
  const written = recorder
    .events()
    .flatMap((event) => (event.type === 'command' ? [event.input.session.transaction] : []));
  expect(written).toEqual(['idle', 'active']);
});
