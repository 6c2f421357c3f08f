import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import { inputContext } from './inputs.ts';
import { messageOf } from '../../engine/message-of.ts';

/** The options that say what surrounds a statement, each as readObject takes it. */
export interface ContextArguments {
  readonly subject?: string;
  readonly resource?: string;
  readonly session?: string;
  readonly client?: string;
  /** RFC 3339; now when left out. */
  readonly now?: string;
}

/**
 * What surrounds a statement of a dialect; see inputContext for what is taken where nothing is said.
 *
 * @throws SallyportError SP_USAGE without a subject, or when an argument is not an object
 */
export function contextOf(dialect: string, options: ContextArguments): JsonObject {
  const { subject, resource, session, client, now } = options;
  if (subject === undefined) {
    throw new SallyportError('SP_USAGE', 'With --dialect or --stage, --subject says who asks.', {
      help: 'For instance --subject bot,agent or --subject ada,human,dba.',
    });
  }
  return inputContext({
    dialect,
    subject: readObject('--subject', subject, shortSubject),
    ...(resource === undefined ? {} : { resource: readObject('--resource', resource, shortResource) }),
    ...(session === undefined ? {} : { session: readObject('--session', session) }),
    ...(client === undefined ? {} : { client: readObject('--client', client) }),
    now: now ?? new Date().toISOString(),
  });
}

/**
 * The input of a session that opens. Its resource is by default one of PostgreSQL.
 *
 * @throws SallyportError SP_USAGE as contextOf
 */
export function openingOf(dialect = 'postgres', options: ContextArguments): JsonObject {
  return { ...contextOf(dialect, options), stage: 'session' };
}

/**
 * An input that stands where a statement could stand.
 *
 * @throws SallyportError SP_EVAL_INPUT_INVALID when it is not a JSON object
 */
export function parseInput(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = messageOf(cause);
    throw new SallyportError('SP_EVAL_INPUT_INVALID', `The input is not JSON: ${why}`, {
      help: 'To judge a statement, give --dialect and --subject.',
      cause,
    });
  }
  if (isObject(value)) return value;
  throw new SallyportError('SP_EVAL_INPUT_INVALID', 'The input must be a JSON object.');
}

/**
 * Reads an argument that gives an object: JSON, `@file` with JSON, or a short form.
 *
 * @param option the option's name, for errors
 * @param short reads the short form's parts, which stand between commas
 * @throws SallyportError SP_USAGE
 */
export function readObject(option: string, text: string, short?: (parts: readonly string[]) => JsonObject): JsonObject {
  if (text.startsWith('@')) return readJson(option, readFile(option, text.slice(1)));
  if (text.trimStart().startsWith('{')) return readJson(option, text);
  if (short !== undefined) return short(text.split(',').map((part) => part.trim()));
  throw new SallyportError('SP_USAGE', `${option} must be a JSON object, or @file.`);
}

/** `id,kind,group…` */
export function shortSubject([id = '', kind = '', ...groups]: readonly string[]): JsonObject {
  return { id, kind, groups };
}

/** `name,protocol,environment` */
export function shortResource([name = '', protocol = '', environment = '']: readonly string[]): JsonObject {
  return { name, protocol, environment };
}

function readFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = messageOf(cause);
    throw new SallyportError('SP_USAGE', `${option}: ${path} cannot be read: ${why}`, { cause });
  }
}

function readJson(option: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = messageOf(cause);
    throw new SallyportError('SP_USAGE', `${option} is not JSON: ${why}`, { cause });
  }
  if (!isObject(value)) throw new SallyportError('SP_USAGE', `${option} must be a JSON object.`);
  return value;
}
