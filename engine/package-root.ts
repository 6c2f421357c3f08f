import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/**
 * The folder of Sallyport's package.json, where the files stand that are not compiled (the compiler's artifact, the
 * policies' library): the code itself may run from its source or from `dist`.
 *
 * @throws Error when it is not found: the package was taken apart
 */
export function packageRoot(): string {
  root ??= find(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function find(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'sallyport') {
      return folder;
    }
  }
  const parent = dirname(folder);
  if (parent === folder) throw new Error('The root of the sallyport package was not found.');
  return find(parent);
}
