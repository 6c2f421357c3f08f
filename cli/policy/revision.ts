import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { digestOf, type PolicySources } from '../../engine/policy-folder.ts';
import { readLibrary } from '../../engine/load.ts';
import { isPack } from '../../engine/policy-sources.ts';

/** What identifies a bundle, and where that was taken from. */
export interface Revision {
  readonly revision: string;
  readonly origin: 'git' | 'git, with changes' | 'sources';
}

/**
 * The revision of sources that nobody named: the commit that is checked out where they stand. Where their files differ
 * from it, `-dirty.` and the sources' digest follow, so that two states of one working tree are two revisions. Without git,
 * or when the places belong to several repositories, the digest alone.
 */
export async function defaultRevision(places: readonly string[], sources: PolicySources): Promise<Revision> {
  const digest = digestOf(await readLibrary(), sources);
  const states = await Promise.all(places.filter((place) => !isPack(place)).map(gitState));
  const [first, ...others] = states;
  if (first === undefined || others.some((state) => state?.commit !== first.commit)) {
    return { revision: digest, origin: 'sources' };
  }
  return states.some((state) => state?.dirty === true)
    ? { revision: `${first.commit}-dirty.${digest}`, origin: 'git, with changes' }
    : { revision: first.commit, origin: 'git' };
}

interface GitState {
  readonly commit: string;
  /** A file that is read is not as it was committed, is gone, or was never committed (ignored ones are read, too). */
  readonly dirty: boolean;
}

const isRead = ['**/*.rego', '**/data.json', '**/data.yaml', '**/data.yml', '.manifest'].map(
  (path) => `:(glob)${path}`,
);
const isLeftOut = ['**/node_modules/**', '**/.*/**'].map((path) => `:(exclude,glob)${path}`);

async function gitState(place: string): Promise<GitState | undefined> {
  const path = resolve(place);
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const specs = isFolder ? [...isRead, ...isLeftOut] : [`:(literal)${basename(path)}`];
  const commit = await git(folder, ['rev-parse', '--verify', 'HEAD']);
  const changes = await git(folder, [
    'status',
    '--porcelain',
    '--untracked-files=all',
    '--ignored=matching',
    '--',
    ...specs,
  ]);
  return commit === undefined || changes === undefined ? undefined : { commit: commit.trim(), dirty: changes !== '' };
}

/** What git prints, or undefined where there is no git, no repository, or no commit. */
async function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  // In a hook, git's variables name a repository and an index; here the folder does.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  try {
    // Looking must not change anything, nor run a program that the repository names.
    const { stdout } = await promisify(execFile)('git', ['-c', 'core.fsmonitor=false', ...args], {
      cwd: folder,
      env: { ...env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch {
    return undefined;
  }
}
