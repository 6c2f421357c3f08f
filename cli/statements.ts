import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Diagnostic, JsonObject } from '../engine/contract.ts';
import type { Dialect, Statement } from '../engine/dialect.ts';
import { isObject } from '../engine/is-object.ts';

export type ReadStatement =
  | { readonly ok: true; readonly statement: Statement }
  | { readonly ok: false; readonly text: string | null; readonly diagnostic: Diagnostic };

/**
 * Makes a reader of `{"text", "settings"?}` objects, which holds settings to the dialect's own schema: a setting that is
 * misspelt would otherwise be left out, and the text be taken for something else than it is. Other keys are ignored.
 */
export function createStatementReader(dialect: Dialect): (value: JsonObject) => ReadStatement {
  const validate = compileSettings(dialect);
  return ({ text, settings }) => {
    if (typeof text !== 'string') return refuse(null, 'invalid_statement', 'text must be a string.');
    if (settings === undefined) return { ok: true, statement: { text } };
    if (!isObject(settings)) return refuse(text, 'invalid_settings', 'settings must be an object.');
    const error = validate(settings);
    if (error !== undefined) return refuse(text, 'invalid_settings', error);
    return { ok: true, statement: { text, settings } };
  };
}

function refuse(text: string | null, code: string, message: string): ReadStatement {
  return { ok: false, text, diagnostic: { severity: 'error', code, message } };
}

function compileSettings(dialect: Dialect): (settings: JsonObject) => string | undefined {
  if (dialect.settingsSchema === undefined) {
    return (settings) =>
      Object.keys(settings).length === 0 ? undefined : `The dialect ${dialect.name} takes no settings.`;
  }
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  const validate: ValidateFunction = ajv.compile(dialect.settingsSchema);
  return (settings) => (validate(settings) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'settings' }));
}
