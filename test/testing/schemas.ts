import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Dialect } from '../../engine/dialect.ts';
import { demand } from './test-case.ts';

/**
 * A policy that misspells an attribute must not compile, so the schema says which names there are; a statement that
 * does not parse has no attributes, so none of them is required.
 */
export function checkAttributesSchema(dialect: Dialect): void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile(dialect.attributesSchema);
  demand(validate({}), () => `it must accept no attributes at all: ${ajv.errorsText(validate.errors)}`);
  demand(!validate({ there_is_no_such_attribute: 1 }), 'it must be closed: set additionalProperties to false');
  if (dialect.settingsSchema !== undefined) ajv.compile(dialect.settingsSchema);
}
