import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';

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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError('SP_USAGE', `${option}: ${path} cannot be read: ${why}`, { cause });
  }
}

function readJson(option: string, text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError('SP_USAGE', `${option} is not JSON: ${why}`, { cause });
  }
  if (!isObject(value)) throw new SallyportError('SP_USAGE', `${option} must be a JSON object.`);
  return value;
}
