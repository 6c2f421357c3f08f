// How the Go programs are built: everything that could change the bytes is pinned here.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

// No paths of this machine, no symbols, no build id and no commit: the bytes depend on the sources and Go alone.
const buildFlags = ['-trimpath', '-ldflags=-s -w -buildid=', '-buildvcs=false', '-buildmode=c-shared'];

// Settings of the person who builds that would change the bytes, or that Go would take from their own settings file.
const unwanted = ['GOEXPERIMENT', 'GOWASM', 'GODEBUG', 'GOFIPS140'];

/** @typedef {(args: readonly string[]) => Promise<string>} Go runs a go command in the source folder, gives its output */

/**
 * The go command on PATH, or undefined where there is none.
 *
 * @param {string} folder the program's: its Go sources stand in `go/` below it
 * @param {string} [version] the version that must run, as `go1.26.8`; Go fetches it where its own version is another
 * @returns {Promise<Go | undefined>}
 */
export async function findGo(folder, version) {
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    GOOS: 'wasip1',
    GOARCH: 'wasm',
    GOFLAGS: '-mod=readonly',
    GOTOOLCHAIN: version ?? 'local',
    GOWORK: 'off',
  };
  for (const name of unwanted) Reflect.deleteProperty(env, name);
  /** @type {Go} */
  const go = async (args) => {
    const { stdout } = await run('go', args, { cwd: join(folder, 'go'), env, maxBuffer: 64 << 20 });
    return stdout;
  };
  try {
    await go(['version']);
    return go;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The program's bytes, built from its sources.
 *
 * @param {Go} go
 * @param {string} name
 * @returns {Promise<Buffer<ArrayBuffer>>}
 */
export async function buildProgram(go, name) {
  const folder = await mkdtemp(join(tmpdir(), `sallyport-${name}-`));
  try {
    const file = join(folder, `${name}.wasm`);
    await go(['build', ...buildFlags, '-o', file, '.']);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
