import type { Node } from '@pgsql/types';

/** A name of FROM, as columns refer to it. */
export interface RangeItem {
  /** Alias, or the relation's own name. */
  readonly name: string;
  /** The relation's path, where it is one; undefined for subqueries, functions and CTEs. */
  readonly table?: readonly string[];
  /** The schema as written, for `schema.table.column`; none where an alias hides it. */
  readonly schema?: string;
  /** The text names the schema. */
  readonly exact?: boolean;
  /** New names of its first columns (`AS c(a, b)`): they tell nothing of the columns behind them. */
  readonly renamed?: ReadonlySet<string>;
  /** Tables behind the alias of a join. */
  readonly members?: readonly RangeItem[];
}

/** The range table of one query level. */
export class Scope {
  readonly items: RangeItem[] = [];
  /** Output names, which ORDER BY prefers to columns. */
  readonly outputs = new Set<string>();
  /** The literal that WHERE holds `pg_settings.name` to: `SELECT set_config(name, …) FROM pg_settings WHERE name = '…'`. */
  settingName: Node | undefined;
  readonly parent: Scope | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }
}

/** A column reference's meaning: the column's path and whether the text tells it for sure. */
export interface ResolvedColumn {
  readonly path: string[];
  readonly certain: boolean;
  /** The table's schema was written. */
  readonly exact: boolean;
}

/**
 * Resolves a column reference by the text alone.
 *
 * @param parts name parts without a trailing `*`, which is given as `star`
 * @returns the columns that it may read; empty where it names the output of a subquery, which was counted there
 */
export function resolveColumn(scope: Scope | undefined, parts: readonly string[], star: boolean): ResolvedColumn[] {
  if (star) return parts.length === 0 ? everyColumn(scope) : qualified(scope, parts, '*');
  const column = parts[parts.length - 1] ?? '';
  return parts.length === 1 ? unqualified(scope, column) : qualified(scope, parts.slice(0, -1), column);
}

function everyColumn(scope: Scope | undefined): ResolvedColumn[] {
  return (scope?.items ?? []).flatMap((item) => columnsOf(item, '*'));
}

/**
 * A bare name. Where only one table is in sight it is that table's; otherwise only the catalog could tell, and every
 * table in sight is named besides the bare column, so that no rule about a table's column is evaded.
 */
function unqualified(scope: Scope | undefined, column: string): ResolvedColumn[] {
  let candidates = 0;
  const tables: RangeItem[] = [];
  for (let level = scope; level !== undefined; level = level.parent) {
    for (const item of level.items) {
      // A bare name of a range item is the whole row (`row_to_json(t)`), unless a column has that very name.
      if (item.name === column) return columnsOf(item, '*');
      candidates++;
      if (item.table !== undefined || item.members !== undefined) tables.push(item);
    }
  }
  if (candidates === 1) return tables.flatMap((item) => columnsOf(item, column));
  return tables.length > 0 ? [uncertain([column]), ...tables.flatMap((item) => possible(item, column))] : [];
}

function uncertain(path: string[]): ResolvedColumn {
  return { path, certain: false, exact: false };
}

/** The columns of an item that a bare name may mean. */
function possible(item: RangeItem, column: string): ResolvedColumn[] {
  const tables = item.members ?? [item];
  return tables.flatMap((table) => columnsOf(table, column)).map(({ path }) => uncertain(path));
}

function qualified(scope: Scope | undefined, qualifier: readonly string[], column: string): ResolvedColumn[] {
  const name = qualifier[qualifier.length - 1] ?? '';
  const schema = qualifier[qualifier.length - 2];
  for (let level = scope; level !== undefined; level = level.parent) {
    for (const item of level.items) {
      if (item.name === name && (schema === undefined || item.schema === schema)) return columnsOf(item, column);
    }
  }
  // A composite column (`(c).f` written `c.f` is not SQL), a record variable of a body, or an error at the target.
  return [uncertain([...qualifier, column])];
}

function columnsOf(item: RangeItem, column: string): ResolvedColumn[] {
  if (item.members !== undefined) {
    const tables = item.members.filter((member) => member.table !== undefined);
    if (column === '*' || item.renamed?.has(column)) return tables.flatMap((member) => columnsOf(member, '*'));
    if (item.members.length === 1) return tables.flatMap((member) => columnsOf(member, column));
    return tables.length > 0 ? [uncertain([column]), ...tables.flatMap((member) => possible(member, column))] : [];
  }
  if (item.table === undefined) return [];
  const name = item.renamed?.has(column) ? '*' : column;
  return [{ path: [...item.table, name], certain: true, exact: item.exact === true }];
}

/** Names of CTEs in force, innermost first. A CTE hides a table of its name, never a schema-qualified one. */
export interface CteScope {
  readonly names: ReadonlySet<string>;
  readonly parent: CteScope | undefined;
}

export function isCte(scope: CteScope | undefined, name: string): boolean {
  for (let level = scope; level !== undefined; level = level.parent) if (level.names.has(name)) return true;
  return false;
}
