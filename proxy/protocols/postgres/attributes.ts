import type { Command } from '../../../engine/contract.ts';
import { isObject } from '../../../engine/is-object.ts';

/** What this protocol reads of a PostgreSQL command's attributes. Whatever is missing or of another type is absent. */
export interface CommandAttributes {
  readonly settings: readonly SettingChange[];
  readonly transaction: TransactionControl | undefined;
  readonly prepared: PreparedControl | undefined;
  readonly discard: string | undefined;
  readonly cursor: CursorControl | undefined;
  /** COPY … FROM STDIN: the target waits for the client's data. */
  readonly copiesIn: boolean;
}

export interface SettingChange {
  /** Lower case; `undefined` where the text does not tell it. */
  readonly name: string | undefined;
  readonly action: string;
  /** `undefined` where the text does not tell it. */
  readonly value: string | undefined;
  /** session, local, role, database, system, function */
  readonly scope: string;
}

export interface TransactionControl {
  readonly action: string;
  readonly savepoint: string | undefined;
  readonly chain: boolean;
}

export interface PreparedControl {
  readonly action: string;
  readonly name: string | undefined;
  /** The text that PREPARE keeps. */
  readonly text: string | undefined;
}

export interface CursorControl {
  readonly action: string;
  readonly name: string;
  readonly hold: boolean;
}

export function readAttributes(command: Command): CommandAttributes {
  const { attributes } = command;
  const transaction = record(attributes['transaction']);
  const prepared = record(attributes['prepared']);
  const cursor = record(attributes['cursor']);
  const copy = record(attributes['copy']);
  return {
    settings: list(attributes['settings']).map(readSetting),
    transaction: transaction && {
      action: text(transaction['action']) ?? '',
      savepoint: text(transaction['savepoint']),
      chain: transaction['chain'] === true,
    },
    prepared: prepared && {
      action: text(prepared['action']) ?? '',
      name: text(prepared['name']),
      text: text(prepared['text']),
    },
    discard: text(attributes['discard']),
    cursor: cursor && {
      action: text(cursor['action']) ?? '',
      name: text(cursor['name']) ?? '',
      hold: cursor['hold'] === true,
    },
    copiesIn: copy?.['direction'] === 'from' && copy['endpoint'] === 'client',
  };
}

function readSetting(value: unknown): SettingChange {
  const setting = record(value) ?? {};
  return {
    name: text(setting['name'])?.toLowerCase(),
    action: text(setting['action']) ?? '',
    value: text(setting['value']),
    scope: text(setting['scope']) ?? '',
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isObject(value) ? value : undefined;
}
