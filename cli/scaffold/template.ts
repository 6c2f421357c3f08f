import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../engine/package-root.ts';

/** A file of a scaffold, before it is written. */
export interface ScaffoldFile {
  /** Relative to the scaffold's folder, with `/`. */
  readonly path: string;
  readonly content: string;
  readonly executable: boolean;
}

export type TemplateName = 'project' | 'policy' | 'case' | 'dialect';

/**
 * The files of a template, which stand in templates/ as they are written. A name that begins with `dot-` stands for one
 * that begins with a dot: npm leaves .gitignore out of packages.
 *
 * @param rename what becomes of each file's path
 * @param change what becomes of each file's text
 */
export async function readTemplate(
  name: TemplateName,
  change: (content: string, path: string) => string = (content) => content,
  rename: (path: string) => string = (path) => path,
): Promise<ScaffoldFile[]> {
  const folder = join(packageRoot(), 'cli', 'scaffold', 'templates', name);
  const files: ScaffoldFile[] = [];
  for (const path of await filesBelow(folder, '')) {
    const content = await readFile(join(folder, path), 'utf8');
    const shown = path.replaceAll(/(^|\/)dot-/g, '$1.');
    files.push({ path: rename(shown), content: change(content, shown), executable: content.startsWith('#!') });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function filesBelow(folder: string, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(folder, `${path}/`)));
    else paths.push(path);
  }
  return paths;
}
