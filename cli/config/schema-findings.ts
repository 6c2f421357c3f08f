import type { ErrorObject } from 'ajv';
import type { Diagnostic } from '../../engine/contract.ts';
import { isObject } from '../../engine/is-object.ts';
import type { ConfigPath, Locator } from './locate.ts';
import { suggestion } from './suggest.ts';

/** The words of a kind of file. */
export interface SchemaWords {
  /** What the whole of it is called: "the configuration". */
  readonly whole: string;
  /** What a text of a format is, by the format's name: "an address: host:port". */
  readonly formats: Readonly<Record<string, string>>;
}

/**
 * Says what is wrong in the file's own terms, at the place in the file. Never quotes a value, which could be a secret.
 *
 * @param errors of ajv with `allErrors` and `verbose`
 */
export function schemaFindings(errors: readonly ErrorObject[], locator: Locator, words: SchemaWords): Diagnostic[] {
  // Which of `then` and `else` was tried is no news; what is wrong inside of it is an error of its own.
  return errors
    .filter(({ keyword, propertyName }) => keyword !== 'if' && propertyName === undefined)
    .map((error) => finding(error, locator, words));
}

function finding(error: ErrorObject, locator: Locator, words: SchemaWords): Diagnostic {
  const path = pathOf(error.instancePath);
  const params = error.params as Record<string, unknown>;
  const name = path.length === 0 ? words.whole : nameOf(path);
  const help = descriptionOf(error.parentSchema);
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = suggestion(key, Object.keys(propertiesOf(error.parentSchema)));
      return locator.atKey([...path, key], `unknown key ${JSON.stringify(key)} in ${name}`, known);
    }
    case 'required':
    case 'dependentRequired': {
      const key = String(params['missingProperty']);
      const beside = error.keyword === 'required' ? '' : ` beside ${JSON.stringify(params['property'])}`;
      const lacking = descriptionOf(propertiesOf(error.parentSchema)[key]);
      return locator.atValue(path, `${name} lacks ${JSON.stringify(key)}${beside}`, lacking);
    }
    case 'propertyNames': {
      const key = String(params['propertyName']);
      return locator.atKey([...path, key], `${JSON.stringify(key)} in ${name} is not a name`, help);
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const given = typeof error.data === 'string' ? suggestion(error.data, allowed) : `known: ${allowed.join(', ')}`;
      return locator.atValue(path, `${name} must be one of ${allowed.join(', ')}`, given);
    }
    case 'format':
      return locator.atValue(path, `${name} is not ${words.formats[String(params['format'])] ?? 'well formed'}`);
    case 'false schema':
      return locator.atKey(path, `${name} does not belong here`, help);
    default:
      return locator.atValue(path, `${name} ${error.message ?? 'is not valid'}`, help);
  }
}

/** `listeners[0].tls` of ["listeners", 0, "tls"]. */
export function nameOf(path: ConfigPath): string {
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
