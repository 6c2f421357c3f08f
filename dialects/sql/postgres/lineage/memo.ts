import type { CatalogueColumn, CatalogueRelation } from '../../../../engine/catalogue.ts';
import type { ColumnSource } from '../../../../engine/lineage.ts';
import type { Rows } from './taint.ts';

/** What is known of a catalogue's relations, gathered as it is asked for: for all statements under one version. */
export interface RelationMemo {
  /** By OID and attribute number. */
  readonly sources: Map<string, ColumnSource>;
  readonly rows: Map<string, Rows>;
  /** Whether bodies of PL/pgSQL touch nothing but their arguments, by the text that makes the function. */
  readonly bodies: Map<string, boolean>;
  /** Being looked into, for views that come back to themselves. */
  readonly open: Set<number>;
}

export function createRelationMemo(): RelationMemo {
  return { sources: new Map(), rows: new Map(), bodies: new Map(), open: new Set() };
}

/** A column as a source; the same object each time. */
export function sourceOf(relation: CatalogueRelation, column: CatalogueColumn, memo: RelationMemo): ColumnSource {
  const key = `${relation.oid}.${column.attribute}`;
  let source = memo.sources.get(key);
  if (source === undefined) {
    const { labels, formerNames } = column;
    source = Object.freeze({
      path: Object.freeze([relation.schema, relation.name, column.name] as const),
      labels,
      ...(formerNames === undefined ? {} : { formerNames }),
    });
    memo.sources.set(key, source);
  }
  return source;
}
