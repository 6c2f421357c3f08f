import { isAbsolute, sep } from 'node:path';

/**
 * A path from the repository's root, with slashes: how GitHub and SARIF name files. `root` is where the working directory
 * stands in the repository, such as `teams/data`, or empty.
 */
export function pathFromRoot(file: string, root: string): string;
export function pathFromRoot(file: string | undefined, root: string): string | undefined;
export function pathFromRoot(file: string | undefined, root: string): string | undefined {
  if (file === undefined || root === '' || isAbsolute(file)) return file === undefined ? undefined : slashes(file);
  const steps = root.split('/').filter((step) => step !== '');
  for (const step of slashes(file).split('/')) {
    if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}

/** On Windows only: elsewhere a backslash is a character like others. */
function slashes(path: string): string {
  return sep === '\\' ? path.replaceAll('\\', '/') : path;
}
