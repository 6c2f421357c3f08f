// Runs the policy compiler's artifact (Go, GOOS=wasip1, a reactor) and answers requests one after the other. Plain
// JavaScript, so that Node 20 can start it as a worker from the source folder as well as from dist.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { brotliDecompressSync } from 'node:zlib';

/**
 * @typedef {object} Artifact what the artifact exports
 * @property {WebAssembly.Memory} memory
 * @property {(size: number) => number} allocate
 * @property {() => bigint} handle
 */

// node:wasi works and warns that it may change; users of Sallyport can do nothing about that.
process.emitWarning = () => undefined;

/** @returns {Promise<Artifact>} */
async function start() {
  const { WASI } = await import('node:wasi');
  const file = /** @type {{ artifact: string }} */ (workerData).artifact;
  const bytes = brotliDecompressSync(readFileSync(file));
  const wasi = new WASI({
    version: 'preview1',
    // The program lives for one burst of requests: fewer collections are worth more than a small heap.
    env: { GOGC: 'off', GOMEMLIMIT: '512MiB' },
    returnOnExit: true,
  });
  const module = await WebAssembly.compile(bytes);
  const instance = await WebAssembly.instantiate(module, /** @type {any} */ (wasi.getImportObject()));
  wasi.initialize(instance);
  return /** @type {Artifact} */ (/** @type {unknown} */ (instance.exports));
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
if (port === null) throw new Error('compiler/worker.js runs as a worker thread only');
const started = start();
port.on('message', (/** @type {string} */ request) => {
  // A failure to start, or a trap, ends the worker: the parent sees the error and starts another one.
  void started.then((artifact) => port.postMessage(answer(artifact, request)));
});
