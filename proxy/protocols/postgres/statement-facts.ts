import type { Effect } from '../../../engine/contract.ts';
import type { ParseResult } from '../../../engine/dialect.ts';
import { readAttributes, type CommandAttributes, type PreparedControl } from './attributes.ts';
import type { StateEffect } from './session-state.ts';
import { objectToSetting, type SettingObjection } from './settings-guard.ts';

export interface SqlPrepared extends PreparedControl {
  /** Index of the command. */
  readonly command: number;
}

/** What the protocol itself must know of a parsed statement. */
export interface StatementFacts {
  readonly effects: readonly (readonly StateEffect[])[];
  readonly changesState: boolean;
  /** Commands that wait for the client's data (COPY … FROM STDIN). */
  readonly copiesIn: number;
  /** A command may change settings that its text does not tell. */
  readonly unsure: boolean;
  /** SQL that makes, runs or forgets prepared statements. */
  readonly prepared: readonly SqlPrepared[];
  /** Cursors that SQL opens or closes: they share the portals' names. */
  readonly cursors: readonly string[];
  readonly objection: SettingObjection | undefined;
}

const cache = new WeakMap<ParseResult, StatementFacts>();

/** Of statements that change nothing that outlives them, which most are. */
const PLAIN: StatementFacts = {
  effects: [],
  changesState: false,
  copiesIn: 0,
  unsure: false,
  prepared: [],
  cursors: [],
  objection: undefined,
};

/** Attributes that say that there is more to know than nothing. */
const TELLING = ['settings', 'transaction', 'prepared', 'discard', 'cursor', 'copy'] as const;

/** Worked out once per result: dialects give the same one for the same text. */
export function factsOf(parsed: ParseResult): StatementFacts {
  if (isPlain(parsed)) return PLAIN;
  let facts = cache.get(parsed);
  if (facts === undefined) cache.set(parsed, (facts = readFacts(parsed)));
  return facts;
}

/** What commands do that nobody has to undo, and what the end of a transaction undoes in any case. */
export const READS: ReadonlySet<Effect> = new Set<Effect>(['read']);
export const ROWS: ReadonlySet<Effect> = new Set<Effect>(['read', 'write', 'delete', 'bulk_load', 'bulk_export']);

/** Whether commands are vouched for to have no other effects than these. */
export function onlyHas({ complete, commands }: ParseResult, effects: ReadonlySet<Effect>): boolean {
  return complete && commands.every((command) => command.complete && command.effects.every((one) => effects.has(one)));
}

function isPlain({ complete, commands }: ParseResult): boolean {
  if (!complete) return false;
  for (const command of commands) {
    if (!command.complete) return false;
    for (const name of TELLING) if (command.attributes[name] !== undefined) return false;
  }
  return true;
}

function readFacts(parsed: ParseResult): StatementFacts {
  const attributes = parsed.commands.map(readAttributes);
  const effects = attributes.map(effectsOf);
  return {
    effects,
    changesState: effects.some((list) => list.length > 0) || attributes.some((one) => changesNames(one)),
    copiesIn: attributes.filter((one) => one.copiesIn).length,
    unsure: !parsed.complete || parsed.commands.some((command) => !command.complete),
    prepared: attributes.flatMap(preparedOf),
    cursors: attributes.flatMap(({ cursor }) =>
      cursor !== undefined && movesName(cursor.action) ? [cursor.name] : [],
    ),
    objection: attributes
      .flatMap(({ settings }) => settings)
      .map(objectToSetting)
      .find((one) => one !== undefined),
  };
}

function changesNames({ prepared }: CommandAttributes): boolean {
  return prepared !== undefined && prepared.action !== 'execute';
}

function preparedOf({ prepared, discard }: CommandAttributes, command: number): SqlPrepared[] {
  if (discard === 'all') return [{ action: 'deallocate_all', name: undefined, text: undefined, command }];
  return prepared === undefined ? [] : [{ ...prepared, command }];
}

function movesName(action: string): boolean {
  return action === 'declare' || action === 'close' || action === 'close_all';
}

function effectsOf(attributes: CommandAttributes): StateEffect[] {
  const { transaction, discard } = attributes;
  const effects: StateEffect[] = [];
  if (transaction !== undefined) {
    const effect = transactionEffect(transaction.action, transaction.savepoint, transaction.chain);
    if (effect !== undefined) effects.push(effect);
  }
  if (discard === 'all') effects.push({ kind: 'discard_all' });
  for (const { name, action, value, scope } of attributes.settings) {
    // Of a role, a database, a server or a function: the session's own values stay.
    if (scope !== 'session' && scope !== 'local') continue;
    const local = scope === 'local';
    if (action === 'reset_all') effects.push({ kind: 'reset_all' });
    else if (name === undefined) continue;
    else if (action === 'reset') effects.push({ kind: 'reset', name, local });
    else effects.push({ kind: 'set', name, value, local });
  }
  return effects;
}

function transactionEffect(action: string, savepoint = '', chain = false): StateEffect | undefined {
  switch (action) {
    case 'begin':
      return { kind: 'begin' };
    case 'commit':
    case 'rollback':
      return { kind: action, chain };
    // PREPARE TRANSACTION ends the transaction for this session, and its settings stay.
    case 'prepare':
      return { kind: 'commit', chain: false };
    case 'savepoint':
    case 'release':
    case 'rollback_to':
      return { kind: action, name: savepoint };
    default:
      return undefined;
  }
}
