import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LimitKeeper } from '../../../proxy/limits/limit-keeper.ts';
import type { SallyportError } from '../../../engine/errors.ts';
import type { SessionLimits } from '../../../proxy/limits/session-limits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const keeper = new LimitKeeper();
let last = 0;
const enter = (subject: string): SessionLimits => keeper.enter({ id: `s${(last += 1)}`, subject });
const limit = (quantities: Record<string, number>): { kind: string } => ({ kind: 'limit', ...quantities });

describe('sessions', () => {
  test('as many as the limit are let in, the one that asks among them; the others when one has left', () => {
    const first = enter('ada');
    expect(first.open(limit({ sessions: 2 }))).toBeUndefined();
    expect(enter('ada').open(limit({ sessions: 2 }))).toBeUndefined();
    const third = enter('ada');
    expect(third.open(limit({ sessions: 2 }))).toEqual({
      code: 'SP_LIMIT_SESSIONS',
      message: 'ada may have 2 sessions open at once on this gateway.',
      hint: 'End another session first.',
    });
    expect(enter('bob').open(limit({ sessions: 1 }))).toBeUndefined();
    third.leave();
    third.leave();
    first.leave();
    expect(enter('ada').open(limit({ sessions: 2 }))).toBeUndefined();
  });

  test('none, where none is let', () => {
    expect(enter('eve').open(limit({ sessions: 0 }))).toMatchObject({ code: 'SP_LIMIT_SESSIONS' });
  });

  test.each(['rows', 'bytes', 'seconds', 'statements_per_minute'])('%s are no limit of a session', (quantity) => {
    expect(enter('carl').open(limit({ [quantity]: 1 }))).toMatchObject({
      code: 'SP_OBLIGATION_UNKNOWN',
      message: `The policy limits ${quantity} when a session opens; that is a limit of commands.`,
    });
  });

  test('what nobody knows refuses the session', () => {
    expect(enter('carl').open(limit({ moons: 1 }))).toMatchObject({ code: 'SP_OBLIGATION_UNKNOWN' });
  });
});

describe('session_seconds', () => {
  test('end the session once, and the least that was asked for holds', () => {
    const session = enter('dora');
    const ended: string[] = [];
    session.whenOver((error) => ended.push(`${error.code} ${error.message}`));
    session.atMost(60);
    vi.advanceTimersByTime(5_000);
    expect(session.atMost(10)).toBeUndefined();
    expect(session.atMost(30)).toBeUndefined();
    vi.advanceTimersByTime(4_999);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['SP_LIMIT_SESSION_SECONDS The session has lasted 10 seconds, which is its limit.']);
    vi.advanceTimersByTime(100_000);
    expect(ended).toHaveLength(1);
  });

  test('that are over when they are asked for say so', () => {
    const session = enter('dora');
    vi.advanceTimersByTime(5_000);
    expect(session.atMost(5)).toMatchObject({ code: 'SP_LIMIT_SESSION_SECONDS' });
    let told: SallyportError | undefined;
    session.whenOver((error) => (told = error));
    expect(told).toMatchObject({ code: 'SP_LIMIT_SESSION_SECONDS' });
  });

  test('of a session that has left end nothing', () => {
    const session = enter('dora');
    session.whenOver(() => {
      throw new Error('it has left');
    });
    session.atMost(1);
    session.leave();
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of years are a timer all the same', () => {
    const session = enter('dora');
    session.atMost(1e9);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(1);
    session.leave();
  });
});
