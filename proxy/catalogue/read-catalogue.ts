import type { Catalogue } from '../../engine/catalogue.ts';
import type { RunQuery } from './connection.ts';
import type { CatalogueContent } from './content.ts';
import { FormerNames } from './former-names.ts';
import { assignLabels, type AssignedLabels } from './labels/assign.ts';
import { readDataLabels } from './labels/data-labels.ts';
import { readContent } from './read.ts';
import { defaultCatalogueLimits, type CatalogueLimits } from './settings.ts';
import { TargetCatalogue } from './target-catalogue.ts';

/** A catalogue with what it was made of. */
export interface LabelledCatalogue {
  readonly content: CatalogueContent;
  readonly assigned: AssignedLabels;
  readonly catalogue: Catalogue;
}

export interface GivenLabels {
  /** The resource's name. */
  readonly resource: string;
  /** `data.labels`, as policy data holds it. */
  readonly labels?: unknown;
}

/**
 * Reads a target's catalogue once, as it is now.
 *
 * @param run statements of a connection that is in no transaction: `runWith(client)` of node-postgres
 * @throws Error when the target cannot be asked, TypeError when the labels cannot be read
 */
export async function readCatalogue(run: RunQuery, given: GivenLabels): Promise<Catalogue> {
  const { catalogue } = await readLabelled(run, given);
  return catalogue;
}

/** As readCatalogue, with all that tools want to know. */
export async function readLabelled(
  run: RunQuery,
  { resource, labels }: GivenLabels,
  limits: CatalogueLimits = defaultCatalogueLimits,
): Promise<LabelledCatalogue> {
  const { entries, problems } = readDataLabels(labels);
  if (problems.length > 0) throw new TypeError(problems.join(' '));
  const content = await readContent(run, limits);
  if (content === undefined) throw new TypeError('Nothing was read.');
  const former = FormerNames.none;
  const own = entries.filter((entry) => entry.resource === resource);
  const assigned = assignLabels(content, own, former);
  return {
    content,
    assigned,
    catalogue: new TargetCatalogue(`${resource} ${content.digest}`, content, assigned, former),
  };
}
