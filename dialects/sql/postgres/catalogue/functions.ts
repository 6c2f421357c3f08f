import { categorize, type FunctionCategory, type Volatility } from './function-categories.ts';
import { FUNCTIONS } from './functions.generated.ts';
import { eachName, qualifiedName, uniteVersions, type Versions } from './groups.ts';
import { lookupType } from './types.ts';

export interface CatalogueFunction {
  readonly name: string;
  readonly category: FunctionCategory;
  /** Aggregates and window functions that share a name (rank, …) are both. */
  readonly kinds: readonly ('function' | 'aggregate' | 'window' | 'procedure')[];
  /** The least predictable of the overloads. */
  readonly volatility: Volatility;
  readonly versions: Versions;
  /** The extension that brings it. Anybody may have made a function of that name; a built-in name is PostgreSQL's. */
  readonly extension?: string;
}

type Facts = Omit<CatalogueFunction, 'category'> & { readonly internal: boolean };

const KINDS = { f: 'function', a: 'aggregate', w: 'window', p: 'procedure' } as const;
const VOLATILITIES = { i: 'immutable', s: 'stable', v: 'volatile' } as const;
const RANK: readonly Volatility[] = ['immutable', 'stable', 'volatile'];

const builtin = new Map<string, Facts>();
const informationSchema = new Map<string, Facts>();
const extensions = new Map<string, Facts>();

eachName(FUNCTIONS, (name, versions, [schema, extension = '', kinds = '', volatility = '', internal]) => {
  const target = extension !== '' ? extensions : schema === 'information_schema' ? informationSchema : builtin;
  const facts: Facts = {
    name,
    kinds: Array.from(kinds)
      .filter(isKind)
      .map((letter) => KINDS[letter]),
    volatility: isVolatility(volatility) ? VOLATILITIES[volatility] : 'volatile',
    versions,
    internal: internal !== '',
    ...(extension === '' ? {} : { extension }),
  };
  const other = target.get(name);
  target.set(name, other === undefined ? facts : merge(facts, other));
});

function isKind(letter: string): letter is keyof typeof KINDS {
  return letter in KINDS;
}

function isVolatility(letter: string): letter is keyof typeof VOLATILITIES {
  return letter in VOLATILITIES;
}

function merge(left: Facts, right: Facts): Facts {
  return {
    ...left,
    kinds: [...new Set([...left.kinds, ...right.kinds])],
    volatility: RANK.indexOf(left.volatility) > RANK.indexOf(right.volatility) ? left.volatility : right.volatility,
    versions: uniteVersions(left.versions, right.versions),
    internal: left.internal && right.internal,
  };
}

/**
 * Finds a function by the path that a call names it with: `name`, `schema.name` or `database.schema.name`.
 *
 * A name that stands alone is looked for among the built-in functions, then among those of the extensions that
 * PostgreSQL ships; one in pg_catalog or information_schema is looked for there; one in any other schema can only be an
 * extension's. A call that names a built-in type and has one argument is a cast (PostgreSQL manual, section 10.3).
 *
 * @param argumentCount where known: some overloads differ in category.
 */
export function lookupFunction(path: readonly string[], argumentCount?: number): CatalogueFunction | undefined {
  const named = qualifiedName(path);
  if (named === undefined) return undefined;
  const { schema, name, system } = named;
  const facts =
    schema === 'information_schema'
      ? informationSchema.get(name)
      : schema === undefined || system
        ? (builtin.get(name) ?? (schema === undefined ? extensions.get(name) : undefined))
        : extensions.get(name);
  if (facts !== undefined) return describe(facts, argumentCount);
  return argumentCount === 1 && (schema === undefined || schema === 'pg_catalog') ? castTo(name) : undefined;
}

const described = new Map<string, CatalogueFunction>();

/** Entries are shared and frozen, so that equal calls give the same object. */
function describe(facts: Facts, argumentCount: number | undefined): CatalogueFunction {
  const { internal, ...rest } = facts;
  const category = internal ? 'internal' : categorize(facts.name, facts.volatility, argumentCount);
  const key = `${facts.extension ?? ''}|${facts.name}|${category}`;
  const known = described.get(key);
  if (known !== undefined) return known;
  const entry = Object.freeze({ ...rest, category });
  described.set(key, entry);
  return entry;
}

function castTo(name: string): CatalogueFunction | undefined {
  const type = lookupType(['pg_catalog', name]);
  if (type === undefined) return undefined;
  const { versions } = type;
  return describe({ name, kinds: ['function'], volatility: 'stable', versions, internal: false }, 1);
}

/** Every built-in function, for tests that watch over the categories. */
export function builtinFunctions(): readonly CatalogueFunction[] {
  return [...builtin.values(), ...informationSchema.values()].map((facts) => describe(facts, undefined));
}

/** Every function of the extensions that PostgreSQL ships. */
export function extensionFunctions(): readonly CatalogueFunction[] {
  return [...extensions.values()].map((facts) => describe(facts, undefined));
}
