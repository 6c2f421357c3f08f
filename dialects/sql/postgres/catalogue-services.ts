import type { Effect } from '../../../engine/contract.ts';
import {
  lookupFunction,
  lookupOperator,
  lookupRelation,
  lookupType,
  type CatalogueFunction,
} from './catalogue/index.ts';
import type { FunctionFacts, Services } from './mapping/services.ts';
import type { PostgresParser } from './parser.ts';

/** A function of the target's own that the operator vouches for. */
export interface FunctionDeclaration {
  /** `name` or `schema.name`, as calls write it, folded to lower case unless it was quoted when it was made. */
  readonly name: string;
  /** `pure` by default. */
  readonly category?: string;
  readonly volatility?: 'immutable' | 'stable' | 'volatile';
  /** What calling it does; none by default. */
  readonly effects?: readonly Effect[];
}

/** Extensions that are so common, and whose functions' names are so peculiar, that a call is taken to mean theirs. */
export const DEFAULT_EXTENSIONS: readonly string[] = [
  'citext',
  'fuzzystrmatch',
  'pg_stat_statements',
  'pg_trgm',
  'pgcrypto',
  'tablefunc',
  'unaccent',
  'uuid-ossp',
];

export interface CatalogueOptions {
  /** Extensions of the target whose harmless functions are known; DEFAULT_EXTENSIONS by default. */
  readonly extensions?: readonly string[];
  readonly functions?: readonly FunctionDeclaration[];
  /** Operators of the target's own that the operator vouches for. */
  readonly operators?: readonly string[];
}

/** What mapping asks of the catalogue, with the configuration's own functions and operators. */
export function createServices(parser: PostgresParser, options: CatalogueOptions): Services {
  const declared = new Map((options.functions ?? []).map((entry) => [entry.name, describeDeclared(entry)]));
  const operators = new Set(options.operators ?? []);
  const extensions = new Set(options.extensions ?? DEFAULT_EXTENSIONS);
  const known = new Map<CatalogueFunction, FunctionFacts>();
  return {
    parser,
    lookupFunction(path, argumentCount) {
      const own = declared.size === 0 ? undefined : declared.get(path.join('.'));
      if (own !== undefined) return own;
      const entry = lookupFunction(path, argumentCount);
      if (entry === undefined || entry.category === 'unknown' || !vouched(entry, path, extensions)) return undefined;
      let facts = known.get(entry);
      if (facts === undefined) {
        facts = describe(entry, path);
        // An extension's function is named as it was called.
        if (entry.extension === undefined) known.set(entry, facts);
      }
      return facts;
    },
    isOperator(path) {
      const entry = lookupOperator(path);
      if (operators.has(path.join('.'))) return true;
      if (entry === undefined) return false;
      return entry.extension === undefined || isInstalled(entry.extension, path, extensions);
    },
    isType: (path) => lookupType(path) !== undefined,
    isCatalogRelation: (name) => lookupRelation([name]) !== undefined,
  };
}

/** Extensions may be installed in any schema; these two are where they are. */
const extensionSchemas: ReadonlySet<string> = new Set(['public', 'extensions']);

/**
 * Whether a name means the catalogue's function. Anybody may have made a function with the name of an extension's: a
 * harmless one counts only where the extension is said to be there, a dangerous one always.
 */
function vouched(entry: CatalogueFunction, path: readonly string[], extensions: ReadonlySet<string>): boolean {
  if (entry.extension === undefined) return true;
  if (!harmless.has(entry.category)) return true;
  return isInstalled(entry.extension, path, extensions);
}

function isInstalled(extension: string, path: readonly string[], extensions: ReadonlySet<string>): boolean {
  const schema = path.at(-2);
  return extensions.has(extension) && (schema === undefined || extensionSchemas.has(schema));
}

const harmless: ReadonlySet<string> = new Set(['pure', 'read', 'session']);

function describeDeclared(entry: FunctionDeclaration): FunctionFacts {
  const { category = 'pure', effects = [], volatility } = entry;
  return { path: entry.name.split('.'), category, effects, ...(volatility === undefined ? {} : { volatility }) };
}

function describe(entry: CatalogueFunction, path: readonly string[]): FunctionFacts {
  const { category, volatility, name } = entry;
  const schema = path.at(-2) === 'information_schema' ? 'information_schema' : 'pg_catalog';
  return {
    path: entry.extension === undefined ? [schema, name] : [...path],
    category,
    volatility,
    effects: effectsByName[name] ?? effectsByCategory[category] ?? [],
  };
}

const effectsByCategory: Readonly<Record<string, readonly Effect[]>> = {
  read: ['read'],
  sequence: ['write'],
  settings: ['session'],
  notify: ['write'],
  lock: ['lock'],
  large_object: ['write'],
  file: ['unsafe_io'],
  network: ['unsafe_io'],
  replication: ['admin'],
  admin: ['admin'],
  dynamic_sql: ['execute', 'read'],
};

/** Functions that do something else than the rest of their category. */
const effectsByName: Readonly<Record<string, readonly Effect[]>> = {
  lo_get: ['read'],
  loread: ['read'],
  lo_lseek: ['read'],
  lo_lseek64: ['read'],
  lo_tell: ['read'],
  lo_tell64: ['read'],
  lo_close: [],
  lo_unlink: ['delete'],
  lo_import: ['unsafe_io', 'write'],
  lo_export: ['unsafe_io', 'read'],
  pg_file_write: ['unsafe_io', 'write'],
  pg_file_unlink: ['unsafe_io', 'delete'],
  pg_file_rename: ['unsafe_io', 'write'],
  pg_current_logfile: ['read'],
};
