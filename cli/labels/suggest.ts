import { columnsOf, type CatalogueContent, type ColumnRow, type RelationRow } from '../../proxy/catalogue/content.ts';
import type { RunQuery } from '../../proxy/catalogue/connection.ts';
import type { LabelledCatalogue } from '../../proxy/catalogue/read-catalogue.ts';
import { describeError } from '../../proxy/log.ts';
import type { DetectorName } from '../../proxy/masking/detectors/index.ts';
import { writeLabelPath } from '../../proxy/catalogue/labels/label-path.ts';
import { hintOf } from './name-evidence.ts';
import { sampleTable, type ColumnFindings, type SampleOptions } from './value-evidence.ts';

/** A column that ought to have labels. */
export interface Suggestion {
  /** As a key of `data.labels`. */
  readonly key: string;
  readonly labels: readonly string[];
  /** Why, a phrase for each reason; never a value. */
  readonly evidence: readonly string[];
}

export interface Suggestions {
  readonly suggestions: readonly Suggestion[];
  /** Tables whose values could not be looked at, and why. */
  readonly skipped: readonly { readonly table: string; readonly reason: string }[];
  readonly tables: number;
  readonly columns: number;
}

export interface SuggestOptions extends SampleOptions {
  readonly resource: string;
  /** Only these; undefined: all that are not the target's own. */
  readonly schemas: readonly string[] | undefined;
  readonly onTable?: (done: number, all: number) => void;
}

const labelsOfKind: Readonly<Record<DetectorName, readonly string[]>> = {
  email: ['pii', 'email'],
  phone: ['pii', 'phone'],
  national_id: ['pii', 'national_id'],
  card: ['financial', 'card'],
  iban: ['financial', 'iban'],
  jwt: ['secret'],
  private_key: ['secret'],
  secret: ['secret'],
};

/** Numbers are taken for one another by chance: these kinds count only where they are many. */
const byChance: ReadonlySet<DetectorName> = new Set(['phone', 'national_id', 'card']);
const SHARE_BY_CHANCE = 0.2;

const sampledKinds = new Set(['r', 'p', 'f']);

/** Looks at names, types and some rows of all tables, and suggests labels for columns that have none. */
export async function suggestLabels(
  run: RunQuery,
  { content, catalogue }: LabelledCatalogue,
  options: SuggestOptions,
): Promise<Suggestions> {
  const { resource, schemas, onTable } = options;
  const relations = [...content.relations.values()].filter((row) => isLookedAt(row, schemas));
  const suggestions: Suggestion[] = [];
  const skipped: { table: string; reason: string }[] = [];
  let columns = 0;
  for (const [index, row] of relations.entries()) {
    onTable?.(index, relations.length);
    const known = catalogue.relationByOid(row.oid);
    const all = columnsOf(row);
    columns += all.length;
    const unlabelled = all.filter(
      ({ name }) => known?.columns.find((column) => column.name === name)?.labels.length === 0,
    );
    const readable = options.rows === 0 ? [] : unlabelled.filter(({ type }) => isText(type, content.types));
    let found: readonly ColumnFindings[] = [];
    try {
      const { schema, name, kind } = row;
      found = await sampleTable(run, { schema, name, kind, columns: readable.map((column) => column.name) }, options);
    } catch (error) {
      skipped.push({ table: `${row.schema}.${row.name}`, reason: describeError(error) });
    }
    for (const column of unlabelled) {
      const one = suggestionFor(
        row,
        column,
        content,
        found.find((finding) => finding.column === column.name),
      );
      if (one === undefined) continue;
      suggestions.push({
        key: writeLabelPath({ resource, schema: row.schema, relation: row.name, column: column.name }),
        ...one,
      });
    }
  }
  onTable?.(relations.length, relations.length);
  suggestions.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { suggestions, skipped, tables: relations.length, columns };
}

/** What inherits has its labels from above; a view's follow from what it is made of. */
function isLookedAt({ schema, kind, parents }: RelationRow, schemas: readonly string[] | undefined): boolean {
  if (!sampledKinds.has(kind) || parents.length > 0) return false;
  return schemas === undefined ? schema !== 'pg_catalog' && schema !== 'information_schema' : schemas.includes(schema);
}

/** Of numbers, too: cards and telephones are kept in them. Not of dates, truth values and the like. */
function isText(type: number, types: CatalogueContent['types']): boolean {
  const row = types.get(type);
  if (row === undefined) return false;
  if (row.kind === 'd') return isText(row.base, types);
  if (row.category === 'A' && row.element !== 0) return isText(row.element, types);
  return ['S', 'N', 'U'].includes(row.category) && !['uuid', 'bytea', 'tsvector', 'oid'].includes(row.name);
}

function suggestionFor(
  row: RelationRow,
  { name, type }: ColumnRow,
  { types }: CatalogueContent,
  found: ColumnFindings | undefined,
): Omit<Suggestion, 'key'> | undefined {
  const labels = new Set<string>();
  const evidence: string[] = [];
  const hint = hintOf(row.name, name, types.get(type)?.name ?? '');
  if (hint !== undefined) {
    for (const label of hint.labels) labels.add(label);
    evidence.push(hint.because);
  }
  for (const [kind, matched] of found?.matched ?? []) {
    const sampled = found?.sampled ?? 0;
    if (byChance.has(kind) && matched < sampled * SHARE_BY_CHANCE) continue;
    for (const label of labelsOfKind[kind]) labels.add(label);
    evidence.push(`${kind} in ${percent(matched, sampled)} of ${sampled} values`);
  }
  return labels.size === 0 ? undefined : { labels: [...labels], evidence };
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? 'fewer than 1 %' : `${Math.round(share)} %`;
}
