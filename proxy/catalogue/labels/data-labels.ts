import { isLabel } from './label-name.ts';
import { readLabelPath, type LabelPath } from './label-path.ts';

/** One entry of `data.labels`. */
export interface LabelEntry extends LabelPath {
  /** The entry's key, as it is written. */
  readonly key: string;
  readonly labels: readonly string[];
}

/** What policy data says of columns. */
export interface DataLabels {
  readonly entries: readonly LabelEntry[];
  /** Why it cannot be relied on, a sentence for each fault; then nothing is known of any target's columns. */
  readonly problems: readonly string[];
}

const SHAPE = 'resource.schema.relation.column, or resource.schema.relation.* for all of its columns';

/**
 * Reads `data.labels`: `{"shop.public.customers.email": ["pii", "email"]}`, or one label as a string.
 *
 * @param value as it stands in the data; undefined: there is none
 */
export function readDataLabels(value: unknown): DataLabels {
  if (value === undefined) return { entries: [], problems: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { entries: [], problems: ['data.labels is no object of columns and their labels.'] };
  }
  const entries: LabelEntry[] = [];
  const problems: string[] = [];
  for (const [key, given] of Object.entries(value)) {
    const path = readLabelPath(key);
    const labels = labelsOf(given);
    if (path === undefined) problems.push(`data.labels names ${JSON.stringify(key)}, which is not ${SHAPE}.`);
    else if (typeof labels === 'string') problems.push(`data.labels[${JSON.stringify(key)}] ${labels}.`);
    else entries.push({ ...path, key, labels });
  }
  return { entries, problems };
}

/** @returns what is wrong with them, where something is */
function labelsOf(value: unknown): readonly string[] | string {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) return 'is empty: name a label, or leave the entry out';
  const labels: string[] = [];
  for (const one of list) {
    if (typeof one !== 'string') return 'is neither a label nor a list of labels';
    if (!isLabel(one))
      return `holds ${JSON.stringify(one)}, which is no label: letters, digits, _ - . : / and no spaces`;
    labels.push(one);
  }
  return [...new Set(labels)].sort();
}
