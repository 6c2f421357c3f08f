/** One line of a generated file: the parts of a key joined by `|`, and the names that share it. */
export type Group = readonly [key: string, names: string];

/** Major versions of PostgreSQL whose servers know the name, of those that the catalogue was generated from. */
export type Versions = readonly string[];

/** Calls `visit` for every name of the groups with the parts of its key; the first part is the versions. */
export function eachName(
  groups: readonly Group[],
  visit: (name: string, versions: Versions, parts: readonly string[]) => void,
): void {
  for (const [key, names] of groups) {
    const [versions = '', ...parts] = key.split('|');
    const known = versions.split(' ');
    for (const name of names.split(' ')) visit(name, known, parts);
  }
}

/** The union, in ascending order. */
export function uniteVersions(left: Versions, right: Versions): Versions {
  return [...new Set([...left, ...right])].sort();
}

const SYSTEM_SCHEMAS = new Set(['pg_catalog', 'information_schema']);

export interface QualifiedName {
  /** Undefined where the name stands alone. */
  readonly schema: string | undefined;
  readonly name: string;
  /** Whether the schema, where there is one, is one that only PostgreSQL itself fills. */
  readonly system: boolean;
}

/** Splits a path `[[database,] schema,] name`; undefined where it is empty or longer. */
export function qualifiedName(path: readonly string[]): QualifiedName | undefined {
  const name = path.at(-1);
  if (name === undefined || path.length > 3) return undefined;
  const schema = path.at(-2);
  return { schema, name, system: schema !== undefined && SYSTEM_SCHEMAS.has(schema) };
}
