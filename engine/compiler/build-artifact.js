// Builds artifact/policy-compiler.wasm.br from go/, with its checksum and the licences of everything that it links.
//
//   node engine/compiler/build-artifact.js           writes them
//   node engine/compiler/build-artifact.js --check   builds again and compares: exit 0 equal, 1 different,
//                                                    2 no Go (only where CI is set; elsewhere left out by name)
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = join(here, 'go');
const artifactFile = join(here, 'artifact', 'policy-compiler.wasm.br');
const metadataFile = join(here, 'artifact', 'policy-compiler.json');
const licencesFile = join(here, 'THIRD_PARTY_LICENSES');

// Other versions of Go give other bytes. Go fetches this one as a module where it is not installed.
const goVersion = 'go1.26.8';
const environment = {
  ...process.env,
  GOOS: 'wasip1',
  GOARCH: 'wasm',
  CGO_ENABLED: '0',
  GOTOOLCHAIN: goVersion,
  GOFLAGS: '-buildvcs=false',
  GOWORK: 'off',
  GOWASM: '',
  GOEXPERIMENT: '',
};

/** @param {string[]} args */
function go(...args) {
  return execFileSync('go', args, { cwd: source, env: environment, encoding: 'utf8', maxBuffer: 1 << 28 });
}

function hasGo() {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns {Buffer} the module, uncompressed */
function compile() {
  const folder = mkdtempSync(join(tmpdir(), 'policy-compiler-'));
  try {
    const file = join(folder, 'policy-compiler.wasm');
    go('build', '-buildmode=c-shared', '-trimpath', '-ldflags=-s -w', '-o', file, '.');
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The licence texts of Go and of every module that is linked, in the modules' order. */
function licences() {
  const format = '{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}';
  const modules = [...new Set(go('list', '-deps', '-f', format, '.').split('\n'))].filter((line) => line !== '').sort();
  const sections = modules.map((line) => {
    const [path = '', version = '', folder = ''] = line.split('\t');
    const texts = readdirSync(folder)
      .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8').trim());
    if (texts.length === 0) throw new Error(`${path} has no licence file`);
    return `${path} ${version}\n\n${texts.join('\n\n')}`;
  });
  const goLicence = readFileSync(join(go('env', 'GOROOT').trim(), 'LICENSE'), 'utf8').trim();
  const all = [`The Go runtime and standard library, ${goVersion}\n\n${goLicence}`, ...sections];
  return `What artifact/policy-compiler.wasm.br links, with its licences.\n\n${all.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function build() {
  const bytes = compile();
  const opa = /open-policy-agent\/opa (v\S+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8'))?.[1];
  mkdirSync(join(here, 'artifact'), { recursive: true });
  const compressed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(artifactFile, compressed);
  const metadata = { go: goVersion, opa, bytes: bytes.length, sha256: sha256(bytes) };
  writeFileSync(metadataFile, `${JSON.stringify(metadata, null, 2)}\n`);
  writeFileSync(licencesFile, licences());
  console.log(
    `policy-compiler.wasm: ${bytes.length} bytes, ${compressed.length} compressed, sha256 ${metadata.sha256}`,
  );
}

/** @returns {number} the exit code */
function check() {
  if (!hasGo()) {
    console.log('artifact check: left out, Go is not installed');
    return process.env['CI'] === undefined ? 0 : 2;
  }
  if (!existsSync(artifactFile)) {
    console.log('artifact check: there is no artifact; run npm run artifact:build');
    return 1;
  }
  const committed = brotliDecompressSync(readFileSync(artifactFile));
  const rebuilt = compile();
  const different = [
    ...(rebuilt.equals(committed) ? [] : ['the artifact does not equal what its source builds']),
    ...(JSON.parse(readFileSync(metadataFile, 'utf8')).sha256 === sha256(committed)
      ? []
      : ['its checksum is not that of the artifact']),
    ...(licences() === readFileSync(licencesFile, 'utf8') ? [] : ['THIRD_PARTY_LICENSES is out of date']),
  ];
  for (const why of different) console.log(`artifact check: ${why}; run npm run artifact:build`);
  if (different.length === 0)
    console.log(`artifact check: the same ${committed.length} bytes, sha256 ${sha256(committed)}`);
  return different.length === 0 ? 0 : 1;
}

if (process.argv.includes('--check')) process.exitCode = check();
else build();
