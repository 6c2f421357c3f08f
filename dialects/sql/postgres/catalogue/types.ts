import { eachName, qualifiedName, uniteVersions, type Versions } from './groups.ts';
import { TYPES } from './types.generated.ts';

export interface CatalogueType {
  readonly name: string;
  readonly kind: 'base' | 'domain' | 'enum' | 'multirange' | 'pseudo' | 'range';
  readonly versions: Versions;
  readonly extension?: string;
}

const KINDS = { b: 'base', d: 'domain', e: 'enum', m: 'multirange', p: 'pseudo', r: 'range' } as const;

const builtin = new Map<string, CatalogueType>();
const informationSchema = new Map<string, CatalogueType>();
const extensions = new Map<string, CatalogueType>();

eachName(TYPES, (name, versions, [schema, extension = '', kind = '']) => {
  const target = extension !== '' ? extensions : schema === 'information_schema' ? informationSchema : builtin;
  const known = target.get(name);
  target.set(
    name,
    Object.freeze({
      name,
      kind: isKind(kind) ? KINDS[kind] : 'base',
      versions: uniteVersions(versions, known?.versions ?? []),
      ...(extension === '' ? {} : { extension }),
    }),
  );
});

function isKind(letter: string): letter is keyof typeof KINDS {
  return letter in KINDS;
}

/**
 * Finds a type by the path that the text names it with. The grammar's own names (`integer`, `timestamp with time zone`)
 * arrive in the parse tree as `pg_catalog.int4`, `pg_catalog.timestamptz`. Array types are named by their elements.
 */
export function lookupType(path: readonly string[]): CatalogueType | undefined {
  const named = qualifiedName(path);
  if (named === undefined) return undefined;
  const { schema, name } = named;
  if (schema === undefined) return builtin.get(name) ?? extensions.get(name);
  if (schema === 'pg_catalog') return builtin.get(name);
  return schema === 'information_schema' ? informationSchema.get(name) : extensions.get(name);
}
