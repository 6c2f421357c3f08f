import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { createPostgresDialect } from '../../../../dialects/sql/postgres/index.ts';
import type { Command, Effect } from '../../../../engine/contract.ts';
import type { JsonObject } from '../../../../engine/contract.ts';

export const dialect = await createPostgresDialect({ cacheEntries: 0 });
const validate = new Ajv2020({ allErrors: true }).compile(dialect.attributesSchema);

/** What a row of a table says of a command; what it leaves out is not looked at. */
export interface Expected {
  readonly verb?: string;
  readonly effects?: readonly Effect[];
  /** All targets, as `access kind path.with.dots`, in any order. */
  readonly targets?: readonly string[];
  /** Targets that must be among them. */
  readonly touches?: readonly string[];
  /** Functions as `path.with.dots category`, in any order; `!` before it for one that is not known. */
  readonly functions?: readonly string[];
  /** Reasons why it is not complete; complete where they are left out. */
  readonly reasons?: readonly string[];
  readonly attributes?: JsonObject;
  /** The texts of its secrets. */
  readonly secrets?: readonly string[];
}

export type Row = readonly [sql: string, expected: Expected, settings?: JsonObject];

export function commandsOf(text: string, settings?: JsonObject): readonly Command[] {
  return dialect.parse(settings === undefined ? { text } : { text, settings }).commands;
}

/** The only command of a text. */
export function commandOf(text: string, settings?: JsonObject): Command {
  const [command, ...more] = commandsOf(text, settings);
  if (command === undefined || more.length > 0) throw new Error(`Not one command: ${text}`);
  return command;
}

/** One test for each row. */
export function specify(rows: readonly Row[]): void {
  it.each(rows.map((row) => [row[0], row] as const))('%s', (_, [sql, expected, settings]) => {
    expectCommand(commandOf(sql, settings), expected);
  });
}

export function expectCommand(command: Command, expected: Expected): void {
  expect(validate(command.attributes), JSON.stringify(validate.errors)).toBe(true);
  expect({ complete: command.complete, reasons: command.reasons }).toEqual({
    complete: expected.reasons === undefined,
    reasons: [...(expected.reasons ?? [])],
  });
  if (expected.verb !== undefined) expect(command.verb).toBe(expected.verb);
  if (expected.effects !== undefined) expect([...command.effects].sort()).toEqual([...expected.effects].sort());
  const targets = command.targets.map(({ access, kind, path }) => `${access} ${kind} ${path.join('.')}`);
  if (expected.targets !== undefined) expect(targets.sort()).toEqual([...expected.targets].sort());
  if (expected.touches !== undefined) expect(targets).toEqual(expect.arrayContaining([...expected.touches]));
  if (expected.functions !== undefined) {
    const functions = command.functions.map(
      ({ path, category, known }) => `${known ? '' : '!'}${path.join('.')} ${category}`,
    );
    expect(functions.sort()).toEqual([...expected.functions].sort());
  }
  if (expected.attributes !== undefined) expect(command.attributes).toMatchObject(expected.attributes);
  if (expected.secrets !== undefined) {
    expect(command.secrets.map(({ start, end }) => command.text.slice(start, end))).toEqual([...expected.secrets]);
  }
}

/** A column as `attributes.columns` names it where no catalogue was asked. */
export function unlabelled(...path: string[]): JsonObject {
  return { path, labels: [] };
}
