import type { SessionState } from '../../protocol.ts';
import { parseIdentifierList } from './identifier-list.ts';

/** What a command does to the session's state, once it has succeeded. */
export type StateEffect =
  /** A setting gets a value; `undefined` for one that only the target knows. */
  | { readonly kind: 'set'; readonly name: string; readonly value: string | undefined; readonly local: boolean }
  | { readonly kind: 'reset'; readonly name: string; readonly local: boolean }
  | { readonly kind: 'reset_all' | 'discard_all' }
  | { readonly kind: 'begin' }
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback_to'; readonly name: string };

/** The values in force of everything that a transaction can undo. */
interface Values {
  /** `session_user`: the login's, or what SET SESSION AUTHORIZATION made of it. */
  readonly sessionUser: string | undefined;
  /** `current_user`. */
  readonly role: string | undefined;
  readonly searchPath: readonly string[] | undefined;
  /** Settings that the client changed. */
  readonly settings: Readonly<Record<string, string>>;
}

interface Savepoint {
  readonly name: string;
  readonly current: Values;
  readonly kept: Values;
}

/** A session's state and what is needed to undo changes to it. Immutable: a change gives a new object. */
export interface TrackedState {
  /** What policies see. Frozen, and the same object until it changes. */
  readonly state: SessionState;
  readonly login: Login;
  readonly current: Values;
  /** What stays after COMMIT: `current` without what SET LOCAL did. */
  readonly kept: Values;
  /** What comes back after ROLLBACK; absent outside a transaction, explicit or implicit. */
  readonly before: Values | undefined;
  readonly savepoints: readonly Savepoint[];
}

interface Login {
  readonly user: string;
  readonly database: string | undefined;
  /** The values that RESET goes back to. */
  readonly defaults: Values;
}

type Transaction = SessionState['transaction'];

/** The state of a new session. `settings` are those of the startup packet, by lower-case name. */
export function initialState(
  user: string,
  database: string | undefined,
  settings: ReadonlyMap<string, string>,
): TrackedState {
  const base: Values = { sessionUser: user, role: user, searchPath: undefined, settings: Object.freeze({}) };
  let defaults = base;
  for (const [name, value] of settings) defaults = assign(defaults, base, name, value);
  const login = { user, database, defaults };
  return build({ login, current: defaults, kept: defaults, before: undefined, savepoints: [] }, 'idle');
}

/** The state after a command with that effect. Outside a transaction an implicit one begins; `settle` ends it. */
export function applyEffect(tracked: TrackedState, effect: StateEffect): TrackedState {
  const { transaction } = tracked.state;
  switch (effect.kind) {
    case 'begin':
      // In an implicit block BEGIN makes the whole block explicit, so what came before can still be undone.
      return build({ ...tracked, before: tracked.before ?? tracked.kept }, 'active');
    case 'commit':
      return transaction === 'failed' ? rollback(tracked, effect.chain) : commit(tracked, effect.chain);
    case 'rollback':
      return rollback(tracked, effect.chain);
    case 'savepoint':
      return build({ ...tracked, savepoints: [...tracked.savepoints, savepointOf(tracked, effect.name)] }, transaction);
    case 'release':
      return build({ ...tracked, savepoints: cutSavepoints(tracked.savepoints, effect.name, 0) }, transaction);
    case 'rollback_to':
      return rollbackTo(tracked, effect.name);
    case 'set':
    case 'reset':
    case 'reset_all':
    case 'discard_all':
      return change(tracked, effect);
  }
}

/** The state after ReadyForQuery, whose status is the truth. `failed`: a command of the batch ended with an error. */
export function settle(tracked: TrackedState, transaction: Transaction, failed: boolean): TrackedState {
  if (transaction === 'idle') {
    if (tracked.before === undefined) return tracked.state.transaction === 'idle' ? tracked : build(tracked, 'idle');
    return failed ? rollback(tracked, false) : commit(tracked, false);
  }
  if (tracked.state.transaction === transaction) return tracked;
  return build({ ...tracked, before: tracked.before ?? tracked.kept }, transaction);
}

/** The state after the target reported a setting's value: it is the truth, whatever brought it about. */
export function report(tracked: TrackedState, reported: string, value: string): TrackedState {
  const name = reported.toLowerCase();
  const { current, login } = tracked;
  if (name === 'session_authorization') {
    if (value === current.sessionUser) return tracked;
  } else if (name === 'search_path') {
    if (sameList(current.searchPath, parseIdentifierList(value))) return tracked;
  } else if (current.settings[name] === undefined || current.settings[name] === value) {
    return tracked;
  }
  const set = (values: Values): Values => assign(values, login.defaults, name, value);
  return build({ ...tracked, current: set(current), kept: set(tracked.kept) }, tracked.state.transaction);
}

type Change = Extract<StateEffect, { kind: 'set' } | { kind: 'reset' } | { kind: 'reset_all' | 'discard_all' }>;

function change(tracked: TrackedState, effect: Change): TrackedState {
  const { defaults } = tracked.login;
  const alter = (values: Values): Values => {
    switch (effect.kind) {
      case 'set':
        return assign(values, defaults, effect.name, effect.value);
      case 'reset':
        return reset(values, defaults, effect.name);
      case 'reset_all':
        // role and session_authorization are not reset (GUC_NO_RESET_ALL).
        return { ...values, searchPath: defaults.searchPath, settings: defaults.settings };
      case 'discard_all':
        return { ...defaults, sessionUser: tracked.login.user, role: tracked.login.user };
    }
  };
  const local = 'local' in effect && effect.local;
  return build(
    {
      ...tracked,
      before: tracked.before ?? tracked.kept,
      current: alter(tracked.current),
      kept: local ? tracked.kept : alter(tracked.kept),
    },
    tracked.state.transaction,
  );
}

function assign(values: Values, defaults: Values, name: string, value: string | undefined): Values {
  switch (name) {
    case 'role':
      return { ...values, role: value === 'none' ? values.sessionUser : value };
    case 'session_authorization':
      if (value === 'default') return reset(values, defaults, name);
      // It also sets the role to none.
      return { ...values, sessionUser: value, role: value };
    case 'search_path': {
      const searchPath = value === undefined ? undefined : parseIdentifierList(value);
      return { ...values, searchPath, settings: withSetting(values.settings, name, value) };
    }
    default:
      return { ...values, settings: withSetting(values.settings, name, value) };
  }
}

function reset(values: Values, defaults: Values, name: string): Values {
  switch (name) {
    case 'role':
      return { ...values, role: defaults.role === defaults.sessionUser ? values.sessionUser : defaults.role };
    case 'session_authorization':
      return { ...values, sessionUser: defaults.sessionUser, role: defaults.sessionUser };
    case 'search_path':
      return {
        ...values,
        searchPath: defaults.searchPath,
        settings: withSetting(values.settings, name, defaults.settings[name]),
      };
    default:
      return { ...values, settings: withSetting(values.settings, name, defaults.settings[name]) };
  }
}

function commit(tracked: TrackedState, chain: boolean): TrackedState {
  return endTransaction(tracked, tracked.kept, chain);
}

function rollback(tracked: TrackedState, chain: boolean): TrackedState {
  return endTransaction(tracked, tracked.before ?? tracked.kept, chain);
}

function endTransaction(tracked: TrackedState, values: Values, chain: boolean): TrackedState {
  const before = chain ? values : undefined;
  const next = { login: tracked.login, current: values, kept: values, before, savepoints: [] };
  return build(next, chain ? 'active' : 'idle');
}

function savepointOf(tracked: TrackedState, name: string): Savepoint {
  return { name, current: tracked.current, kept: tracked.kept };
}

function rollbackTo(tracked: TrackedState, name: string): TrackedState {
  const savepoint = tracked.savepoints.findLast((one) => one.name === name);
  if (savepoint === undefined) return tracked;
  const { current, kept } = savepoint;
  return build({ ...tracked, current, kept, savepoints: cutSavepoints(tracked.savepoints, name, 1) }, 'active');
}

/** The savepoints up to the last one of that name, and of that one as many as `keep` says. */
function cutSavepoints(savepoints: readonly Savepoint[], name: string, keep: 0 | 1): readonly Savepoint[] {
  const index = savepoints.findLastIndex((one) => one.name === name);
  return index < 0 ? savepoints : savepoints.slice(0, index + keep);
}

function withSetting(settings: Values['settings'], name: string, value: string | undefined): Values['settings'] {
  if (settings[name] === value) return settings;
  const entries = Object.entries(settings).filter(([other]) => other !== name);
  if (value !== undefined) entries.push([name, value]);
  return Object.freeze(Object.fromEntries(entries));
}

function sameList(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

function build(tracked: Omit<TrackedState, 'state'>, transaction: Transaction): TrackedState {
  const { login, current } = tracked;
  const state: SessionState = Object.freeze({
    user: login.user,
    transaction,
    settings: current.settings,
    ...(login.database === undefined ? {} : { database: login.database }),
    ...(current.role === undefined ? {} : { role: current.role }),
    // The contract's types are mutable; nobody writes to the state, and the array is frozen.
    ...(current.searchPath === undefined ? {} : { search_path: Object.freeze([...current.searchPath]) as string[] }),
  });
  return { ...tracked, state };
}
