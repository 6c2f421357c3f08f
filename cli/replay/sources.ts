import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { SallyportError } from '../../engine/errors.ts';
import { shownPath } from '../policy-project.ts';
import { globToRegExp, isGlob } from './glob.ts';

/** A file of recordings, or standard input. */
export interface Source {
  /** Absent: standard input. */
  readonly path?: string;
  /** What reports call it: relative to the working directory where it stands below it, and `stdin`. */
  readonly shown: string;
  /** On the disk; 0 for standard input. */
  readonly bytes: number;
  /** The session that its name says it holds, as the gateway names recordings; nobody else's is looked for in it. */
  readonly session?: string;
}

const recordingName = /\.jsonl(\.gz)?$/;
const sessionName = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl(\.gz)?$/;

/**
 * The files that arguments name: folders (every `.jsonl` and `.jsonl.gz` below), files of any name, globs that no shell
 * has expanded, and `-` for standard input. Each once, by the name that is shown.
 *
 * @throws SallyportError SP_USAGE when an argument names nothing
 */
export async function findSources(places: readonly string[]): Promise<Source[]> {
  const found = new Map<string, Source>();
  for (const place of places) {
    for (const source of await sourcesAt(place)) found.set(source.shown, source);
  }
  return [...found.values()].sort((a, b) => (a.shown < b.shown ? -1 : 1));
}

async function sourcesAt(place: string): Promise<Source[]> {
  if (place === '-') return [{ shown: 'stdin', bytes: 0 }];
  // A file may have a star in its name.
  const paths = isGlob(place) && !existsSync(place) ? await expand(place) : [place];
  const sources: Source[] = [];
  for (const path of paths) sources.push(...(await below(path)));
  if (sources.length > 0) return sources;
  throw new SallyportError('SP_USAGE', `There are no recordings at ${place}.`, {
    help: 'Give recordings (.jsonl, .jsonl.gz), folders or globs of them, or - for standard input.',
  });
}

async function below(path: string, named = true): Promise<Source[]> {
  const entry = await stat(path).catch((cause: unknown) => {
    // A recording that was moved away while folders are read is not an argument that names nothing.
    if (!named) return undefined;
    throw new SallyportError('SP_USAGE', `There are no recordings at ${path}.`, { cause });
  });
  if (entry === undefined) return [];
  if (!entry.isDirectory()) {
    const session = sessionName.exec(basename(path))?.[1];
    return [{ path, shown: shownPath(path), bytes: entry.size, ...(session === undefined ? {} : { session }) }];
  }
  const sources: Source[] = [];
  for (const child of await readdir(path, { withFileTypes: true })) {
    if (child.isDirectory() || recordingName.test(child.name))
      sources.push(...(await below(join(path, child.name), false)));
  }
  return sources;
}

/** The paths that a glob matches, found from its last folder without a star on. */
async function expand(glob: string): Promise<string[]> {
  const pattern = glob.split(sep).join('/');
  const fixed = pattern.slice(0, pattern.search(/[*?]/));
  const start = fixed.slice(0, fixed.lastIndexOf('/') + 1);
  const matcher = globToRegExp(pattern, { path: true });
  const depth = pattern.includes('**') ? Infinity : pattern.slice(start.length).split('/').length;
  return walk(start, depth, matcher);
}

async function walk(folder: string, depth: number, matcher: RegExp): Promise<string[]> {
  const children = await readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch(() => []);
  const paths: string[] = [];
  for (const child of children) {
    const path = `${folder}${child.name}`;
    if (matcher.test(path)) paths.push(path);
    else if (child.isDirectory() && depth > 1) paths.push(...(await walk(`${path}/`, depth - 1, matcher)));
  }
  return paths;
}
