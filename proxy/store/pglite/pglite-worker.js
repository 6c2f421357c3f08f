// PGlite in a thread of its own: PostgreSQL in WASM would hold the gateway's event loop for as long as each query takes.
// Plain JavaScript, so that Node 20 can start it from the source folder as well as from dist.
import { PGlite } from '@electric-sql/pglite';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * @typedef {{ id: number, kind: 'query', sql: string, parameters: unknown[] }
 *   | { id: number, kind: 'listen' | 'unlisten', channel: string }
 *   | { id: number, kind: 'close' }} Request
 */

const port = parentPort;
if (port === null) throw new Error('pglite-worker.js runs as a worker thread only');

/** @type {unknown} */
const data = workerData;
const opened = PGlite.create(/** @type {{ directory: string }} */ (data).directory);

/** @type {Map<string, () => Promise<void>>} */
const listening = new Map();

/** @param {Request} request */
async function answer(request) {
  const database = await opened;
  switch (request.kind) {
    case 'query': {
      const { rows, affectedRows } = await database.query(request.sql, request.parameters);
      return { rows, affectedRows: affectedRows ?? 0 };
    }
    case 'listen': {
      const { channel } = request;
      if (listening.has(channel)) return undefined;
      const stop = await database.listen(channel, (payload) => {
        port?.postMessage({ kind: 'notification', channel, payload });
      });
      listening.set(channel, stop);
      return undefined;
    }
    case 'unlisten': {
      await listening.get(request.channel)?.();
      listening.delete(request.channel);
      return undefined;
    }
    case 'close':
      await database.close();
      return undefined;
  }
}

port.on('message', (/** @type {Request} */ request) => {
  answer(request).then(
    (result) => {
      port.postMessage({ kind: 'answer', id: request.id, result });
    },
    (/** @type {unknown} */ error) => {
      const { message, code } = /** @type {{ message?: unknown, code?: unknown }} */ (error);
      port.postMessage({ kind: 'failure', id: request.id, message: String(message ?? error), code });
    },
  );
});

opened.then(
  () => {
    port.postMessage({ kind: 'ready' });
  },
  (/** @type {unknown} */ error) => {
    port.postMessage({ kind: 'unusable', message: error instanceof Error ? error.message : String(error) });
  },
);
