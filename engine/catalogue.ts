/**
 * What a target's catalogue says of its objects, as far as it matters for where values come from. Given to dialects, which
 * look up but never load. Names are as the target folds them.
 */
export interface Catalogue {
  /**
   * Another one whenever anything that a look-up could give may have changed, and no two targets' alike; for caches.
   */
  readonly version: string;
  /** The schemas that complete unqualified names where the session has not set others: effective ones, in order. */
  readonly searchPath: readonly string[];
  /** Relations of pg_catalog and information_schema are among them: `SELECT * FROM pg_class` has columns, too. */
  relation(schema: string, name: string): CatalogueRelation | undefined;
  relationByOid(oid: number): CatalogueRelation | undefined;
  /**
   * Every function of that name, whatever its arguments. Empty: there is none. Of pg_catalog's, those are enough that return
   * rows of several columns (OUT arguments, TABLE, a composite type): dialects know the others themselves.
   */
  functions(schema: string, name: string): readonly CatalogueFunction[];
  /** Undefined: there is no such type. Composite types and domains tell what they are made of. */
  type(schema: string, name: string): CatalogueType | undefined;
  /** Operators that extensions or users have made, by name; those of pg_catalog are left out. */
  operators(schema: string, name: string): readonly CatalogueOperator[];
}

export interface CatalogueRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind:
    'table' | 'partitioned_table' | 'view' | 'materialized_view' | 'foreign_table' | 'sequence' | 'composite_type';
  /** In order, those that were dropped left out. */
  readonly columns: readonly CatalogueColumn[];
  /**
   * Of a view or a materialized view: its SELECT, every name in it qualified but for those in pg_catalog. Absent for the
   * target's own (pg_catalog, information_schema), and where it could not be read.
   */
  readonly definition?: string;
  /** Relations that inherit from it or are its partitions: their rows are found in it. */
  readonly children: readonly number[];
  /** It lives no longer than its session. */
  readonly temporary: boolean;
}

export interface CatalogueColumn {
  readonly name: string;
  /** Attribute number, as RowDescription gives it. */
  readonly attribute: number;
  readonly type: { readonly oid: number; readonly schema: string; readonly name: string };
  /** What the column is labelled with, wherever the label comes from; sorted. */
  readonly labels: readonly string[];
  /**
   * Other qualified names (schema, relation, column) that mean it, too: those that it had before, as long as the gateway
   * remembers, and those of the columns that it is inherited from (a partition's rows are its table's).
   */
  readonly formerNames?: readonly (readonly string[])[];
  /** Of a generated column: the expression that it is computed by, as the target prints it. */
  readonly generated?: string;
}

export interface CatalogueFunction {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'function' | 'procedure' | 'aggregate' | 'window';
  readonly language: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
  /** What it is made of: source text in SQL and PL/pgSQL (a body of standard SQL printed by the target), undefined for C and internal. */
  readonly source?: string;
  /** Its arguments in order, '' for a name that one has not; those that go in and those that come out. Types: `int4`, `public.mail`. */
  readonly inputs: readonly { readonly name: string; readonly type: string }[];
  readonly outputs: readonly { readonly name: string; readonly type: string }[];
  readonly returns: { readonly schema: string; readonly name: string; readonly set: boolean };
  /** SET search_path of the function itself. */
  readonly searchPath?: readonly string[];
  /** An extension brought it, so its source is C or is not looked at. */
  readonly extension?: string;
}

export interface CatalogueType {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'base' | 'composite' | 'domain' | 'enum' | 'range' | 'pseudo' | 'array';
  /** Of a domain or an array: what it is made of. */
  readonly base?: { readonly schema: string; readonly name: string };
  /** Of a composite type: the relation that describes it (a table's row type has the table's). */
  readonly relation?: number;
}

export interface CatalogueOperator {
  readonly schema: string;
  readonly name: string;
  /** The function behind it, qualified. */
  readonly procedure: readonly [schema: string, name: string];
}
