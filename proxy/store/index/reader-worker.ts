import { parentPort, workerData } from 'node:worker_threads';
import { readFiles, type ReadRequest } from './read-files.ts';

/** What the thread is told to read. */
export interface ReadOrder {
  readonly requests: readonly ReadRequest[];
  /** About how much of each. */
  readonly bytes: number;
}

const port = parentPort;
if (port === null) throw new Error('reader-worker runs as a worker thread only');
const { directory, gateway, channels } = workerData as {
  readonly directory: string;
  readonly gateway: string;
  readonly channels: ReadonlySet<string>;
};

port.on('message', ({ requests, bytes }: ReadOrder) => {
  // readFiles never rejects.
  void readFiles(directory, gateway, channels, requests, bytes).then((answer) => {
    port.postMessage(answer);
  });
});
