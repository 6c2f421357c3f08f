import type { LabelOrigin } from '../../proxy/catalogue/labels/assign.ts';
import type { LabelledCatalogue } from '../../proxy/catalogue/read-catalogue.ts';

/** A label that is in force, with where it comes from. */
export interface LabelRow {
  readonly column: string;
  readonly label: string;
  readonly from: string;
}

/** All labels of a target's columns, those of what inherits from others too. */
export function labelRows({ content, assigned, catalogue }: LabelledCatalogue): LabelRow[] {
  const rows: LabelRow[] = [];
  for (const { oid } of content.relations.values()) {
    const relation = catalogue.relationByOid(oid);
    for (const { name, attribute, labels } of relation?.columns ?? []) {
      const origins = assigned.origins(oid, attribute);
      for (const label of labels) {
        const from = origins.get(label)?.map(wordsOf).join(', ') ?? 'inherited';
        rows.push({ column: `${relation?.schema ?? ''}.${relation?.name ?? ''}.${name}`, label, from });
      }
    }
  }
  return rows.sort((a, b) => (a.column < b.column ? -1 : 1));
}

function wordsOf(origin: LabelOrigin): string {
  if (origin.kind === 'data') return `data.labels[${JSON.stringify(origin.key)}]`;
  return origin.kind === 'comment' ? 'comment' : `security label of ${origin.provider}`;
}
