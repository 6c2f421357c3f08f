import type { Catalogue, CatalogueRelation } from '../../engine/catalogue.ts';

/**
 * A catalogue in which some names are not to be found, because they are being changed.
 *
 * @param names last parts of names; a schema's hides all that is in it
 */
export function hide(catalogue: Catalogue, names: ReadonlySet<string>): Catalogue {
  const hidden = (schema: string, name: string): boolean => names.has(name) || names.has(schema);
  const shown = (relation: CatalogueRelation | undefined): CatalogueRelation | undefined =>
    relation === undefined || hidden(relation.schema, relation.name) ? undefined : relation;
  return {
    version: `${catalogue.version} without ${JSON.stringify([...names].sort())}`,
    searchPath: catalogue.searchPath,
    relation: (schema, name) => shown(catalogue.relation(schema, name)),
    relationByOid: (oid) => shown(catalogue.relationByOid(oid)),
    functions: (schema, name) => (hidden(schema, name) ? [] : catalogue.functions(schema, name)),
    type: (schema, name) => (hidden(schema, name) ? undefined : catalogue.type(schema, name)),
    operators: (schema, name) => (hidden(schema, name) ? [] : catalogue.operators(schema, name)),
  };
}
