import type { RangeVar, TypeName } from '@pgsql/types';
import type {
  Catalogue,
  CatalogueFunction,
  CatalogueOperator,
  CatalogueRelation,
} from '../../../../engine/catalogue.ts';
import type { LineageContext, OutputColumn, OutputColumns } from '../../../../engine/lineage.ts';
import { stringsOf } from '../mapping/names.ts';
import type { TypeRef } from './taint.ts';

export type FoundRelation =
  | { readonly kind: 'relation'; readonly relation: CatalogueRelation }
  | { readonly kind: 'temporary'; readonly name: string; readonly columns: readonly OutputColumn[] }
  | { readonly kind: 'unknown' };

const TEMPORARY = 'pg_temp';

/**
 * Finds objects by name as PostgreSQL does (manual, section 5.10.3): what is temporary first, then pg_catalog, then the
 * schemas of search_path, unless the path names those two itself. Temporary schemas hold no functions for bare names.
 */
export class Resolver {
  readonly catalogue: Catalogue;
  readonly searchPath: readonly string[];
  /** What was asked of the session's own state: a result holds as long as the answers stay the same. */
  readonly asked: Map<string, unknown>;
  readonly #context: LineageContext;
  readonly #relationSchemas: readonly string[];
  readonly #functionSchemas: readonly string[];

  constructor(
    context: LineageContext,
    searchPath: readonly string[] = context.searchPath ?? context.catalogue.searchPath,
    asked = new Map<string, unknown>(),
  ) {
    this.#context = context;
    this.asked = asked;
    this.catalogue = context.catalogue;
    this.searchPath = searchPath;
    const withCatalog = searchPath.includes('pg_catalog') ? searchPath : ['pg_catalog', ...searchPath];
    this.#relationSchemas = searchPath.includes(TEMPORARY) ? withCatalog : [TEMPORARY, ...withCatalog];
    this.#functionSchemas = withCatalog.filter((schema) => schema !== TEMPORARY);
  }

  /** The same look-ups under another search_path: in the bodies of functions and views. */
  under(searchPath: readonly string[]): Resolver {
    return new Resolver(this.#context, searchPath, this.asked);
  }

  temporary(name: string): readonly OutputColumn[] | undefined {
    const found = this.#context.temporary.get(name);
    this.asked.set(`t:${name}`, found);
    return found;
  }

  everyTemporary(): LineageContext['temporary'] {
    this.asked.set('m:', this.#context.temporary);
    return this.#context.temporary;
  }

  cursor(name: string): OutputColumns | undefined {
    const found = this.#context.cursors.get(name);
    this.asked.set(`c:${name}`, found);
    return found;
  }

  relation(range: RangeVar): FoundRelation {
    const name = range.relname ?? '';
    const { schemaname } = range;
    if (schemaname !== undefined) return this.#in(schemaname, name) ?? { kind: 'unknown' };
    for (const schema of this.#relationSchemas) {
      const found = this.#in(schema, name);
      if (found !== undefined) return found;
    }
    return { kind: 'unknown' };
  }

  #in(schema: string, name: string): FoundRelation | undefined {
    if (schema === TEMPORARY) {
      const columns = this.temporary(name);
      return columns === undefined ? undefined : { kind: 'temporary', name, columns };
    }
    const relation = this.catalogue.relation(schema, name);
    return relation === undefined ? undefined : { kind: 'relation', relation };
  }

  /** Whether a relation that is made under this name is temporary. */
  makesTemporary(range: RangeVar): boolean {
    if (range.relpersistence === 't' || range.schemaname === TEMPORARY) return true;
    return range.schemaname === undefined && this.searchPath.find((schema) => schema !== 'pg_catalog') === TEMPORARY;
  }

  /** Where a relation of this name would be made. */
  creationPath(range: RangeVar): readonly string[] {
    const name = range.relname ?? '';
    const schema = range.schemaname ?? this.searchPath.find((candidate) => candidate !== 'pg_catalog');
    return schema === undefined ? [name] : [schema, name];
  }

  /** Those that a call may mean, but built-in ones. */
  functions(path: readonly string[]): readonly CatalogueFunction[] {
    const name = path.at(-1) ?? '';
    const schema = path.at(-2);
    const schemas = schema === undefined ? this.#functionSchemas : [schema];
    return schemas.flatMap((each) => this.catalogue.functions(each, name));
  }

  operators(path: readonly string[]): readonly CatalogueOperator[] {
    const name = path.at(-1) ?? '';
    const schema = path.at(-2);
    const schemas = schema === undefined ? this.#functionSchemas : [schema];
    return schemas.filter((each) => each !== 'pg_catalog').flatMap((each) => this.catalogue.operators(each, name));
  }

  type(type: TypeName): TypeRef {
    const path = stringsOf(type.names);
    const array = (type.arrayBounds ?? []).length > 0;
    const name = path.at(-1) ?? '';
    const schema = path.at(-2) ?? this.#schemaOfType(name);
    return { schema, name, ...(array ? { array } : {}) };
  }

  #schemaOfType(name: string): string {
    return this.#functionSchemas.find((schema) => this.catalogue.type(schema, name) !== undefined) ?? 'pg_catalog';
  }

  /** The relation that describes a composite type; domains over one are looked through. */
  composite(type: TypeRef | undefined): CatalogueRelation | undefined {
    if (type === undefined || type.array === true) return undefined;
    let current: { readonly schema: string; readonly name: string } | undefined = type;
    for (let depth = 0; current !== undefined && depth < 16; depth++) {
      const found = this.catalogue.type(current.schema, current.name);
      if (found?.relation !== undefined) return this.catalogue.relationByOid(found.relation);
      current = found?.kind === 'domain' ? found.base : undefined;
    }
    return undefined;
  }
}
