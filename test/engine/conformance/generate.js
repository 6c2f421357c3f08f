// Writes cases.jsonl.br, OPA's own conformance cases, from the Go module of OPA that the policy compiler links:
// `node test/engine/conformance/generate.js`; `--check` tells whether the committed file is what the module gives.
// Exit code 0: it is, or there is no Go here; 1: it is not; 2: it could not be told.
import { readFile, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';

const file = new URL('./cases.jsonl.br', import.meta.url);
/** The policy compiler's module, so that both are of the same OPA. */
const sourceFolder = fileURLToPath(new URL('../../../engine/compiler/go/', import.meta.url));
const program = fileURLToPath(new URL('./generate.go', import.meta.url));

/** @param {readonly string[]} args */
async function go(args) {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' };
  const { stdout } = await promisify(execFile)('go', args, { cwd: sourceFolder, env, maxBuffer: 64 << 20 });
  return stdout;
}

/** @returns {Promise<string | undefined>} the cases, or undefined where there is no Go */
async function generate() {
  try {
    await go(['version']);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const format = '{{.Dir}}\n{{.Version}}';
  const [folder = '', version = ''] = (await go(['list', '-m', '-f', format, 'github.com/open-policy-agent/opa']))
    .trim()
    .split('\n');
  return go(['run', program, folder, version]);
}

try {
  const text = await generate();
  if (text === undefined) {
    console.log("OPA's conformance cases: skipped, because Go is not installed");
    if (!process.argv.includes('--check') || process.env['CI'] === 'true') process.exitCode = 2;
  } else if (process.argv.includes('--check')) {
    const committed = (await promisify(brotliDecompress)(await readFile(file))).toString('utf8');
    if (committed === text) console.log("OPA's conformance cases are what the module gives");
    else {
      console.log("OPA's conformance cases differ from the module's: run npm run conformance:cases");
      process.exitCode = 1;
    }
  } else {
    const bytes = Buffer.from(text);
    const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
    const params = { [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
    await writeFile(file, await promisify(brotliCompress)(bytes, { params }));
    console.log(`${text.trimEnd().split('\n').length - 1} distinct cases`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
