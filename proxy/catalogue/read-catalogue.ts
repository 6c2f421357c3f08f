import type { Catalogue } from '../../engine/catalogue.ts';
import type { RunQuery } from './connection.ts';
import { FormerNames } from './former-names.ts';
import { assignLabels } from './labels/assign.ts';
import { readDataLabels } from './labels/data-labels.ts';
import { readContent } from './read.ts';
import { defaultCatalogueLimits } from './settings.ts';
import { TargetCatalogue } from './target-catalogue.ts';

/**
 * Reads a target's catalogue once, as it is now.
 *
 * @param run statements of a connection that is in no transaction: `runWith(client)` of node-postgres
 * @param given the resource's name, and `data.labels` as policy data holds it
 * @throws Error when the target cannot be asked, TypeError when the labels cannot be read
 */
export async function readCatalogue(
  run: RunQuery,
  { resource, labels }: { readonly resource: string; readonly labels?: unknown },
): Promise<Catalogue> {
  const { entries, problems } = readDataLabels(labels);
  if (problems.length > 0) throw new TypeError(problems.join(' '));
  const content = await readContent(run, defaultCatalogueLimits);
  if (content === undefined) throw new TypeError('Nothing was read.');
  const former = FormerNames.none;
  const own = entries.filter((entry) => entry.resource === resource);
  return new TargetCatalogue(`${resource} ${content.digest}`, content, assignLabels(content, own, former), former);
}
