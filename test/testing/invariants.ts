import { isDeepStrictEqual } from 'node:util';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Command, Diagnostic, Span } from '../../engine/contract.ts';
import type { Dialect, ParseResult, Statement } from '../../engine/dialect.ts';
import { contractSchema } from '../../engine/schema/input-schema.ts';
import { demand, show } from './test-case.ts';

/**
 * Parses a statement and holds the result to everything that the contract promises of every result.
 *
 * @returns the result
 * @throws Error that says what is wrong and for which text
 */
export function checkParse(dialect: Dialect, statement: Statement): ParseResult {
  try {
    const result: unknown = parse(dialect, statement);
    checkShape(result);
    checkSchemas(dialect, result);
    for (const command of result.commands) checkCommand(dialect, statement.text, command);
    checkOrder(result.commands);
    checkDiagnostics(statement.text, result.diagnostics);
    checkCompleteness(result);
    return result;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}\n  statement: ${show(statement)}`, { cause: error });
  }
}

function parse(dialect: Dialect, statement: Statement): unknown {
  try {
    return dialect.parse(statement);
  } catch (error) {
    throw new Error(`parse threw ${String(error)}; it must be total`, { cause: error });
  }
}

/** Takes nothing for granted that a dialect written in JavaScript could break. */
function checkShape(result: unknown): asserts result is ParseResult {
  demand(typeof result === 'object' && result !== null, 'parse must return an object');
  demand(!('then' in result), 'parse returned a promise; it must be synchronous');
  demand('complete' in result && typeof result.complete === 'boolean', 'complete must be a boolean');
  demand('commands' in result && Array.isArray(result.commands), 'commands must be an array');
  demand('diagnostics' in result && Array.isArray(result.diagnostics), 'diagnostics must be an array');
  const plain: unknown = JSON.parse(JSON.stringify(result));
  demand(
    isDeepStrictEqual(plain, result),
    'a result must be plain JSON: no undefined, NaN, class, date or bigint in it',
  );
}

function checkSchemas(dialect: Dialect, { commands, diagnostics }: ParseResult): void {
  const { command, diagnostic } = validatorsOf(dialect);
  for (const item of commands) {
    demand(command(item), () => `a command breaks the contract: ${errorsOf(command)}: ${show(item)}`);
  }
  for (const item of diagnostics) {
    demand(diagnostic(item), () => `a diagnostic breaks the contract: ${errorsOf(diagnostic)}: ${show(item)}`);
  }
}

function checkCommand(dialect: Dialect, text: string, command: Command): void {
  const { span, secrets, effects, verb, complete, reasons } = command;
  demand(
    command.dialect === dialect.name || dialect.nested?.some(({ name }) => name === command.dialect) === true,
    () => `dialect is ${show(command.dialect)}, not ${show(dialect.name)} or one that it nests`,
  );
  demand(verb !== '' && verb === verb.toLowerCase(), () => `verb ${show(verb)} must be in lower case`);
  demand(effects.length > 0, 'a command must have an effect; unknown is one');
  demand(new Set(effects).size === effects.length, () => `effects repeat themselves: ${show(effects)}`);
  demand(isWithin(span, text), () => `span ${show(span)} reaches out of the statement`);
  demand(
    command.text === text.slice(span.start, span.end),
    () => `text ${show(command.text)} is not what span cuts out`,
  );
  for (const secret of secrets) {
    demand(isWithin(secret, command.text), () => `the secret ${show(secret)} reaches out of the command's text`);
  }
  demand(complete === (reasons.length === 0), 'an incomplete command must say why, and a complete one has no reasons');
  demand(command.fingerprint !== '', 'a command must have a fingerprint');
}

/** Commands follow each other, or stand inside one that came before: no two of them cross. */
function checkOrder(commands: readonly Command[]): void {
  const open: Span[] = [];
  for (const { span } of commands) {
    while ((open.at(-1)?.end ?? Infinity) <= span.start && !isInside(span, open.at(-1))) open.pop();
    const outer = open.at(-1);
    demand(
      outer === undefined || isInside(span, outer),
      'commands must stand in the order of the text, each behind the one before or inside of it',
    );
    open.push(span);
  }
  commands.reduce((start, { span }) => {
    demand(span.start >= start, 'commands must stand in the order of the text');
    return span.start;
  }, 0);
}

/** An empty span at an outer one's end is still inside. */
function isInside(span: Span, outer: Span | undefined): boolean {
  return outer !== undefined && span.start >= outer.start && span.end <= outer.end;
}

function checkDiagnostics(text: string, diagnostics: readonly Diagnostic[]): void {
  for (const { span, message } of diagnostics) {
    demand(message !== '', 'a diagnostic must have a message');
    demand(
      span === undefined || isWithin(span, text),
      () => `a diagnostic's span ${show(span)} reaches out of the text`,
    );
  }
}

function checkCompleteness({ complete, commands, diagnostics }: ParseResult): void {
  const vouched = commands.every((command) => command.complete);
  demand(!complete || vouched, 'the result is complete, but one of its commands is not');
  demand(
    complete || !vouched || diagnostics.some(({ severity }) => severity === 'error'),
    'the result is not complete, but neither a command nor a diagnostic says why',
  );
}

function isWithin({ start, end }: Span, text: string): boolean {
  return 0 <= start && start <= end && end <= text.length;
}

interface Validators {
  readonly command: ValidateFunction;
  readonly diagnostic: ValidateFunction;
}

const validators = new WeakMap<Dialect, Validators>();

/** Compiling a schema takes much longer than applying it. */
function validatorsOf(dialect: Dialect): Validators {
  let found = validators.get(dialect);
  if (found === undefined) {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const definitions = contractSchema('Command', [dialect, ...(dialect.nested ?? [])]);
    found = {
      command: ajv.compile(definitions),
      diagnostic: ajv.compile({ ...definitions, $ref: '#/$defs/Diagnostic' }),
    };
    validators.set(dialect, found);
  }
  return found;
}

function errorsOf(validate: ValidateFunction): string {
  return (validate.errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${show(params)}`)
    .join('; ');
}
