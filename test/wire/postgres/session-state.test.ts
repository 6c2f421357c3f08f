import { describe, expect, it } from 'vitest';
import { parseIdentifierList } from '../../../proxy/protocols/postgres/identifier-list.ts';
import {
  applyEffect,
  initialState,
  report,
  settle,
  type StateEffect,
  type TrackedState,
} from '../../../proxy/protocols/postgres/session-state.ts';

/** A step: an effect, the end of a batch (`ok`, `error` and the status it leaves), or a report of the target. */
type Step = StateEffect | { ready: 'idle' | 'active' | 'failed'; failed?: boolean } | { reported: [string, string] };

const set = (name: string, value: string, local = false): StateEffect => ({ kind: 'set', name, value, local });
const reset = (name: string): StateEffect => ({ kind: 'reset', name, local: false });
const begin: StateEffect = { kind: 'begin' };
const commit: StateEffect = { kind: 'commit', chain: false };
const rollback: StateEffect = { kind: 'rollback', chain: false };
const savepoint = (name: string): StateEffect => ({ kind: 'savepoint', name });
const release = (name: string): StateEffect => ({ kind: 'release', name });
const rollbackTo = (name: string): StateEffect => ({ kind: 'rollback_to', name });
const idle: Step = { ready: 'idle' };
const active: Step = { ready: 'active' };

function run(steps: readonly Step[], start = initialState('app', 'shop', new Map())): TrackedState {
  return steps.reduce((tracked, step) => {
    if ('ready' in step) return settle(tracked, step.ready, step.failed === true);
    if ('reported' in step) return report(tracked, ...step.reported);
    return applyEffect(tracked, step);
  }, start);
}

const cases: { name: string; steps: Step[]; state: Record<string, unknown> }[] = [
  { name: 'SET ROLE', steps: [set('role', 'r'), idle], state: { role: 'r', user: 'app' } },
  { name: 'SET ROLE, RESET ROLE', steps: [set('role', 'r'), idle, reset('role'), idle], state: { role: 'app' } },
  { name: 'SET ROLE NONE', steps: [set('role', 'r'), idle, set('role', 'none'), idle], state: { role: 'app' } },
  { name: 'SET SESSION AUTHORIZATION', steps: [set('session_authorization', 's'), idle], state: { role: 's' } },
  {
    name: 'SET SESSION AUTHORIZATION ends a SET ROLE',
    steps: [set('role', 'r'), set('session_authorization', 's'), idle],
    state: { role: 's' },
  },
  {
    name: 'SET ROLE NONE after SET SESSION AUTHORIZATION',
    steps: [set('session_authorization', 's'), set('role', 'r'), set('role', 'none'), idle],
    state: { role: 's' },
  },
  {
    name: 'RESET SESSION AUTHORIZATION',
    steps: [set('session_authorization', 's'), idle, reset('session_authorization'), idle],
    state: { role: 'app' },
  },
  { name: 'SET search_path', steps: [set('search_path', 'a, "B c"'), idle], state: { search_path: ['a', 'B c'] } },
  { name: 'SET of anything', steps: [set('work_mem', '1GB'), idle], state: { settings: { work_mem: '1GB' } } },
  { name: 'RESET of it', steps: [set('work_mem', '1GB'), idle, reset('work_mem'), idle], state: { settings: {} } },
  {
    name: 'RESET ALL keeps the role',
    steps: [set('role', 'r'), set('a.b', '1'), idle, { kind: 'reset_all' }, idle],
    state: { role: 'r', settings: {} },
  },
  {
    name: 'DISCARD ALL does not',
    steps: [set('role', 'r'), set('a.b', '1'), idle, { kind: 'discard_all' }, idle],
    state: { role: 'app', settings: {} },
  },
  { name: 'a command that failed', steps: [set('role', 'r'), { ready: 'idle', failed: true }], state: { role: 'app' } },
  { name: 'ROLLBACK undoes', steps: [begin, active, set('role', 'r'), active, rollback, idle], state: { role: 'app' } },
  { name: 'COMMIT keeps', steps: [begin, active, set('role', 'r'), active, commit, idle], state: { role: 'r' } },
  {
    name: 'COMMIT drops SET LOCAL',
    steps: [begin, set('role', 'r', true), active, commit, idle],
    state: { role: 'app', transaction: 'idle' },
  },
  {
    name: 'SET LOCAL is in force until then',
    steps: [begin, set('role', 'r', true), active],
    state: { role: 'r', transaction: 'active' },
  },
  {
    name: 'SET, then SET LOCAL: COMMIT leaves the first',
    steps: [begin, set('work_mem', '1'), set('work_mem', '2', true), active, commit, idle],
    state: { settings: { work_mem: '1' } },
  },
  { name: 'SET LOCAL outside of a transaction', steps: [set('role', 'r', true), idle], state: { role: 'app' } },
  {
    name: 'COMMIT of a failed transaction is a ROLLBACK',
    steps: [begin, set('role', 'r'), active, { ready: 'failed', failed: true }, commit, idle],
    state: { role: 'app' },
  },
  {
    name: 'ROLLBACK TO undoes what came after the savepoint',
    steps: [begin, set('a.b', '1'), savepoint('s'), set('a.b', '2'), rollbackTo('s'), active],
    state: { settings: { 'a.b': '1' }, transaction: 'active' },
  },
  {
    name: 'ROLLBACK TO can be repeated',
    steps: [begin, savepoint('s'), set('a.b', '2'), rollbackTo('s'), set('a.b', '3'), rollbackTo('s'), commit, idle],
    state: { settings: {} },
  },
  {
    name: 'the latest savepoint of a name counts',
    steps: [begin, savepoint('s'), set('a.b', '1'), savepoint('s'), set('a.b', '2'), rollbackTo('s'), active],
    state: { settings: { 'a.b': '1' } },
  },
  {
    name: 'RELEASE uncovers the one before it',
    steps: [
      ...[begin, savepoint('s'), set('a.b', '1'), savepoint('s'), set('a.b', '2'), release('s'), rollbackTo('s')],
      active,
    ],
    state: { settings: {} },
  },
  {
    name: 'ROLLBACK TO mends a failed transaction',
    steps: [
      begin,
      savepoint('s'),
      { ready: 'failed', failed: true },
      rollbackTo('s'),
      active,
      set('role', 'r'),
      commit,
      idle,
    ],
    state: { role: 'r' },
  },
  {
    name: 'BEGIN inside an implicit block makes all of it one transaction',
    steps: [set('a.b', '1'), begin, set('a.b', '2'), active, rollback, idle],
    state: { settings: {} },
  },
  {
    name: 'COMMIT inside an implicit block keeps what came before it',
    steps: [set('a.b', '1'), commit, set('a.b', '2'), { ready: 'idle', failed: true }],
    state: { settings: { 'a.b': '1' } },
  },
  {
    name: 'ROLLBACK AND CHAIN begins anew',
    steps: [begin, set('a.b', '1'), { kind: 'rollback', chain: true }, set('a.b', '2'), active, rollback, idle],
    state: { settings: {} },
  },
  {
    name: 'COMMIT AND CHAIN keeps, and begins anew',
    steps: [begin, set('a.b', '1'), { kind: 'commit', chain: true }, set('a.b', '2'), active, rollback, idle],
    state: { settings: { 'a.b': '1' } },
  },
  {
    name: 'a value that only the target knows is not guessed',
    steps: [set('role', 'r'), { kind: 'set', name: 'role', value: undefined, local: false }, idle],
    state: { role: undefined },
  },
  {
    name: 'the target reports another search_path',
    steps: [{ reported: ['search_path', '"$user", public'] }],
    state: { search_path: ['$user', 'public'] },
  },
  {
    name: 'the target reports another session_authorization',
    steps: [{ reported: ['session_authorization', 's'] }],
    state: { role: 's' },
  },
  {
    name: 'the target reports what it made of a value',
    steps: [set('timezone', 'utc'), idle, { reported: ['TimeZone', 'UTC'] }],
    state: { settings: { timezone: 'UTC' } },
  },
  {
    name: 'the target reports what the client did not set',
    steps: [{ reported: ['is_superuser', 'off'] }],
    state: { settings: {} },
  },
];

describe('session state', () => {
  it.each(cases)('$name', ({ steps, state }) => {
    const { state: reached } = run(steps);
    expect({ ...reached, ...pick(reached, Object.keys(state)) }).toMatchObject(state);
  });

  it('RESET goes back to what the startup packet said', () => {
    const start = initialState(
      'app',
      undefined,
      new Map([
        ['work_mem', '1MB'],
        ['role', 'reader'],
      ]),
    );
    expect(start.state).toMatchObject({ role: 'reader', settings: { work_mem: '1MB' } });
    const after = run(
      [set('work_mem', '1GB'), set('role', 'writer'), idle, reset('work_mem'), reset('role'), idle],
      start,
    );
    expect(after.state).toMatchObject({ role: 'reader', settings: { work_mem: '1MB' } });
  });

  it('is frozen, and the same object while nothing changes', () => {
    const tracked = run([begin, active]);
    expect(Object.isFrozen(tracked.state) && Object.isFrozen(tracked.state.settings)).toBe(true);
    expect(run([active, { reported: ['is_superuser', 'on'] }, active], tracked).state).toBe(tracked.state);
  });
});

describe('parseIdentifierList', () => {
  it.each<[string, string[] | undefined]>([
    ['', []],
    ['a', ['a']],
    [' A , "A" ', ['a', 'A']],
    ['"a""b",c', ['a"b', 'c']],
    ['"$user", public', ['$user', 'public']],
    ['"a, b"', ['a, b']],
    ['a,', undefined],
    ['a b', undefined],
    ['"a', undefined],
  ])('%j', (value, names) => {
    expect(parseIdentifierList(value)).toEqual(names);
  });
});

function pick(state: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, Object.entries(state).find(([name]) => name === key)?.[1]]));
}
