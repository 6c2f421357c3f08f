import type { Statement } from '../../define.ts';
import type { JsonSchema } from '../../define.ts';
import type { Settings } from './mapping/services.ts';

/** Describes `statement.settings`: the state of the session that changes what a text means. */
export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    standard_conforming_strings: {
      type: 'string',
      description: 'off makes every statement incomplete: PostgreSQL would read its strings in another way.',
    },
    client_encoding: { type: 'string', description: 'Anything but UTF8 makes every statement incomplete.' },
    search_path: {
      type: 'array',
      items: { type: 'string' },
      description: 'In order. Where pg_catalog stands behind another schema, unqualified function names are not known.',
    },
    role: { type: 'string' },
    prepared: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'SQL text of prepared statements by name: EXECUTE counts as what it runs.',
    },
  },
};

const defaults: Settings = { catalogFirst: true, prepared: new Map() };

export interface SessionSettings {
  readonly settings: Settings;
  /** The session reads texts in another way than the parser. */
  readonly unsupported: boolean;
}

/** What mapping needs of the settings, and why texts cannot be judged under them where they cannot. */
export function readSettings(values: Statement['settings']): SessionSettings {
  if (values === undefined) return { settings: defaults, unsupported: false };
  const strings = values['standard_conforming_strings'];
  const encoding = values['client_encoding'];
  return {
    settings: { catalogFirst: isCatalogFirst(values['search_path']), prepared: readPrepared(values['prepared']) },
    unsupported: (strings !== undefined && strings !== 'on') || (encoding !== undefined && !isUtf8(encoding)),
  };
}

function isCatalogFirst(path: unknown): boolean {
  if (!Array.isArray(path)) return true;
  const names: readonly unknown[] = path;
  return names.indexOf('pg_catalog') <= 0;
}

function isUtf8(encoding: unknown): boolean {
  return (
    typeof encoding === 'string' && ['utf8', 'unicode'].includes(encoding.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
  );
}

function readPrepared(value: unknown): ReadonlyMap<string, string> {
  const prepared = new Map<string, string>();
  if (typeof value !== 'object' || value === null) return prepared;
  for (const [name, text] of Object.entries(value)) if (typeof text === 'string') prepared.set(name, text);
  return prepared;
}
