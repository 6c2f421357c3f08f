import { readFileSync, statSync } from 'node:fs';

/** Gives the lines of a file that findings point into, or undefined where it cannot be shown. */
export type SourceReader = (file: string) => readonly string[] | undefined;

/** A file that is longer was not written by hand, and its lines would not help. */
const maximumBytes = 4 * 1024 * 1024;

/** Reads files when they are asked for, each of them once. Paths are relative to the working directory. */
export function createSourceReader(): SourceReader {
  const known = new Map<string, readonly string[] | undefined>();
  return (file) => {
    if (!known.has(file)) known.set(file, readLines(file));
    return known.get(file);
  };
}

/** What cannot be read (removed since, another machine's path, a device) is not worth an error: only a line is missing. */
function readLines(file: string): readonly string[] | undefined {
  try {
    const status = statSync(file);
    // A folder, a pipe or a device would fail, wait, or never end.
    if (!status.isFile() || status.size > maximumBytes) return undefined;
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch {
    return undefined;
  }
}
