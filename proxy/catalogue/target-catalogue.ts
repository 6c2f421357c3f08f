import type {
  Catalogue,
  CatalogueColumn,
  CatalogueFunction,
  CatalogueOperator,
  CatalogueRelation,
  CatalogueType,
} from '../../engine/catalogue.ts';
import { columnsOf, type CatalogueContent, type RelationRow } from './content.ts';
import { functionOf, relationKind, typeOf, typeReference, type TypeReference } from './descriptions.ts';
import type { FormerNames } from './former-names.ts';
import type { AssignedLabels } from './labels/assign.ts';

/** A target's catalogue with its labels. Descriptions are made when they are first looked up. */
export class TargetCatalogue implements Catalogue {
  readonly version: string;
  readonly #content: CatalogueContent;
  readonly #labels: AssignedLabels;
  readonly #former: FormerNames;
  /** null: cannot be told of. */
  readonly #relations = new Map<number, CatalogueRelation | null>();
  readonly #functions = new Map<object, readonly CatalogueFunction[]>();
  readonly #types = new Map<number, TypeReference>();

  constructor(version: string, content: CatalogueContent, labels: AssignedLabels, former: FormerNames) {
    this.version = version;
    this.#content = content;
    this.#labels = labels;
    this.#former = former;
  }

  get searchPath(): readonly string[] {
    return this.#content.searchPath;
  }

  relation(schema: string, name: string): CatalogueRelation | undefined {
    const oid = this.#content.relationOids.get(schema)?.get(name);
    return oid === undefined ? undefined : this.relationByOid(oid);
  }

  relationByOid(oid: number): CatalogueRelation | undefined {
    const known = this.#relations.get(oid);
    if (known !== undefined) return known ?? undefined;
    const row = this.#content.relations.get(oid);
    if (row === undefined) return undefined;
    // Should relations inherit from each other in a circle, none of them is known.
    this.#relations.set(oid, null);
    const relation = this.#describe(row);
    this.#relations.set(oid, relation ?? null);
    return relation;
  }

  functions(schema: string, name: string): readonly CatalogueFunction[] {
    const rows = this.#content.functions.get(schema)?.get(name);
    if (rows === undefined) return [];
    let made = this.#functions.get(rows);
    if (made === undefined) {
      made = Object.freeze(rows.map((row) => functionOf(row, (oid) => this.#type(oid))));
      this.#functions.set(rows, made);
    }
    return made;
  }

  type(schema: string, name: string): CatalogueType | undefined {
    const oid = this.#content.typeOids.get(schema)?.get(name);
    const row = oid === undefined ? undefined : this.#content.types.get(oid);
    return row === undefined ? undefined : typeOf(row, (made) => this.#type(made));
  }

  operators(schema: string, name: string): readonly CatalogueOperator[] {
    return this.#content.operators.get(schema)?.get(name) ?? [];
  }

  #type(oid: number): TypeReference {
    const known = this.#types.get(oid) ?? typeReference(oid, this.#content.types.get(oid));
    this.#types.set(oid, known);
    return known;
  }

  /** @returns undefined where its labels cannot be told, or those of a relation that it inherits from */
  #describe(row: RelationRow): CatalogueRelation | undefined {
    if (this.#labels.unreadable.has(row.oid)) return undefined;
    const parents: CatalogueRelation[] = [];
    for (const oid of row.parents) {
      const parent = this.relationByOid(oid);
      if (parent === undefined) return undefined;
      parents.push(parent);
    }
    const { oid, schema, name, definition, children } = row;
    const inherited = parents.map((parent) => ({ parent, columns: byName(parent.columns) }));
    const columns = columnsOf(row).map((column): CatalogueColumn => {
      const own = this.#labels.of(oid, column.attribute);
      const former = this.#former.of(oid, column.attribute);
      const above = inherited.flatMap(({ parent, columns: theirs }) => {
        const found = theirs.get(column.name);
        return found === undefined ? [] : [{ parent, found }];
      });
      const names = [
        ...former,
        ...above.flatMap(({ parent, found }) => [
          [parent.schema, parent.name, found.name],
          ...(found.formerNames ?? []),
        ]),
      ];
      return Object.freeze({
        name: column.name,
        attribute: column.attribute,
        type: this.#type(column.type),
        labels: above.length === 0 ? own : united([own, ...above.map(({ found }) => found.labels)]),
        ...(names.length === 0 ? {} : { formerNames: names }),
        ...(column.generated === undefined ? {} : { generated: column.generated }),
      });
    });
    return Object.freeze({
      oid,
      schema,
      name,
      kind: relationKind(row.kind),
      columns: Object.freeze(columns),
      children,
      temporary: false,
      ...(definition === undefined ? {} : { definition }),
    });
  }
}

function byName(columns: readonly CatalogueColumn[]): Map<string, CatalogueColumn> {
  return new Map(columns.map((column) => [column.name, column]));
}

function united(lists: readonly (readonly string[])[]): readonly string[] {
  return Object.freeze([...new Set(lists.flat())].sort());
}
