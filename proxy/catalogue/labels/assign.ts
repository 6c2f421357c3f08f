import { columnsOf, type CatalogueContent, type RelationRow } from '../content.ts';
import type { FormerNames } from '../former-names.ts';
import { labelsInComment, labelsInSecurityLabel } from './annotation-labels.ts';
import type { LabelEntry } from './data-labels.ts';

/** Where a column's label comes from. */
export type LabelOrigin =
  | { readonly kind: 'data'; readonly key: string }
  | { readonly kind: 'comment' }
  | { readonly kind: 'security_label'; readonly provider: string };

/** Something about labels that people should look at. */
export type LabelNotice =
  /** The entry names a column that its relation lacks, so all of the relation's columns carry its labels. */
  | { readonly kind: 'no_such_column'; readonly key: string }
  /** The entry names a relation that is not there: it labels nothing. */
  | { readonly kind: 'no_such_relation'; readonly key: string }
  /** The entry names a column by a name that it had before; `now` is the one that it has. */
  | { readonly kind: 'renamed'; readonly key: string; readonly now: readonly string[] }
  /** A comment says `@labels` in a way that cannot be read, so nothing is known of the relation. */
  | { readonly kind: 'unreadable_comment'; readonly relation: readonly string[] }
  /** More was renamed than is followed, so nothing is known of the relation. */
  | { readonly kind: 'renamed_too_often'; readonly relation: readonly string[] };

export interface AssignedLabels {
  /** The column's own labels, sorted; those that it inherits are not among them. */
  of(relation: number, attribute: number): readonly string[];
  /** Every label of a column with where it comes from. */
  origins(relation: number, attribute: number): ReadonlyMap<string, readonly LabelOrigin[]>;
  /** Relations that have labels of their own. */
  readonly labelled: Iterable<number>;
  /** Relations whose labels nobody knows. */
  readonly unreadable: ReadonlySet<number>;
  readonly notices: readonly LabelNotice[];
}

const NONE: readonly string[] = Object.freeze([]);
/** Stands for every column of a relation, those too that it gets later. */
const ALL = 0;

/** Gives labels to columns: by policy data (of one resource), comments, and security labels. */
export function assignLabels(
  content: CatalogueContent,
  entries: readonly LabelEntry[],
  former: FormerNames,
): AssignedLabels {
  const given = new Given();
  const notices: LabelNotice[] = [];
  const unreadable = new Set<number>();
  for (const entry of entries) notices.push(...assignEntry(entry, content, former, given));
  for (const { relation, attribute, provider, text } of content.annotations) {
    const row = content.relations.get(relation);
    if (row === undefined) continue;
    const labels = provider === '' ? labelsInComment(text) : labelsInSecurityLabel(text);
    if (labels === undefined) {
      unreadable.add(relation);
      notices.push({ kind: 'unreadable_comment', relation: [row.schema, row.name] });
    } else {
      const origin = provider === '' ? ({ kind: 'comment' } as const) : ({ kind: 'security_label', provider } as const);
      given.add(relation, attribute, labels, origin);
    }
  }
  for (const relation of former.lost) {
    const row = content.relations.get(relation);
    if (row === undefined) continue;
    unreadable.add(relation);
    notices.push({ kind: 'renamed_too_often', relation: [row.schema, row.name] });
  }
  return {
    of: (relation, attribute) => given.names(relation, attribute),
    origins: (relation, attribute) => given.origins(relation, attribute),
    labelled: given.relations,
    unreadable,
    notices,
  };
}

function assignEntry(entry: LabelEntry, content: CatalogueContent, former: FormerNames, given: Given): LabelNotice[] {
  const { key, schema, relation, column, labels } = entry;
  const origin: LabelOrigin = { kind: 'data', key };
  const notices: LabelNotice[] = [];
  const renamed = (row: RelationRow, name: string): void => {
    notices.push({ kind: 'renamed', key, now: [row.schema, row.name, name] });
  };
  const oid = content.relationOids.get(schema)?.get(relation);
  const row = oid === undefined ? undefined : content.relations.get(oid);
  if (column === undefined) {
    if (row !== undefined) given.add(row.oid, ALL, labels, origin);
    for (const other of former.relationsOnceCalled(schema, relation)) {
      const now = content.relations.get(other);
      if (now === undefined || now === row) continue;
      given.add(other, ALL, labels, origin);
      renamed(now, '*');
    }
  } else {
    const found = row && columnsOf(row).find(({ name }) => name === column);
    if (row !== undefined && found !== undefined) given.add(row.oid, found.attribute, labels, origin);
    let followed = false;
    for (const { relation: other, attribute } of former.bearers([schema, relation, column])) {
      const now = content.relations.get(other);
      const name = now && columnsOf(now).find((one) => one.attribute === attribute)?.name;
      if (now === undefined || name === undefined || (now === row && name === column)) continue;
      given.add(other, attribute, labels, origin);
      renamed(now, name);
      followed ||= now === row;
    }
    if (row !== undefined && found === undefined && !followed) {
      // What it named may stand under any other name now.
      given.add(row.oid, ALL, labels, origin);
      notices.push({ kind: 'no_such_column', key });
    }
  }
  if (row === undefined && notices.length === 0) notices.push({ kind: 'no_such_relation', key });
  return notices;
}

/** Labels by relation and column, with where they come from. */
class Given {
  readonly #relations = new Map<number, Map<number, Map<string, LabelOrigin[]>>>();
  readonly #names = new Map<number, Map<number, readonly string[]>>();

  get relations(): Iterable<number> {
    return this.#relations.keys();
  }

  add(relation: number, attribute: number, labels: readonly string[], origin: LabelOrigin): void {
    const columns = this.#relations.get(relation) ?? new Map<number, Map<string, LabelOrigin[]>>();
    this.#relations.set(relation, columns);
    const known = columns.get(attribute) ?? new Map<string, LabelOrigin[]>();
    columns.set(attribute, known);
    for (const label of labels) known.set(label, [...(known.get(label) ?? []), origin]);
  }

  origins(relation: number, attribute: number): ReadonlyMap<string, readonly LabelOrigin[]> {
    const columns = this.#relations.get(relation);
    const all = new Map<string, readonly LabelOrigin[]>(columns?.get(ALL));
    for (const [label, origins] of columns?.get(attribute) ?? [])
      all.set(label, [...(all.get(label) ?? []), ...origins]);
    return all;
  }

  names(relation: number, attribute: number): readonly string[] {
    if (!this.#relations.has(relation)) return NONE;
    const columns = this.#names.get(relation) ?? new Map<number, readonly string[]>();
    this.#names.set(relation, columns);
    let names = columns.get(attribute);
    if (names === undefined) {
      names = Object.freeze([...this.origins(relation, attribute).keys()].sort());
      columns.set(attribute, names);
    }
    return names;
  }
}
