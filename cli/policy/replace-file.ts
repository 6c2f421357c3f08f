import { randomUUID } from 'node:crypto';
import { access, chmod, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';

/**
 * Puts another text into a file: all of it or nothing, with the mode it had. A link keeps leading where it led; a file that
 * may not be written stays as it is, although its folder would let it be replaced.
 *
 * @throws Error of the file system; the file is then as it was
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const file = await realpath(path);
  await access(file, constants.W_OK);
  const { mode } = await stat(file);
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Not at open: the umask would take some of it away.
    await chmod(temporary, mode & 0o7777);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
