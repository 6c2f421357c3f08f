import { SallyportError } from '../../../engine/errors.ts';
import type { SessionSettings } from '../../protocol.ts';
import type { TargetError } from './error-fields.ts';
import { parseIdentifierList } from './identifier-list.ts';
import { objectToValue, type SettingObjection } from './settings-guard.ts';

/** Parts of a startup packet that are no settings (ProcessStartupPacket of PostgreSQL). */
const NO_SETTINGS = new Set(['user', 'database', 'options', 'replication']);

/** Names of PostgreSQL's settings, and of extensions' with their prefix (valid_custom_variable_name). */
const isName = /^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)*$/;

/**
 * What stands against settings that a policy gives to sessions, before the target is asked. Whether there is such a
 * setting, and whether it takes the value, only the target knows: it then refuses the session.
 */
export function objectToPolicySettings(settings: SessionSettings): SettingObjection | undefined {
  for (const [name, value] of Object.entries(settings)) {
    const message = problem(name, value);
    if (message !== undefined) {
      return {
        code: 'SP_SETTING_REFUSED',
        message: `The policy gives sessions ${message}`,
        hint: 'Tell the owners of the policy.',
      };
    }
    const objection = objectToValue(name, value);
    if (objection !== undefined) return objection;
  }
  return undefined;
}

function problem(name: string, value: string): string | undefined {
  if (!isName.test(name) || NO_SETTINGS.has(name) || name.startsWith('_pq_.')) {
    return `${JSON.stringify(name)}, which is no setting of PostgreSQL.`;
  }
  if (value.includes('\0')) return `a value of ${name} that PostgreSQL cannot hold.`;
  if (name === 'search_path' && parseIdentifierList(value) === undefined) {
    return `a search_path that is no list of names: ${JSON.stringify(value)}.`;
  }
  return undefined;
}

/** The policy's settings stand where the client asked for others: PostgreSQL takes what its startup packet says last. */
export function withPolicySettings(
  asked: ReadonlyMap<string, string>,
  given: SessionSettings,
): { readonly own: ReadonlyMap<string, string>; readonly all: ReadonlyMap<string, string> } {
  const own = new Map([...asked].filter(([name]) => !Object.hasOwn(given, name)));
  return { own, all: new Map([...own, ...Object.entries(given)]) };
}

/** The error for a target that refuses the session for a setting of the policy's; undefined for any other reason. */
export function settingRefused(cause: TargetError, given: SessionSettings): SallyportError | undefined {
  // PostgreSQL's messages about a setting name it in quotes, in every language.
  const name = Object.keys(given).find((one) => cause.message.toLowerCase().includes(`"${one}"`));
  if (name === undefined) return undefined;
  return new SallyportError(
    'SP_SETTING_REFUSED',
    `The target refuses ${name}, which the policy gives to sessions: ${cause.message}`,
    { help: 'Tell the owners of the policy.' },
  );
}
