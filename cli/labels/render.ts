import { Document, isMap, isScalar, YAMLSeq } from 'yaml';
import { oneLine, plural, printableJson } from '../reporters/text.ts';
import type { Suggestions } from './suggest.ts';

export interface SuggestReport extends Suggestions {
  readonly resource: string;
  /** What is written down already, of all resources, as it stands there. */
  readonly existing: Readonly<Record<string, unknown>>;
  /** Keys of the resource's that name nothing that is there. */
  readonly stale: ReadonlySet<string>;
}

/** A data file for the policies' folder: what is there stays, what is new says why. */
export function renderYaml(report: SuggestReport): string {
  const labels = entriesOf(report);
  const document = new Document({ labels: Object.fromEntries(labels.map(({ key, labels: list }) => [key, list])) });
  document.commentBefore = [
    summary(report),
    ...report.skipped.map(({ table, reason }) => `not looked at: ${table} (${reason})`),
  ]
    .map((line) => ` ${oneLine(line)}`)
    .join('\n');
  const map = document.get('labels');
  if (isMap(map)) {
    for (const [index, pair] of map.items.entries()) {
      const comment = labels[index]?.comment;
      if (comment !== undefined && isScalar(pair.key)) pair.key.commentBefore = ` ${oneLine(comment)}`;
      if (pair.value instanceof YAMLSeq) pair.value.flow = true;
    }
  }
  return document.toString({ lineWidth: 0 });
}

/** The same for programs. `labels` is what belongs into data; the rest is about it. */
export function renderJson(report: SuggestReport): string {
  const { skipped, stale, suggestions, tables, columns } = report;
  const labels = Object.fromEntries(entriesOf(report).map(({ key, labels: list }) => [key, list]));
  const added = Object.fromEntries(suggestions.map(({ key, evidence }) => [key, evidence]));
  return `${printableJson({ labels, new: added, stale: [...stale].sort(), skipped, tables, columns })}\n`;
}

interface Entry {
  readonly key: string;
  readonly labels: unknown;
  readonly comment: string | undefined;
}

function entriesOf({ existing, suggestions, stale }: SuggestReport): Entry[] {
  const kept = Object.entries(existing).map(([key, labels]) => ({
    key,
    labels,
    comment: stale.has(key) ? 'stale: there is no such column' : undefined,
  }));
  const added = suggestions.map(({ key, labels, evidence }) => ({
    key,
    labels,
    comment: `new: ${evidence.join('; ')}`,
  }));
  return [...kept, ...added].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function summary({ resource, tables, columns, suggestions, existing, stale, skipped }: SuggestReport): string {
  const parts = [
    `${suggestions.length} new`,
    `${Object.keys(existing).length} kept`,
    ...(stale.size === 0 ? [] : [`${stale.size} of them stale`]),
    ...(skipped.length === 0 ? [] : [`${plural(skipped.length, 'table')} not looked at`]),
  ];
  return `labels of ${resource}: ${plural(tables, 'table')}, ${plural(columns, 'column')}; ${parts.join(', ')}`;
}
