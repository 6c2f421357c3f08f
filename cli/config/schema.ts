import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Diagnostic } from '../../engine/contract.ts';
// The type only: it makes the compiler put the file beside this one's output.
import type schemaFile from '../config.schema.json';
import { parseAddress } from './address.ts';
import type { Locator } from './locate.ts';
import { schemaFindings } from './schema-findings.ts';
import type { ConfigFile } from './types.ts';

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
  return { findings: schemaFindings(check.errors ?? [], locator, words) };
}

function compile(): ValidateFunction<ConfigFile> {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
  addFormats.default(ajv, ['date-time']);
  ajv.addFormat('host-port', (text: string) => parseAddress(text) !== undefined);
  return ajv.compile<ConfigFile>(readConfigSchema());
}

const words = {
  whole: 'the configuration',
  formats: {
    'host-port': 'an address: host:port, such as 127.0.0.1:6432',
    'date-time': 'a date and time of RFC 3339, such as 2030-01-31T00:00:00Z',
  },
};
