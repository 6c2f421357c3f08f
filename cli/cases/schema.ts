import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Diagnostic } from '../../engine/contract.ts';
import { packageRoot } from '../../engine/package-root.ts';
import type { Locator } from '../config/locate.ts';
import { schemaFindings } from '../config/schema-findings.ts';
import type { CaseFile } from './types.ts';

/** Where the schema stands, in a checkout as in the installed package: editors are pointed at this file. */
export function caseSchemaFile(): string {
  return join(packageRoot(), 'cli', 'cases', 'cases.schema.json');
}

/** Compiled when it is first asked for. */
let check: ValidateFunction<CaseFile> | undefined;

const words = {
  whole: 'the case file',
  formats: { 'date-time': 'a date and time of RFC 3339, such as 2026-01-31T00:00:00Z' },
};

/**
 * Holds a parsed case file to the schema.
 *
 * @returns the file, or all that is wrong with it
 */
export function checkCaseFile(
  value: unknown,
  locator: Locator,
): { readonly file: CaseFile } | { readonly findings: readonly Diagnostic[] } {
  check ??= compile();
  if (check(value)) return { file: value };
  const errors = check.errors ?? [];
  if (errors.some(({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === '')) {
    const others = errors.filter(({ schemaPath }) => !schemaPath.startsWith('#/anyOf'));
    const nothing = locator.atValue([], 'it holds no cases', 'A case file has `cases`, `matrices` or both.');
    return { findings: [nothing, ...schemaFindings(others, locator, words)] };
  }
  return { findings: schemaFindings(errors, locator, words) };
}

/** Draft-07, which every editor knows. */
function compile(): ValidateFunction<CaseFile> {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
  addFormats.default(ajv, ['date-time']);
  return ajv.compile<CaseFile>(JSON.parse(readFileSync(caseSchemaFile(), 'utf8')) as object);
}
