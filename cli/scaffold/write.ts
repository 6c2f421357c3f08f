import { constants } from 'node:fs';
import { access, lstat, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SallyportError } from '../../engine/errors.ts';
import { makeFolder } from '../folders.ts';
import type { ScaffoldFile } from './template.ts';
import { messageOf } from '../../engine/message-of.ts';

/** What becomes of a file: `kept` is one that was there before. */
export type FileAction = 'create' | 'replace' | 'keep';

export interface PlannedFile extends ScaffoldFile {
  readonly action: FileAction;
  /** Why it is kept, where that is not because it is there. */
  readonly reason?: string;
}

/**
 * Says what would become of each file, without writing any.
 *
 * @throws SallyportError SP_OUTPUT_FAILED when the folder, or one that it needs, is something else than a folder
 */
export async function planFiles(
  folder: string,
  files: readonly ScaffoldFile[],
  force: boolean,
): Promise<PlannedFile[]> {
  await demandFolder(folder);
  return Promise.all(
    files.map(async (file): Promise<PlannedFile> => {
      // Not followed: a link that leads nowhere is there, too.
      const entry = await lstat(join(folder, file.path)).catch(() => undefined);
      if (entry === undefined) return { ...file, action: 'create' };
      return { ...file, action: force && entry.isFile() ? 'replace' : 'keep' };
    }),
  );
}

/**
 * Writes what is planned: all of it, or nothing where any folder cannot be written to.
 *
 * @throws SallyportError SP_OUTPUT_FAILED
 */
export async function writeFiles(folder: string, plan: readonly PlannedFile[]): Promise<void> {
  const due = plan.filter(({ action }) => action !== 'keep');
  for (const { path } of due) await demandWritable(dirname(join(folder, path)));
  for (const { path, content, action, executable } of due) {
    const file = join(folder, path);
    try {
      makeFolder(dirname(file));
      // wx: what has come to stand there since is not overwritten.
      await writeFile(file, content, { flag: action === 'create' ? 'wx' : 'w', mode: executable ? 0o777 : 0o666 });
    } catch (cause) {
      throw failed(file, cause);
    }
  }
}

async function demandFolder(folder: string): Promise<void> {
  const entry = await stat(folder).catch(() => undefined);
  if (entry !== undefined && !entry.isDirectory()) {
    throw new SallyportError('SP_OUTPUT_FAILED', `${folder} is not a folder.`, {
      help: 'Name a folder, or none for this one.',
    });
  }
}

/** The folder, or the nearest one above it that is there, must take new files. */
async function demandWritable(folder: string): Promise<void> {
  const entry = await stat(folder).catch(() => undefined);
  const above = dirname(resolve(folder));
  if (entry === undefined && above !== resolve(folder)) {
    await demandWritable(above);
    return;
  }
  if (entry?.isDirectory() === false) throw failed(folder, new Error('it is not a folder'));
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw failed(folder, cause);
  }
}

function failed(path: string, cause: unknown): SallyportError {
  const why = messageOf(cause);
  return new SallyportError('SP_OUTPUT_FAILED', `${path} cannot be written: ${why}.`, {
    help: 'Choose another folder, or make this one writable.',
    cause,
  });
}
