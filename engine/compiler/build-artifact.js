// Builds the policy compiler from its Go sources: `node engine/compiler/build-artifact.js` writes
//
//   artifact/policy-compiler.wasm.br   the program, compressed (takes some minutes)
//   artifact/policy-compiler.json      the digest of its raw bytes, and the versions it was built of
//   THIRD_PARTY_LICENSES               the notices of what it links
//
// `--quick` compresses at once and worse, for work on the Go sources; a build without it compresses well again. The
// program itself is the same.
//
// `--check` tells whether the committed ones are what the sources give. Exit code 0: they are, or there is no Go
// here to build with (never so on CI); 1: they are not; 2: it could not be told.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { buildProgram, findGo } from './go-toolchain.js';
import { renderLicenses } from './third-party-licenses.js';

const artifactFile = new URL('./artifact/policy-compiler.wasm.br', import.meta.url);
const recordFile = new URL('./artifact/policy-compiler.json', import.meta.url);
const licensesFile = new URL('./THIRD_PARTY_LICENSES', import.meta.url);

/** @typedef {{ sha256: string, bytes: number, go: string, opa: string, brotli: number }} ArtifactRecord */

// Qualities of brotli. The best takes two minutes and saves a quarter.
const best = constants.BROTLI_MAX_QUALITY;
const quick = 5;

/** @param {number} quality */
async function build(quality) {
  const go = await findGo();
  if (go === undefined) throw new Error('Go is not installed');
  const program = await buildProgram(go);
  /** @type {ArtifactRecord} */
  const record = {
    sha256: digest(program),
    bytes: program.length,
    go: (await go(['env', 'GOVERSION'])).trim(),
    opa: (await go(['list', '-m', '-f', '{{.Version}}', 'github.com/open-policy-agent/opa'])).trim(),
    brotli: quality,
  };
  const committed = await committedDigest().catch(() => undefined);
  const last = await committedRecord().catch(() => undefined);
  // Good compression is kept by a quick build, too.
  if (committed === record.sha256 && (last?.brotli ?? 0) >= quality) record.brotli = last?.brotli ?? quality;
  else await writeFile(artifactFile, await compress(program, quality));
  await writeFile(recordFile, `${JSON.stringify(record, undefined, 2)}\n`);
  await writeFile(licensesFile, await renderLicenses(go));
  return `policy-compiler.wasm: ${describe(record)}`;
}

/** @returns {Promise<{ message: string, exitCode: number }>} */
async function check() {
  const record = await committedRecord();
  const committed = await committedDigest();
  if (committed !== record.sha256) {
    return { exitCode: 1, message: `the artifact is not the recorded one: ${committed} instead of ${record.sha256}` };
  }
  if (record.brotli !== best) {
    return {
      exitCode: 1,
      message: 'the artifact is compressed quickly, for work on it alone: run npm run artifact:build',
    };
  }
  const go = await findGo(record.go);
  if (go === undefined) {
    const skipped = `rebuilding the policy compiler: skipped, because Go (${record.go}) is not installed`;
    return process.env['CI'] === 'true' ? { exitCode: 2, message: `${skipped}; CI must have it` } : pass(skipped);
  }
  const rebuilt = digest(await buildProgram(go));
  if (rebuilt !== record.sha256) {
    const message = `the sources give ${rebuilt}, the committed artifact is ${record.sha256}: run npm run artifact:build`;
    return { exitCode: 1, message };
  }
  if ((await readFile(licensesFile, 'utf8')) !== (await renderLicenses(go))) {
    return { exitCode: 1, message: 'THIRD_PARTY_LICENSES is not what the sources give: run npm run artifact:build' };
  }
  return pass(`the sources give the committed artifact: ${describe(record)}`);
}

/** @param {string} message */
function pass(message) {
  return { exitCode: 0, message };
}

/** The digest of what is compressed: the compressed bytes may differ between versions of brotli. */
async function committedDigest() {
  return digest(await promisify(brotliDecompress)(await readFile(artifactFile)));
}

async function committedRecord() {
  /** @type {unknown} */
  const recorded = JSON.parse(await readFile(recordFile, 'utf8'));
  return /** @type {ArtifactRecord} */ (recorded);
}

/**
 * @param {Buffer} program
 * @param {number} quality
 */
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
function describe({ sha256, bytes, go, opa }) {
  return `sha256 ${sha256}, ${bytes} bytes, ${go}, OPA ${opa}`;
}

try {
  const { argv } = process;
  const { message, exitCode } = argv.includes('--check')
    ? await check()
    : pass(await build(argv.includes('--quick') ? quick : best));
  console.log(message);
  process.exitCode = exitCode;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
