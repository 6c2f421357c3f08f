import { readdir, stat } from 'node:fs/promises';
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

async function below(path: string): Promise<string[]> {
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isDirectory() !== true) return [];
  const files: string[] = [];
  const entries = await readdir(path, { withFileTypes: true });
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith('.') || name === 'node_modules') continue;
    const child = join(path, name);
    // Of links what they lead to counts, as with policies.
    if ((await stat(child)).isDirectory()) files.push(...(await below(child)));
    else if (isCaseFile(name)) files.push(child);
  }
  return files;
}
