// Reads Sallyport's own lint rules. Plain JavaScript: the build of the artifact, which the rules are part of, runs it.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the rules: one folder for each, and `lib`. */
export const rulesFolder = fileURLToPath(new URL('../../policies/lint/', import.meta.url));

/**
 * The Rego of the rules by path below policies/lint.
 *
 * @param {{ tests?: boolean }} [options] tests: with the rules' tests; they are left out otherwise
 * @returns {Promise<Record<string, string>>}
 */
export async function readRules({ tests = false } = {}) {
  const entries = await readdir(rulesFolder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rego') && (tests || !entry.name.endsWith('_test.rego')))
    .map((entry) => relative(rulesFolder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  /** @type {Record<string, string>} */
  const rules = {};
  for (const name of names) rules[name] = await readFile(join(rulesFolder, name), 'utf8');
  return rules;
}
