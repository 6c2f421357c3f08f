import type { Command, Diagnostic, JsonObject } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { atLeast, differences, type AtLeast } from '../../engine/differences.ts';
import { checkParse } from './invariants.ts';
import { show, type TestCase } from './test-case.ts';

export { atLeast };

/** Any part of a value; of an array all of it, or what it must hold at least. */
type Expected<Value> = Value extends readonly (infer Item)[]
  ? readonly Expected<Item>[] | AtLeast<Expected<Item>>
  : Value extends object
    ? { readonly [Key in keyof Value]?: Expected<Value[Key]> }
    : Value;

/**
 * Any part of a command. `effects`, `targets`, `functions`, `reasons` and `secrets` are sets: all of their members, in
 * any order, or `atLeast(…)` some of them.
 */
export type ExpectedCommand = Omit<Expected<Command>, 'attributes'> & { readonly attributes?: Readonly<JsonObject> };

export interface ExpectedParse {
  readonly complete?: boolean;
  /** All of the statement's commands, in order. */
  readonly commands?: readonly ExpectedCommand[];
  readonly diagnostics?: readonly Expected<Diagnostic>[] | AtLeast<Expected<Diagnostic>>;
}

/** One row of a table: a statement, and what is expected of its result. */
export interface DialectCase {
  readonly text: string;
  readonly settings?: Readonly<JsonObject>;
  /** What the row shows; the text when left out. */
  readonly name?: string;
  readonly expect: ExpectedParse;
}

/** A table of statements and what they must parse to, as cases for a test runner. */
export function dialectCases(dialect: Dialect, cases: readonly DialectCase[]): TestCase[] {
  return cases.map(({ text, settings, name, expect }) => ({
    name: name ?? show(text, 100),
    run: () => {
      const result = checkParse(dialect, settings === undefined ? { text } : { text, settings });
      const found = differences(expect, result);
      if (found.length === 0) return;
      throw new Error([`${show(text)} does not parse as expected:`, ...found].join('\n  '));
    },
  }));
}
