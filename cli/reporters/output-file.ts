import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SallyportError } from '../../engine/errors.ts';
import { makeFolder } from '../folders.ts';
import { messageOf } from '../../engine/message-of.ts';

/**
 * Writes a whole file or leaves the old one as it was; makes its folder.
 *
 * @throws SallyportError SP_OUTPUT_FAILED
 */
export function writeOutput(file: string, content: string | Uint8Array): void {
  // Beside the file, so that the rename stays within one file system.
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    makeFolder(dirname(file));
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (cause) {
    removeIfThere(temporary);
    throw failure(file, cause);
  }
}

/**
 * Adds to the end of a file.
 *
 * @throws SallyportError SP_OUTPUT_FAILED
 */
export function appendOutput(file: string, content: string): void {
  try {
    appendFileSync(file, content);
  } catch (cause) {
    throw failure(file, cause);
  }
}

/** What could not be made cannot always be removed, and the first error is the one to tell. */
function removeIfThere(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    return;
  }
}

function failure(file: string, cause: unknown): SallyportError {
  const why = messageOf(cause);
  return new SallyportError('SP_OUTPUT_FAILED', `${file} cannot be written: ${why}`, {
    help: 'Give a path in a folder that this user may write to.',
    cause,
  });
}
