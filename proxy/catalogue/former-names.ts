import { columnsOf, type CatalogueContent, type RelationRow } from './content.ts';

/** Qualified: schema, relation, column. */
export type ColumnName = readonly [schema: string, relation: string, column: string];

export interface ColumnPlace {
  readonly relation: number;
  readonly attribute: number;
}

/** Who renames more often is not followed: nothing is known of the relation then. */
const MOST_NAMES = 64;

type NamesByPlace = ReadonlyMap<number, ReadonlyMap<number, readonly ColumnName[]>>;

/**
 * Names that columns had before, as far as one gateway has seen them: a column is known again by its relation's oid and
 * its number, which renaming leaves alone. Immutable.
 */
export class FormerNames {
  static readonly none = new FormerNames(new Map(), new Set());

  readonly #names: NamesByPlace;
  /** Relations of which so much was renamed that it is not followed. */
  readonly lost: ReadonlySet<number>;
  readonly #bearers = new Map<string, ColumnPlace[]>();
  readonly #relations = new Map<string, Set<number>>();

  private constructor(names: NamesByPlace, lost: ReadonlySet<number>) {
    this.#names = names;
    this.lost = lost;
    for (const [relation, columns] of names) {
      for (const [attribute, all] of columns) {
        for (const name of all) this.#index(name, { relation, attribute });
      }
    }
  }

  #index(name: ColumnName, place: ColumnPlace): void {
    const key = keyOf(name);
    const places = this.#bearers.get(key);
    if (places === undefined) this.#bearers.set(key, [place]);
    else places.push(place);
    const relation = keyOf(name.slice(0, 2));
    this.#relations.set(relation, (this.#relations.get(relation) ?? new Set()).add(place.relation));
  }

  of(relation: number, attribute: number): readonly ColumnName[] {
    return this.#names.get(relation)?.get(attribute) ?? [];
  }

  /** The columns that had this name once. */
  bearers(name: ColumnName): readonly ColumnPlace[] {
    return this.#bearers.get(keyOf(name)) ?? [];
  }

  /** The relations that had this name once. */
  relationsOnceCalled(schema: string, relation: string): ReadonlySet<number> {
    return this.#relations.get(keyOf([schema, relation])) ?? new Set();
  }

  /** Compares what was read before with what is read now. */
  following(before: CatalogueContent, now: CatalogueContent): FormerNames {
    const renamed: { readonly place: ColumnPlace; readonly name: ColumnName }[] = [];
    for (const [oid, was] of before.relations) {
      const is = now.relations.get(oid);
      if (is !== undefined && !sameNames(was, is)) renamed.push(...renamings(was, is));
    }
    const gone = [...this.#names.keys(), ...this.lost].some((oid) => !now.relations.has(oid));
    if (renamed.length === 0 && !gone) return this;
    const names = new Map<number, Map<number, ColumnName[]>>();
    for (const [oid, columns] of this.#names) {
      if (now.relations.has(oid))
        names.set(oid, new Map([...columns].map(([attribute, all]) => [attribute, [...all]])));
    }
    const lost = new Set([...this.lost].filter((oid) => now.relations.has(oid)));
    for (const { place, name } of renamed) {
      if (!remember(names, place, name)) lost.add(place.relation);
    }
    return new FormerNames(names, lost);
  }
}

function renamings(was: RelationRow, is: RelationRow): { place: ColumnPlace; name: ColumnName }[] {
  const moved = was.schema !== is.schema || was.name !== is.name;
  const before = new Map(columnsOf(was).map(({ attribute, name }) => [attribute, name]));
  return columnsOf(is).flatMap(({ attribute, name }) => {
    const old = before.get(attribute);
    if (old === undefined || (!moved && old === name)) return [];
    return [{ place: { relation: is.oid, attribute }, name: [was.schema, was.name, old] as const }];
  });
}

/** @returns false: it has too many names already */
function remember(
  all: Map<number, Map<number, ColumnName[]>>,
  { relation, attribute }: ColumnPlace,
  name: ColumnName,
): boolean {
  const columns = all.get(relation) ?? new Map<number, ColumnName[]>();
  all.set(relation, columns);
  const names = columns.get(attribute) ?? [];
  columns.set(attribute, names);
  if (names.some((one) => keyOf(one) === keyOf(name))) return true;
  if (names.length >= MOST_NAMES) return false;
  names.push(name);
  return true;
}

function sameNames(was: RelationRow, is: RelationRow): boolean {
  return was.columns === is.columns && was.name === is.name && was.schema === is.schema;
}

function keyOf(name: readonly string[]): string {
  return JSON.stringify(name);
}
