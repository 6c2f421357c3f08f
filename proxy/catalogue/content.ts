/** What was read of a target's catalogue, as it came: most of it is never looked at, so it is taken apart when it is. */
export interface CatalogueContent {
  /** Effective schemas, pg_catalog among them. */
  readonly searchPath: readonly string[];
  readonly relations: ReadonlyMap<number, RelationRow>;
  /** By schema and name. */
  readonly relationOids: Names<number>;
  /** By schema and name: those that share it. */
  readonly functions: Names<readonly FunctionRow[]>;
  readonly types: ReadonlyMap<number, TypeRow>;
  readonly typeOids: Names<number>;
  readonly operators: Names<readonly OperatorRow[]>;
  readonly annotations: readonly Annotation[];
  /** Says whether the target's catalogue has changed since: see FINGERPRINT. */
  readonly fingerprint: string;
  /** The same for the same content. */
  readonly digest: string;
  /** Nothing was left out because another transaction was changing it. */
  readonly whole: boolean;
}

/** Values by schema and name. */
export type Names<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

export interface RelationRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** JSON: `[[attnum, name, type's oid, expression or null], …]`. */
  readonly columns: string;
  /** Relations that it inherits from, or is a partition of. */
  readonly parents: readonly number[];
  readonly children: readonly number[];
  readonly definition?: string;
}

export interface FunctionRow {
  readonly schema: string;
  readonly name: string;
  /** `pg_proc.prokind`. */
  readonly kind: string;
  readonly language: string;
  /** `pg_proc.provolatile`. */
  readonly volatility: string;
  readonly source?: string;
  readonly argumentTypes: readonly number[];
  /** `pg_proc.proargmodes`; undefined: all go in. */
  readonly argumentModes: readonly string[] | undefined;
  readonly argumentNames: readonly string[] | undefined;
  readonly returns: number;
  readonly returnsSet: boolean;
  /** `search_path=…` of its configuration, as it stands there. */
  readonly setting?: string;
  readonly extension?: string;
}

export interface TypeRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `pg_type.typtype`. */
  readonly kind: string;
  readonly category: string;
  readonly element: number;
  readonly base: number;
  readonly relation: number;
}

export interface OperatorRow {
  readonly schema: string;
  readonly name: string;
  readonly procedure: readonly [schema: string, name: string];
}

/** A comment or a security label that stands at a relation or, where `attribute` is not 0, at its column. */
export interface Annotation {
  readonly relation: number;
  readonly attribute: number;
  /** Of a security label; '' for a comment. */
  readonly provider: string;
  readonly text: string;
}

/** A column as `RelationRow.columns` has it. */
export interface ColumnRow {
  readonly attribute: number;
  readonly name: string;
  readonly type: number;
  readonly generated: string | undefined;
}

/** @throws TypeError for a text that the target's queries do not give */
export function columnsOf({ columns }: Pick<RelationRow, 'columns'>): ColumnRow[] {
  const rows: unknown = JSON.parse(columns);
  if (!Array.isArray(rows)) throw new TypeError('The columns of a relation are no list.');
  return rows.map((row: unknown) => {
    const column: readonly unknown[] = Array.isArray(row) ? row : [];
    const [attribute, name, type, generated] = column;
    if (typeof attribute !== 'number' || typeof name !== 'string' || typeof type !== 'number') {
      throw new TypeError('A column is not as it was asked for.');
    }
    return { attribute, name, type, generated: typeof generated === 'string' ? generated : undefined };
  });
}

/** Adds a value at a schema and name. */
export function put<T>(names: Map<string, Map<string, T>>, schema: string, name: string, value: T): void {
  const inSchema = names.get(schema);
  if (inSchema === undefined) names.set(schema, new Map([[name, value]]));
  else inSchema.set(name, value);
}

/** Adds to the list at a schema and name. */
export function append<T>(names: Map<string, Map<string, T[]>>, schema: string, name: string, value: T): void {
  const list = names.get(schema)?.get(name);
  if (list === undefined) put(names, schema, name, [value]);
  else list.push(value);
}
