import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SallyportError } from './errors.ts';
import { isObject } from './is-object.ts';
import { packageRoot } from './package-root.ts';
import { mergeData, readPolicyFolder, type PolicySources } from './policy-folder.ts';

const packPrefix = 'pack:';

/**
 * Reads policies from several places as if they stood in one: folders, single `.rego` files, and `pack:NAME` for a pack
 * that comes with Sallyport. Data documents are merged; a file that two places share is read once.
 *
 * Modules are named relative to the deepest folder that holds all places, those of a pack by `pack:NAME/…`: neither the
 * working directory, nor where that folder stands, nor the places' order changes what is built.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND; SP_POLICY_INVALID as readPolicyFolder, and where two places' data collide
 */
export async function readPolicySources(places: readonly string[]): Promise<PolicySources> {
  const distinct = withoutRepetitions(places);
  const modules: Record<string, string> = {};
  const files: Record<string, string> = {};
  const data: Record<string, unknown> = {};
  const folders = await Promise.all(distinct.filter((place) => !isPack(place)).map(folderOf));
  const root = folders.length === 0 ? '' : commonFolder(folders);
  for (const place of distinct) {
    const path = placePath(place);
    const sources = await readPolicyFolder(path);
    for (const [name, file] of Object.entries(sources.files)) {
      const shown = isPack(place) ? `${place}/${name}` : relative(root, file).split(sep).join('/');
      modules[shown] = sources.modules[name] ?? '';
      files[shown] = file;
    }
    if (isObject(sources.data)) mergeData(data, sources.data, place);
  }
  return { modules, data, files };
}

/** Without the places that stand in another one: their data would be read a second time, at another path. */
function withoutRepetitions(places: readonly string[]): string[] {
  const paths = places.map((place) => resolve(placePath(place)));
  return places.filter((_place, index) => {
    const own = paths[index] ?? '';
    return !paths.some(
      (other, at) => (other === own && at < index) || (other !== own && own.startsWith(other.replace(/[/\\]?$/, sep))),
    );
  });
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
  const entry = await stat(absolute).catch((cause: unknown) => {
    throw new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no policy folder or bundle at ${path}.`, { cause });
  });
  return entry.isDirectory() ? absolute : dirname(absolute);
}

function commonFolder(folders: readonly string[]): string {
  return folders.reduce((common, folder) => {
    let shared = common;
    while (relative(shared, folder).startsWith('..')) shared = dirname(shared);
    return shared;
  });
}
