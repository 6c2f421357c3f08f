import { SallyportError } from '../../../engine/errors.ts';
import { foldAscii, parseIdentifierList, quoteIdentifier, quoteLiteral } from './identifier-list.ts';
import { objectToValue } from './settings-guard.ts';
import { parseStartupOptions } from './startup-options.ts';

/** What a client asks for in its startup packet. */
export interface StartupRequest {
  readonly user: string;
  readonly database: string | undefined;
  /** Settings, by lower-case name: parameters of the packet, and those in its `options`. */
  readonly settings: ReadonlyMap<string, string>;
}

/** @throws SallyportError SP_PROTOCOL_VIOLATION, SP_PROTOCOL_UNSUPPORTED, SP_SETTING_REFUSED */
export function readStartupRequest(parameters: ReadonlyMap<string, string>): StartupRequest {
  const user = parameters.get('user') ?? '';
  if (user === '') {
    throw new SallyportError('SP_PROTOCOL_VIOLATION', 'no PostgreSQL user name specified in startup packet');
  }
  if (!isOff(parameters.get('replication'))) {
    throw new SallyportError('SP_PROTOCOL_UNSUPPORTED', 'Replication connections are not passed through Sallyport.');
  }
  const settings = new Map<string, string>();
  // As in PostgreSQL, a parameter of its own comes after `options`, and the last value counts.
  const assignments = [...parseStartupOptions(parameters.get('options') ?? ''), ...parameters];
  for (const [name, value] of assignments) {
    if (name === 'user' || name === 'database' || name === 'options' || name === 'replication') continue;
    const folded = foldAscii(name);
    const objection = objectToValue(folded, value);
    if (objection !== undefined) throw new SallyportError(objection.code, objection.message, { help: objection.hint });
    settings.set(folded, value);
  }
  const database = parameters.get('database');
  return { user, database: database === '' ? undefined : database, settings };
}

/** Settings that drivers send of themselves and that change how values look, not what statements do. */
const HARMLESS = new Set([
  'application_name',
  'client_encoding',
  'datestyle',
  'extra_float_digits',
  'fallback_application_name',
  'intervalstyle',
  'timezone',
]);

/** The statements that would do the same as the startup packet's settings: policies judge those. */
export function settingStatements(settings: ReadonlyMap<string, string>): string[] {
  const statements: string[] = [];
  for (const [name, value] of settings) {
    if (HARMLESS.has(name)) continue;
    const names = name.split('.').map(quoteIdentifier).join('.');
    const list = name === 'search_path' ? parseIdentifierList(value) : undefined;
    const written = list !== undefined && list.length > 0 ? list.map(quoteIdentifier).join(', ') : quoteLiteral(value);
    statements.push(`SET ${names} TO ${written}`);
  }
  return statements;
}

/** The parameters for the target's startup packet, which adds `client_encoding` itself. */
export function targetParameters(settings: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...settings].filter(([name]) => name !== 'client_encoding'));
}

/** The values of `replication` that ask for an ordinary connection. */
function isOff(value: string | undefined): boolean {
  return value === undefined || ['false', 'off', 'no', '0'].includes(value.toLowerCase());
}
