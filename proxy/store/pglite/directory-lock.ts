import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { SallyportError } from '../../../engine/errors.ts';
import { isObject } from '../../../engine/is-object.ts';

/**
 * Keeps a second process out of a directory that only one may write. The lock names its process; one whose process is
 * gone (a gateway that was killed) is taken over.
 *
 * @returns a function that gives the lock up
 * @throws SallyportError SP_STORE_LOCKED
 */
export function lockDirectory(file: string): () => void {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (create(file)) {
      return () => {
        rmSync(file, { force: true });
      };
    }
    const owner = readOwner(file);
    if (owner !== undefined && isAlive(owner)) {
      throw new SallyportError('SP_STORE_LOCKED', `The store is in use by process ${owner.pid} on ${owner.host}.`, {
        help: 'Ask that gateway over its API, stop it, or keep the store in a PostgreSQL that several may share.',
      });
    }
    rmSync(file, { force: true });
  }
  throw new SallyportError('SP_STORE_LOCKED', `The lock ${file} could not be taken.`);
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells a process from a later one of the same number. */
  readonly started: string;
}

function create(file: string): boolean {
  let fd: number;
  try {
    fd = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  const owner: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  writeSync(fd, JSON.stringify(owner));
  closeSync(fd);
  return true;
}

function readOwner(file: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isObject(value)) return undefined;
    const { pid, host, started } = value;
    return typeof pid === 'number' && typeof host === 'string' && typeof started === 'string'
      ? { pid, host, started }
      : undefined;
  } catch {
    return undefined;
  }
}

/** On another host (a shared volume) nobody here can tell, so it counts as alive. */
function isAlive({ pid, host, started }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return startOf(pid) === started;
}

/** When a process began, in the kernel's clock ticks (proc(5), field 22 of stat); "" where there is no /proc. */
function startOf(pid: number): string {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return '';
  try {
    // The name in parentheses may hold spaces and parentheses of its own.
    const fields = readFileSync(stat, 'utf8');
    return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
