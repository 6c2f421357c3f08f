import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Diagnostic } from '../../engine/contract.ts';
// The type only: it makes the compiler put the file beside this one's output.
import type schemaFile from '../config.schema.json';
import { parseAddress } from './address.ts';
import type { ConfigPath, Locator } from './locate.ts';
import { suggestion } from './suggest.ts';
import type { ConfigFile } from './types.ts';
import { isObject } from '../../engine/is-object.ts';

export function readConfigSchema(): typeof schemaFile {
  const text = readFileSync(new URL('../config.schema.json', import.meta.url), 'utf8');
  return JSON.parse(text) as typeof schemaFile;
}

/** Compiled when it is first asked for. */
let check: ValidateFunction<ConfigFile> | undefined;

/**
 * Holds a parsed file to the schema.
 *
 * @returns the file, or all that is wrong with it
 */
export function checkSchema(
  value: unknown,
  locator: Locator,
): { readonly config: ConfigFile } | { readonly findings: readonly Diagnostic[] } {
  check ??= compile();
  if (check(value)) return { config: value };
  return { findings: (check.errors ?? []).map((error) => finding(error, locator)) };
}

function compile(): ValidateFunction<ConfigFile> {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
  addFormats.default(ajv, ['date-time']);
  ajv.addFormat('host-port', (text: string) => parseAddress(text) !== undefined);
  return ajv.compile<ConfigFile>(readConfigSchema());
}

/** Says what is wrong in the file's own terms. Never quotes a value that could be a secret. */
function finding(error: ErrorObject, locator: Locator): Diagnostic {
  const path = pathOf(error.instancePath);
  const params = error.params as Record<string, unknown>;
  const name = path.length === 0 ? 'the configuration' : nameOf(path);
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const help = suggestion(key, Object.keys(propertiesOf(error.parentSchema)));
      return locator.atKey([...path, key], `unknown key ${JSON.stringify(key)} in ${name}`, help);
    }
    case 'required':
    case 'dependentRequired': {
      const key = String(params['missingProperty']);
      const beside = error.keyword === 'required' ? '' : ` beside ${JSON.stringify(params['property'])}`;
      const help = descriptionOf(propertiesOf(error.parentSchema)[key]);
      return locator.atValue(path, `${name} lacks ${JSON.stringify(key)}${beside}`, help);
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const given = typeof error.data === 'string' ? suggestion(error.data, allowed) : `known: ${allowed.join(', ')}`;
      return locator.atValue(path, `${name} must be one of ${allowed.join(', ')}`, given);
    }
    case 'format':
      return locator.atValue(path, `${name} is not ${formats[String(params['format'])] ?? 'well formed'}`);
    default:
      return locator.atValue(path, `${name} ${error.message ?? 'is not valid'}`, descriptionOf(error.parentSchema));
  }
}

const formats: Readonly<Record<string, string>> = {
  'host-port': 'an address: host:port, such as 127.0.0.1:6432',
  'date-time': 'a date and time of RFC 3339, such as 2030-01-31T00:00:00Z',
};

/** `listeners[0].tls` of ["listeners", 0, "tls"]. */
function nameOf(path: ConfigPath): string {
  return path
    .map((step, depth) => (typeof step === 'number' ? `[${step}]` : `${depth === 0 ? '' : '.'}${step}`))
    .join('');
}

/** Reads a JSON Pointer (RFC 6901). */
function pathOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
}

function propertiesOf(schema: unknown): Record<string, unknown> {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) ? properties : {};
}

function descriptionOf(schema: unknown): string | undefined {
  const description = isObject(schema) ? schema['description'] : undefined;
  return typeof description === 'string' ? description : undefined;
}
