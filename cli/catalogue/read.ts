import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../../engine/message-of.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { Locator } from '../config/locate.ts';
import { schemaFindings } from '../config/schema-findings.ts';
import { shownPath } from '../policy-project.ts';
import { caseSchemaFile } from '../cases/schema.ts';
import type { WrittenCatalogue } from './types.ts';
import { writtenCatalogue, type CatalogueOf } from './written-catalogue.ts';

/**
 * Reads a catalogue that is written in a file of its own (YAML 1.2 or JSON).
 *
 * @returns what is wrong with it, where something is: each with the file's name and row
 */
export function readCatalogueFile(
  path: string,
): { readonly written: WrittenCatalogue } | { readonly problems: string[] } {
  const file = shownPath(path);
  const lines = new LineCounter();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { problems: [`the catalogue ${file} cannot be read: ${messageOf(error)}`] };
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const locator = new Locator(file, document, lines, 'SP_CATALOGUE_INVALID');
  const [error] = document.errors;
  if (error !== undefined) {
    return { problems: [`${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`] };
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (thrown) {
    return { problems: [`${file}: ${messageOf(thrown)}`] };
  }
  check ??= compile();
  if (check(value)) return { written: value };
  const findings = schemaFindings(check.errors ?? [], locator, { whole: 'the catalogue', formats: {} });
  return { problems: findings.map(({ row = 1, message }) => `${file}:${row}: ${message}`) };
}

/**
 * The catalogues of a file, for a dialect.
 *
 * @throws SallyportError SP_CATALOGUE_INVALID
 */
export function catalogueFromFile(path: string, dialect: Pick<Dialect, 'name' | 'lineage'>): CatalogueOf {
  const read = readCatalogueFile(path);
  const made = 'written' in read ? writtenCatalogue(read.written, dialect) : read;
  if ('catalogueOf' in made) return made.catalogueOf;
  throw new SallyportError('SP_CATALOGUE_INVALID', `The catalogue does not hold: ${made.problems.join('; ')}.`);
}

let check: ValidateFunction<WrittenCatalogue> | undefined;

function compile(): ValidateFunction<WrittenCatalogue> {
  const schema: unknown = JSON.parse(readFileSync(caseSchemaFile(), 'utf8'));
  const definitions = isObject(schema) ? schema['definitions'] : undefined;
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
  return ajv.compile<WrittenCatalogue>({ definitions, $ref: '#/definitions/Catalogue' });
}
