import { beforeEach, describe, expect, test } from 'vitest';
import type { Decision } from '../../../engine/contract.ts';
import { Gate } from '../../../proxy/gate.ts';
import { LimitKeeper } from '../../../proxy/limits/limit-keeper.ts';
import { createFulfillers } from '../../../proxy/obligations.ts';
import type { JudgeRequest, Verdict } from '../../../proxy/protocol.ts';
import { ada, denyBecause, here, memoryLogger, policyByText, shop } from '../support/fixtures.ts';
import { lineCommand, parsed } from '../support/line-protocol.ts';
import { MemoryRecorder } from '../support/memory-recorder.ts';

const limit = (quantities: Record<string, unknown>, effect: Decision['effect'] = 'allow'): Partial<Decision> => ({
  effect,
  obligations: [{ kind: 'limit', ...quantities }],
});

const policy = policyByText({
  rows: limit({ rows: 5 }),
  both: limit({ rows: 5, seconds: 2 }),
  rate: limit({ statements_per_minute: 3 }),
  unknown: limit({ moons: 1 }),
  sessions: limit({ sessions: 1 }),
  lasting: limit({ session_seconds: 60, rows: 1 }),
  'denied and limited': { ...denyBecause('R', 'no'), obligations: [{ kind: 'limit', moons: 1 }] },
  denied: denyBecause('R', 'no'),
});

let keeper: LimitKeeper;
let recorder: MemoryRecorder;
let gate: Gate;

beforeEach(() => {
  keeper = new LimitKeeper();
  recorder = new MemoryRecorder();
  const logger = memoryLogger();
  gate = new Gate({
    session: 's',
    subject: ada,
    resource: shop,
    client: here,
    policy,
    recorder,
    fulfillers: createFulfillers({ logger, limits: keeper }),
    logger,
  });
});

function judge(texts: readonly string[], more: Partial<JudgeRequest> = {}): Verdict {
  const verdict = gate.judge({
    parsed: parsed(...texts.map((text) => lineCommand(text))),
    stateBefore: () => ({ transaction: 'idle', settings: {} }),
    holdsTo: ['rows', 'bytes', 'seconds'],
    ...more,
  });
  if ('held' in verdict) throw new Error('nothing is held here');
  return verdict;
}

describe('what a protocol holds a statement to', () => {
  const decided = (index: number): string => `decision s.${index}, revision r1`;

  test('goes with the verdict, by command', () => {
    expect(judge(['free', 'rows', 'both'])).toMatchObject({
      released: true,
      limits: [undefined, { rows: 5, decision: decided(2) }, { rows: 5, seconds: 2, decision: decided(3) }],
    });
  });

  test('is nothing for what is only planned, or not limited', () => {
    expect(judge(['rows'], { prepare: true })).not.toHaveProperty('limits');
    expect(judge(['free'])).not.toHaveProperty('limits');
  });

  test.each<[string, string, JudgeRequest['holdsTo'], string]>([
    [
      'a protocol that holds to nothing',
      'rows',
      undefined,
      'The policy limits rows, which this protocol cannot hold a command to.',
    ],
    [
      'one that cannot tell the time',
      'both',
      ['rows', 'bytes'],
      'The policy limits seconds, which this protocol cannot hold a command to.',
    ],
    [
      'a limit that nobody knows',
      'unknown',
      ['rows'],
      'The policy limits "moons", which nobody here can measure; there are: rows, bytes, seconds, statements_per_minute, sessions, session_seconds.',
    ],
    [
      'a limit of sessions',
      'sessions',
      ['rows'],
      'The policy limits sessions for a command; that can be done when a session opens.',
    ],
    [
      'a session that nobody ends',
      'lasting',
      ['rows'],
      'The policy limits session_seconds, and nobody here ends sessions.',
    ],
  ])('%s is a denial', (_, text, holdsTo, message) => {
    const verdict = judge([text], { holdsTo: holdsTo ?? [] });
    expect(verdict).toMatchObject({ released: false, refusal: { code: 'SP_OBLIGATION_UNKNOWN', message } });
    expect(recorder.types()).toEqual(['command', 'decision', 'error']);
  });

  test('a denial owes no limits', () => {
    expect(judge(['denied and limited']).refusal).toMatchObject({ code: 'SP_DENIED', message: 'no' });
  });

  test('session_seconds go to the session', () => {
    const session = keeper.enter({ id: 's', subject: 'ada' });
    expect(judge(['lasting'])).toMatchObject({ released: true, limits: [{ rows: 1 }] });
    expect(session.atMost(61)).toBeUndefined();
    session.leave();
  });

  test('session_seconds that are over end it', async () => {
    const session = keeper.enter({ id: 's', subject: 'ada' });
    session.atMost(0.001);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(judge(['lasting'])).toMatchObject({
      released: false,
      terminate: true,
      refusal: { code: 'SP_LIMIT_SESSION_SECONDS' },
    });
    session.leave();
  });
});

describe('statements per minute', () => {
  const rateLimited = {
    released: false,
    terminate: false,
    refusal: {
      code: 'SP_RATE_LIMITED',
      message: 'ada may send 3 statements a minute through this gateway.',
      hint: expect.stringMatching(/^Try again in \d+ seconds\.$/) as string,
    },
  };

  test('each statement of a message counts, and a message goes whole or not at all', () => {
    expect(judge(['rate', 'rate']).released).toBe(true);
    expect(judge(['rate', 'rate'])).toMatchObject(rateLimited);
    expect(judge(['rate']).released).toBe(true);
    expect(judge(['rate'])).toMatchObject(rateLimited);
    expect(judge(['free']).released).toBe(true);
  });

  test('what is refused for another reason does not count', () => {
    for (let round = 0; round < 5; round += 1) expect(judge(['rate', 'rate', 'rate', 'denied']).released).toBe(false);
    recorder.broken = true;
    expect(judge(['rate', 'rate', 'rate']).released).toBe(false);
    recorder.broken = false;
    expect(judge(['rate', 'rate', 'rate']).released).toBe(true);
  });

  test('what is only planned does not count', () => {
    for (let round = 0; round < 5; round += 1) expect(judge(['rate'], { prepare: true }).released).toBe(true);
    expect(judge(['rate', 'rate', 'rate']).released).toBe(true);
  });
});
