// Builds the committed artifacts from their Go sources: `node engine/artifacts/build.js [compiler] [linter]` writes
//
//   artifact/<name>.wasm.br   the program, compressed (takes some minutes)
//   artifact/<name>.json      the digest of its raw bytes, and the versions it was built of
//   THIRD_PARTY_LICENSES      the notices of what it links
//
// `--quick` compresses at once and worse, for work on the Go sources; a build without it compresses well again. The
// program itself is the same.
//
// `--check` tells whether the committed ones are what the sources give. Exit code 0: they are, or there is no Go
// here to build with (never so on CI); 1: they are not; 2: it could not be told.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { buildProgram, findGo } from './go-toolchain.js';
import { programs } from './programs.js';
import { freeze } from './snapshot.js';
import { renderLicenses } from './third-party-licenses.js';

/** @typedef {import('./programs.js').GoProgram} GoProgram */
/** @typedef {{ sha256: string, bytes: number, go: string, modules: Record<string, string>, brotli: number }} ArtifactRecord */

// Qualities of brotli. The best takes two minutes and saves a quarter.
const best = constants.BROTLI_MAX_QUALITY;
const quick = 5;

/** @param {GoProgram} program */
function filesOf({ folder, name }) {
  return {
    artifact: join(folder, 'artifact', `${name}.wasm.br`),
    record: join(folder, 'artifact', `${name}.json`),
    licenses: join(folder, 'THIRD_PARTY_LICENSES'),
  };
}

/** @param {GoProgram} program @param {number} quality */
async function build(program, quality) {
  const go = await findGo(program.folder);
  if (go === undefined) throw new Error('Go is not installed');
  const files = filesOf(program);
  const bytes = await make(program, go);
  const record = await describeBuild(program, go, bytes, quality);
  const committed = await committedDigest(program).catch(() => undefined);
  const last = await committedRecord(program).catch(() => undefined);
  await mkdir(join(program.folder, 'artifact'), { recursive: true });
  // Good compression is kept by a quick build, too.
  if (committed === record.sha256 && (last?.brotli ?? 0) >= quality) record.brotli = last?.brotli ?? quality;
  else await writeFile(files.artifact, await compress(bytes, quality));
  await writeFile(files.record, `${JSON.stringify(record, undefined, 2)}\n`);
  await writeFile(files.licenses, await renderLicenses(go, program.preface));
  return pass(`${program.name}.wasm: ${describe(record)}`);
}

/** @param {GoProgram} program @returns {Promise<{ message: string, exitCode: number }>} */
async function check(program) {
  const { name, folder, preface } = program;
  const record = await committedRecord(program);
  const committed = await committedDigest(program);
  if (committed !== record.sha256) {
    return fail(1, `${name} is not the recorded one: ${committed} instead of ${record.sha256}`);
  }
  if (record.brotli !== best) {
    return fail(1, `${name} is compressed quickly, for work on it alone: run npm run artifact:build`);
  }
  const go = await findGo(folder, record.go);
  if (go === undefined) {
    const skipped = `rebuilding ${name}: skipped, because Go (${record.go}) is not installed`;
    return process.env['CI'] === 'true' ? fail(2, `${skipped}; CI must have it`) : pass(skipped);
  }
  const rebuilt = digest(await make(program, go));
  if (rebuilt !== record.sha256) {
    return fail(1, `${name}: the sources give ${rebuilt}, committed is ${record.sha256}: run npm run artifact:build`);
  }
  if ((await readFile(filesOf(program).licenses, 'utf8')) !== (await renderLicenses(go, preface))) {
    return fail(1, `${name}: THIRD_PARTY_LICENSES is not what the sources give: run npm run artifact:build`);
  }
  return pass(`the sources give the committed ${name}: ${describe(record)}`);
}

/**
 * The artifact's bytes: the program as Go builds it, or frozen after its setup.
 *
 * @param {GoProgram} program @param {import('./go-toolchain.js').Go} go
 */
async function make({ name, setup }, go) {
  const built = await buildProgram(go, name);
  if (setup === undefined) return built;
  const { bytes, answer } = await freeze(built, await setup.request(), setup.environment);
  /** @type {unknown} */
  const parsed = JSON.parse(answer);
  const { error } = /** @type {{ error?: { message: string } }} */ (parsed);
  if (error !== undefined) throw new Error(`${name} could not be set up: ${error.message}`);
  return bytes;
}

/**
 * @param {GoProgram} program @param {import('./go-toolchain.js').Go} go @param {Buffer} bytes @param {number} brotli
 * @returns {Promise<ArtifactRecord>}
 */
async function describeBuild(program, go, bytes, brotli) {
  const versions = program.modules.map(async (path) => {
    const version = await go(['list', '-m', '-f', '{{.Version}}', path]);
    return /** @type {const} */ ([path, version.trim()]);
  });
  return {
    sha256: digest(bytes),
    bytes: bytes.length,
    go: (await go(['env', 'GOVERSION'])).trim(),
    modules: Object.fromEntries(await Promise.all(versions)),
    brotli,
  };
}

/** @param {string} message */
function pass(message) {
  return { exitCode: 0, message };
}

/** @param {number} exitCode @param {string} message */
function fail(exitCode, message) {
  return { exitCode, message };
}

/** The digest of what is compressed: the compressed bytes may differ between versions of brotli. @param {GoProgram} program */
async function committedDigest(program) {
  return digest(await promisify(brotliDecompress)(await readFile(filesOf(program).artifact)));
}

/** @param {GoProgram} program */
async function committedRecord(program) {
  /** @type {unknown} */
  const recorded = JSON.parse(await readFile(filesOf(program).record, 'utf8'));
  return /** @type {ArtifactRecord} */ (recorded);
}

/** @param {Buffer} program @param {number} quality */
async function compress(program, quality) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  return promisify(brotliCompress)(program, {
    // The largest window: it saves a sixth.
    params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: program.length },
  });
}

/** @param {Buffer} bytes */
function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @param {ArtifactRecord} record */
function describe({ sha256, bytes, go, modules }) {
  const versions = Object.entries(modules).map(
    ([path, version]) => `${path.slice(path.lastIndexOf('/') + 1)} ${version}`,
  );
  return `sha256 ${sha256}, ${bytes} bytes, ${go}, ${versions.join(', ')}`;
}

try {
  const words = process.argv.slice(2);
  const named = words.filter((word) => !word.startsWith('--'));
  const chosen = (named.length > 0 ? named : Object.keys(programs)).map((name) => {
    const program = programs[name];
    if (program === undefined) throw new Error(`there is no program ${name}: ${Object.keys(programs).join(', ')}`);
    return program;
  });
  for (const program of chosen) {
    const { message, exitCode } = words.includes('--check')
      ? await check(program)
      : await build(program, words.includes('--quick') ? quick : best);
    console.log(message);
    process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCode);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
