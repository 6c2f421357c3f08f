import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SallyportError } from '../../engine/errors.ts';
import { readPolicyFolder } from '../../engine/policy-folder.ts';
import { isPack, placePath } from '../../engine/policy-sources.ts';
import { messageOf } from '../../engine/message-of.ts';

/** How a project wants its policies linted. */
export interface LintProject {
  /** The folder that patterns of ignored files are relative to: that of the configuration, else the working directory. */
  readonly root: string;
  /** Where the configuration was found. */
  readonly configFile: string | undefined;
  readonly config: string | undefined;
  /** The project's own rules, from .regal/rules. */
  readonly rules: Readonly<Record<string, string>>;
}

/**
 * Looks for the configuration as Regal does: from the one place that is given (from the working directory where there
 * are several) upwards, for `.regal/config.yaml` and `.regal.yaml`; the nearer one counts.
 *
 * @param configFile instead of that; own rules are looked for all the same
 * @throws SallyportError SP_CONFIG_INVALID: both stand in one folder, or the file that was named is not there
 */
export async function findLintProject(places: readonly string[], configFile?: string): Promise<LintProject> {
  const [only, ...others] = places;
  const start = resolve(only === undefined || others.length > 0 || isPack(only) ? '.' : placePath(only));
  const folder = findAbove(start, '.regal', true);
  const file = findAbove(start, '.regal.yaml', false);
  const anchor = nearer(folder, file);
  const found = configFile ?? choose(folder, file);
  const rules = folder === undefined ? undefined : join(folder, 'rules');
  return {
    root: anchor === undefined ? process.cwd() : dirname(anchor),
    configFile: found,
    config: found === undefined ? undefined : await readConfig(found),
    rules: rules !== undefined && isFolder(rules) ? (await readPolicyFolder(rules)).modules : {},
  };
}

function choose(folder: string | undefined, file: string | undefined): string | undefined {
  if (folder !== undefined && file !== undefined && dirname(folder) === dirname(file)) {
    throw new SallyportError('SP_CONFIG_INVALID', `There are both ${folder} and ${file}.`, {
      help: 'Keep one of them.',
    });
  }
  if (folder === undefined || nearer(folder, file) === file) return file;
  const inside = join(folder, 'config.yaml');
  return existsSync(inside) ? inside : undefined;
}

/** The one that stands in the deeper folder. */
function nearer(folder: string | undefined, file: string | undefined): string | undefined {
  if (folder === undefined || file === undefined) return folder ?? file;
  return dirname(file).length > dirname(folder).length ? file : folder;
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = messageOf(cause);
    throw new SallyportError('SP_CONFIG_INVALID', `The configuration cannot be read: ${why}`, { cause });
  }
}

function findAbove(start: string, name: string, folder: boolean): string | undefined {
  for (let at = isFolder(start) ? start : dirname(start); ; at = dirname(at)) {
    const candidate = join(at, name);
    if (existsSync(candidate) && isFolder(candidate) === folder) return candidate;
    if (dirname(at) === at) return undefined;
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** A file's name for the linter: relative to the project's root where it stands below it, so that patterns fit. */
export function nameInProject(project: LintProject, file: string): string {
  const path = relative(project.root, resolve(file));
  return path.startsWith('..') ? resolve(file) : path.split(sep).join('/');
}
