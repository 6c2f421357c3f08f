// Builds the policy compiler from its Go sources: `node engine/compiler/build-artifact.js` writes
//
//   artifact/policy-compiler.wasm.br   the program, compressed (takes some minutes)
//   artifact/policy-compiler.json      the digest of its raw bytes, and the versions it was built of
//   THIRD_PARTY_LICENSES               the notices of what it links
//
// and `--check` tells whether the committed ones are what the sources give. Exit code 0: they are, or there is no Go
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

/** @typedef {{ sha256: string, bytes: number, go: string, opa: string }} ArtifactRecord */

async function build() {
  const go = await findGo();
  if (go === undefined) throw new Error('Go is not installed');
  const program = await buildProgram(go);
  /** @type {ArtifactRecord} */
  const record = {
    sha256: digest(program),
    bytes: program.length,
    go: (await go(['env', 'GOVERSION'])).trim(),
    opa: (await go(['list', '-m', '-f', '{{.Version}}', 'github.com/open-policy-agent/opa'])).trim(),
  };
  if ((await committedDigest().catch(() => undefined)) !== record.sha256) {
    await writeFile(artifactFile, await compress(program));
  }
  await writeFile(recordFile, `${JSON.stringify(record, undefined, 2)}\n`);
  await writeFile(licensesFile, await renderLicenses(go));
  return `policy-compiler.wasm: ${describe(record)}`;
}

/** @returns {Promise<{ message: string, exitCode: number }>} */
async function check() {
  /** @type {unknown} */
  const recorded = JSON.parse(await readFile(recordFile, 'utf8'));
  const record = /** @type {ArtifactRecord} */ (recorded);
  const committed = await committedDigest();
  if (committed !== record.sha256) {
    return { exitCode: 1, message: `the artifact is not the recorded one: ${committed} instead of ${record.sha256}` };
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

/** @param {Buffer} program */
async function compress(program) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  return promisify(brotliCompress)(program, {
    // The largest window: it saves a sixth.
    params: { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: program.length },
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
  const { message, exitCode } = process.argv.includes('--check') ? await check() : pass(await build());
  console.log(message);
  process.exitCode = exitCode;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
