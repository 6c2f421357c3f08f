import type { CatalogueFunction, CatalogueRelation, CatalogueType } from '../../engine/catalogue.ts';
import { parseIdentifierList } from '../protocols/postgres/identifier-list.ts';
import type { FunctionRow, TypeRow } from './content.ts';

/** A type by its name, with its oid. */
export interface TypeReference {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

/** A type that is gone has a name that no type has. */
export function typeReference(oid: number, row: TypeRow | undefined): TypeReference {
  return Object.freeze({ oid, schema: row?.schema ?? '', name: row?.name ?? '' });
}

const relationKinds: Readonly<Record<string, CatalogueRelation['kind']>> = {
  r: 'table',
  p: 'partitioned_table',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign_table',
  S: 'sequence',
  c: 'composite_type',
};

/** @throws RangeError for a kind that is not asked for */
export function relationKind(letter: string): CatalogueRelation['kind'] {
  const kind = relationKinds[letter];
  if (kind === undefined) throw new RangeError(`There is no kind of relation ${letter}.`);
  return kind;
}

const typeKinds: Readonly<Record<string, CatalogueType['kind']>> = {
  b: 'base',
  c: 'composite',
  d: 'domain',
  e: 'enum',
  r: 'range',
  m: 'range',
  p: 'pseudo',
};

export function typeOf(row: TypeRow, reference: (oid: number) => TypeReference): CatalogueType {
  const { schema, name, kind, category, element, base, relation } = row;
  const array = kind === 'b' && category === 'A' && element !== 0;
  const madeOf = array ? element : base;
  return Object.freeze({
    schema,
    name,
    kind: array ? 'array' : (typeKinds[kind] ?? 'base'),
    ...(madeOf === 0 ? {} : { base: plainName(reference(madeOf)) }),
    ...(relation === 0 ? {} : { relation }),
  });
}

function plainName({ schema, name }: TypeReference): { readonly schema: string; readonly name: string } {
  return { schema, name };
}

const functionKinds: Readonly<Record<string, CatalogueFunction['kind']>> = {
  f: 'function',
  p: 'procedure',
  a: 'aggregate',
  w: 'window',
};

const volatilities: Readonly<Record<string, CatalogueFunction['volatility']>> = {
  i: 'immutable',
  s: 'stable',
  v: 'volatile',
};

export function functionOf(row: FunctionRow, type: (oid: number) => TypeReference): CatalogueFunction {
  const { schema, name, language, source, extension, setting } = row;
  const all = row.argumentTypes.map((oid, index) => ({
    mode: row.argumentModes?.[index] ?? 'i',
    argument: Object.freeze({ name: row.argumentNames?.[index] ?? '', type: typeText(type(oid)) }),
  }));
  const those = (modes: string): CatalogueFunction['inputs'] =>
    Object.freeze(all.filter(({ mode }) => modes.includes(mode)).map(({ argument }) => argument));
  // A setting that cannot be read looks names up nowhere.
  const path = setting === undefined ? undefined : (parseIdentifierList(setting.slice('search_path='.length)) ?? []);
  return Object.freeze({
    schema,
    name,
    kind: functionKinds[row.kind] ?? 'function',
    language,
    volatility: volatilities[row.volatility] ?? 'volatile',
    // In, inout, variadic; out, inout, table.
    inputs: those('ibv'),
    outputs: those('obt'),
    returns: Object.freeze({ ...plainName(type(row.returns)), set: row.returnsSet }),
    ...(source === undefined ? {} : { source }),
    ...(path === undefined ? {} : { searchPath: path }),
    ...(extension === undefined ? {} : { extension }),
  });
}

/** `int4`, `public.email_address`. */
function typeText({ schema, name }: TypeReference): string {
  return schema === 'pg_catalog' ? name : `${schema}.${name}`;
}
