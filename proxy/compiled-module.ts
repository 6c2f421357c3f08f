import { fileURLToPath, pathToFileURL } from 'node:url';
import { join, relative, resolve, dirname } from 'node:path';
import { packageRoot } from '../engine/package-root.ts';

/**
 * Where a worker thread's module stands in JavaScript: Node 20 cannot start one from TypeScript, so code that itself
 * runs from its sources (the tests) starts the one that was built.
 *
 * @param from import.meta.url of the asking module
 * @param module the TypeScript module, relative to it
 */
export function compiledModule(from: string, module: string): URL {
  const own = fileURLToPath(from);
  const wanted = resolve(dirname(own), module).replace(/\.ts$/, '.js');
  return pathToFileURL(own.endsWith('.ts') ? join(packageRoot(), 'dist', relative(packageRoot(), wanted)) : wanted);
}
