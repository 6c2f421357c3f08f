// Runs one of the Go artifacts (GOOS=wasip1, a reactor) and answers requests one after the other. Plain JavaScript, so that Node 20 can start it as a worker from the source folder as well as from dist.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { brotliDecompressSync } from 'node:zlib';
import { ConsoleStdout, WASI } from '@bjorn3/browser_wasi_shim';

/**
 * @typedef {object} Artifact what the artifact exports
 * @property {WebAssembly.Memory} memory
 * @property {(size: number) => number} allocate
 * @property {() => bigint} handle
 */

// What Go prints when it dies. A write of node:wasi can crash the whole process once the memory has grown (seen with
// Node 20.20), hence the shim, which is plain JavaScript.
/** @type {string[]} */
const printed = [];
const output = ConsoleStdout.lineBuffered((line) => {
  printed.push(line);
  if (printed.length > 50) printed.shift();
});

/**
 * @typedef {object} WorkerData
 * @property {string} [artifact] the path of a compressed artifact
 * @property {WebAssembly.Module} [module] an artifact that was compiled already
 * @property {boolean} frozen whether it was frozen after its setup, which must then not be done again
 */

/** @returns {Promise<Artifact>} */
async function start() {
  /** @type {unknown} */
  const data = workerData;
  const { artifact: file, module: given, frozen } = /** @type {WorkerData} */ (data);
  const module = given ?? (await WebAssembly.compile(brotliDecompressSync(readFileSync(String(file)))));
  // Fewer collections than Go's usual, but not none: a heap that only grows made warm builds take half as long again.
  const wasi = new WASI([], ['GOGC=400', 'GOMEMLIMIT=1000MiB'], [output, output, output], { debug: false });
  const imports = /** @type {WebAssembly.Imports} */ (
    /** @type {unknown} */ ({ wasi_snapshot_preview1: wasi.wasiImport })
  );
  const instance = await WebAssembly.instantiate(module, imports);
  const artifact = /** @type {Artifact} */ (/** @type {unknown} */ (instance.exports));
  const started = { exports: /** @type {any} */ (artifact) };
  if (frozen) wasi.inst = started;
  else wasi.initialize(started);
  return artifact;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * @param {Artifact} artifact
 * @param {string} request
 * @returns {string}
 */
function answer(artifact, request) {
  const bytes = encoder.encode(request);
  const at = artifact.allocate(bytes.length);
  new Uint8Array(artifact.memory.buffer, at, bytes.length).set(bytes);
  const packed = BigInt.asUintN(64, artifact.handle());
  // Read after the call: a call can grow the memory, which replaces its buffer.
  return decoder.decode(new Uint8Array(artifact.memory.buffer, Number(packed >> 32n), Number(packed & 0xffffffffn)));
}

const port = parentPort;
if (port === null) throw new Error('artifacts/worker.js runs as a worker thread only');
const started = start();
port.on('message', (/** @type {string} */ request) => {
  // A failure to start, or a trap, ends the worker: the parent sees the error and starts another one.
  void started
    .then((artifact) => {
      port.postMessage(answer(artifact, request));
    })
    .catch((/** @type {unknown} */ error) => {
      const why =
        error instanceof RangeError
          ? `a policy or its data is nested too deeply (${error.message})`
          : error instanceof Error
            ? error.message
            : String(error);
      throw new Error([why, ...printed].join('\n'), { cause: error });
    });
});
