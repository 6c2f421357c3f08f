import type { Command } from '../engine/contract.ts';
import type { Dialect, JsonSchema, ParseResult, Statement } from '../engine/dialect.ts';

export type { Dialect, JsonSchema, ParseResult, Statement };

export type DialectDefinition = Omit<Dialect, 'apiVersion'>;

/**
 * Makes a dialect out of a definition and holds it to the contract: should `parse` throw, the caller gets one
 * incomplete command with the reason `parser_failure`, so that a bug in a dialect denies and never allows.
 *
 * @throws TypeError when the name is not lower case letters, digits, `-` or `_`.
 */
export function defineDialect(definition: DialectDefinition): Dialect {
  if (!/^[a-z][a-z0-9_-]*$/.test(definition.name)) {
    throw new TypeError(
      `A dialect's name is lower case letters, digits, - and _; this is ${JSON.stringify(definition.name)}.`,
    );
  }
  return Object.freeze({
    ...definition,
    apiVersion: 1 as const,
    parse(statement: Statement): ParseResult {
      try {
        return definition.parse(statement);
      } catch (error) {
        return parserFailure(definition.name, statement.text, error);
      }
    },
  });
}

/** One incomplete command over the whole text, for what a dialect cannot parse. */
export function incompleteCommand(dialect: string, text: string, reason: string): Command {
  return {
    dialect,
    verb: 'unknown',
    effects: ['unknown'],
    targets: [],
    functions: [],
    complete: false,
    reasons: [reason],
    fingerprint: `${dialect}:${reason}`,
    text,
    span: { start: 0, end: text.length },
    // Nobody knows what an unparsed text holds, so all of it counts as secret where it is written down.
    secrets: text.length > 0 ? [{ start: 0, end: text.length }] : [],
    attributes: {},
  };
}

function parserFailure(dialect: string, text: string, error: unknown): ParseResult {
  const message = error instanceof Error ? error.message : String(error);
  return {
    complete: false,
    commands: [incompleteCommand(dialect, text, 'parser_failure')],
    diagnostics: [{ severity: 'error', code: 'parser_failure', message: `The ${dialect} parser failed: ${message}` }],
  };
}
