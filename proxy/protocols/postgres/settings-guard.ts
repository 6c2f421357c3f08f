import type { ErrorCode } from '../../../engine/errors.ts';
import type { SettingChange } from './attributes.ts';

/** Why the gateway itself refuses a setting, whatever the policy says. */
export interface SettingObjection {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/**
 * The parser that judges statements reads them as PostgreSQL does with `standard_conforming_strings = on` and UTF-8.
 * With other values the target would read another statement than the one that was judged, so both are kept, by any road.
 */
export function objectToSetting(change: SettingChange): SettingObjection | undefined {
  if (change.action !== 'set' || change.name === undefined) return undefined;
  return objectToValue(change.name, change.value);
}

/** The same for one value; `undefined` for a value that the text does not tell. */
export function objectToValue(name: string, value: string | undefined): SettingObjection | undefined {
  if (name === 'standard_conforming_strings' && !isOn(value)) {
    return objection(
      'standard_conforming_strings cannot be turned off through Sallyport',
      "With it off a backslash hides text from the parser. Write E'…' where a string needs escapes.",
    );
  }
  if (name === 'client_encoding' && !isUtf8Name(value)) {
    return objection(
      `client_encoding ${value === undefined ? 'must be UTF8' : `"${value}" is not UTF8, which it must be`} through Sallyport`,
      'Set client_encoding (PGCLIENTENCODING) to UTF8.',
    );
  }
  return undefined;
}

function objection(message: string, hint: string): SettingObjection {
  return { code: 'SP_SETTING_REFUSED', message, hint };
}

/** PostgreSQL takes any unambiguous prefix of on, true and yes, and 1 (parse_bool). */
function isOn(value: string | undefined): boolean {
  if (value === undefined) return false;
  const folded = value.toLowerCase();
  return folded === 'on' || folded === '1' || isPrefix(folded, 'true') || isPrefix(folded, 'yes');
}

function isPrefix(text: string, word: string): boolean {
  return text.length > 0 && word.startsWith(text);
}

/** PostgreSQL compares names of encodings by their letters and digits (clean_encoding_name). */
function isUtf8Name(value: string | undefined): boolean {
  if (value === undefined) return false;
  const folded = value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return folded === 'utf8' || folded === 'unicode';
}
