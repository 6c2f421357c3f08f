import { parentPort, workerData } from 'node:worker_threads';
import { readFiles, type ReadRequest } from './read-files.ts';

const port = parentPort;
if (port === null) throw new Error('reader-worker runs as a worker thread only');
const { directory, gateway, channels } = workerData as {
  readonly directory: string;
  readonly gateway: string;
  readonly channels: ReadonlySet<string>;
};

port.on('message', (requests: readonly ReadRequest[]) => {
  // readFiles never rejects.
  void readFiles(directory, gateway, channels, requests).then((answer) => {
    port.postMessage(answer);
  });
});
