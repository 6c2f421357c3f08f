import type { Catalogue } from '../../engine/catalogue.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { FormerNames } from '../../proxy/catalogue/former-names.ts';
import { assignLabels } from '../../proxy/catalogue/labels/assign.ts';
import { readDataLabels } from '../../proxy/catalogue/labels/data-labels.ts';
import { NOTHING } from '../../proxy/catalogue/nothing.ts';
import { TargetCatalogue } from '../../proxy/catalogue/target-catalogue.ts';
import type { WrittenCatalogue } from './types.ts';
import { writtenContent } from './written-content.ts';

/** Gives the catalogue of a resource, labelled by policy data as a gateway would label it. */
export type CatalogueOf = (resource: string, labels: unknown) => Catalogue;

/**
 * Makes catalogues of a written one.
 *
 * @returns what is wrong with it, a sentence each, where something is
 */
export function writtenCatalogue(
  written: WrittenCatalogue,
  dialect: Pick<Dialect, 'name' | 'lineage'>,
): { readonly catalogueOf: CatalogueOf } | { readonly problems: readonly string[] } {
  if (dialect.lineage === undefined) return { problems: [`the dialect ${dialect.name} does not follow values`] };
  const { content, problems } = writtenContent(written, dialect);
  if (problems.length > 0) return { problems };
  const known = new Map<string, { readonly labels: unknown; readonly catalogue: Catalogue }>();
  const catalogueOf: CatalogueOf = (resource, labels) => {
    const before = known.get(resource);
    if (before !== undefined && before.labels === labels) return before.catalogue;
    const { entries, problems: faults } = readDataLabels(labels);
    const own = entries.filter((entry) => entry.resource === resource);
    // Labels that cannot be read: a gateway knows nothing of any column then.
    const catalogue =
      faults.length > 0
        ? NOTHING
        : new TargetCatalogue(
            `${resource} ${versions++}`,
            content,
            assignLabels(content, own, FormerNames.none),
            FormerNames.none,
          );
    known.set(resource, { labels, catalogue });
    return catalogue;
  };
  return { catalogueOf };
}

/** No two catalogues of a process are alike: dialects remember by version. */
let versions = 0;
