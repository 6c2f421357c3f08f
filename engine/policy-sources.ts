import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SallyportError } from './errors.ts';
import { isObject } from './is-object.ts';
import { packageRoot } from './package-root.ts';
import { mergeData, readPolicyFolder, type PolicySources } from './policy-folder.ts';

const packPrefix = 'pack:';

/**
 * Reads policies from several places as if they stood in one: folders, single `.rego` files, and `pack:NAME` for a pack
 * that comes with Sallyport. Data documents are merged; a file that two places share is read once.
 *
 * A place that stands alone gives modules their names relative to it. Beside others, its folder's own name comes first
 * (`pack:NAME` for a pack), so that the working directory does not change what is built.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND; SP_POLICY_INVALID as readPolicyFolder, and where two places' data collide
 */
export async function readPolicySources(places: readonly string[]): Promise<PolicySources> {
  const [only, ...others] = new Set(places);
  if (only !== undefined && others.length === 0) return readPolicyFolder(placePath(only));
  const labels = new Labels();
  const modules: Record<string, string> = {};
  const files: Record<string, string> = {};
  const data: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const place of new Set(places)) {
    const path = placePath(place);
    const sources = await readPolicyFolder(path);
    const label = isPack(place) ? place : labels.of(await folderOf(path));
    for (const [name, file] of Object.entries(sources.files)) {
      if (seen.has(file)) continue;
      seen.add(file);
      modules[`${label}/${name}`] = sources.modules[name] ?? '';
      files[`${label}/${name}`] = file;
    }
    if (isObject(sources.data)) mergeData(data, sources.data, place);
  }
  return { modules, data, files };
}

/**
 * Where a place stands on disk.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND when there is no such pack
 */
export function placePath(place: string): string {
  if (!isPack(place)) return place;
  const packs = join(packageRoot(), 'policies', 'packs');
  const names = readdirSync(packs).sort();
  const name = place.slice(packPrefix.length);
  if (names.includes(name)) return join(packs, name);
  throw new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no pack ${JSON.stringify(name)}.`, {
    help: `Packs: ${names.join(', ')}.`,
  });
}

/** Whether a place names a pack that comes with Sallyport, and no path. */
export function isPack(place: string): boolean {
  return place.startsWith(packPrefix);
}

async function folderOf(path: string): Promise<string> {
  const absolute = resolve(path);
  return (await stat(absolute)).isDirectory() ? absolute : dirname(absolute);
}

/** A folder's own name, numbered where different folders have the same one. */
class Labels {
  readonly #byFolder = new Map<string, string>();

  of(folder: string): string {
    const known = this.#byFolder.get(folder);
    if (known !== undefined) return known;
    const taken = new Set(this.#byFolder.values());
    const name = basename(folder) || 'root';
    let label = name;
    for (let number = 2; taken.has(label); number += 1) label = `${name}~${number}`;
    this.#byFolder.set(folder, label);
    return label;
  }
}
