import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SallyportError } from '../../engine/errors.ts';

/**
 * Writes a whole file or leaves the old one as it was; makes its folder.
 *
 * @throws SallyportError SP_OUTPUT_FAILED
 */
export function writeOutput(file: string, content: string): void {
  // Beside the file, so that the rename stays within one file system.
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError('SP_OUTPUT_FAILED', `${file} cannot be written: ${why}`, {
      help: 'Give a path in a folder that this user may write to.',
      cause,
    });
  }
}
