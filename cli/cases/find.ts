import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { placePath } from '../../engine/policy-sources.ts';

/** Whether a file's name makes it a case file. */
export function isCaseFile(path: string): boolean {
  return /_cases\.(ya?ml|json)$/.test(basename(path));
}

/** What `sallyport test` was pointed at: policies, and the case files among and below them. */
export interface TestPlaces {
  /** Folders, `.rego` files and packs. */
  readonly policies: readonly string[];
  /** Paths of case files, each once, in order. */
  readonly cases: readonly string[];
}

/**
 * Tells case files from policies and finds the case files below folders. Hidden folders and node_modules are left out, as
 * they are for policies. Where nothing but case files was named, their own folders are the policies.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND when there is no such pack
 */
export async function findCaseFiles(places: readonly string[]): Promise<TestPlaces> {
  const given = places.filter(isCaseFile);
  const policies = places.filter((place) => !isCaseFile(place));
  const found: string[] = [...given];
  for (const place of policies) found.push(...(await below(placePath(place))));
  return {
    policies: policies.length > 0 ? policies : [...new Set(given.map((path) => dirname(path)))],
    cases: [...new Map(found.map((path) => [resolve(path), path])).values()],
  };
}

/** @param above folders on the way here, without links: one that leads back up is not followed */
async function below(path: string, above: readonly string[] = []): Promise<string[]> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined || above.includes(real) || !(await stat(real)).isDirectory()) return [];
  const files: string[] = [];
  for (const name of (await readdir(real)).sort()) {
    if (name.startsWith('.') || name === 'node_modules') continue;
    const child = join(path, name);
    // Of a link what it leads to counts, as with policies; one that leads nowhere is no case file.
    const kind = await stat(child).catch(() => undefined);
    if (kind?.isDirectory() === true) files.push(...(await below(child, [...above, real])));
    else if (kind !== undefined && isCaseFile(name)) files.push(child);
  }
  return files;
}
