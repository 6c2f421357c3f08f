import { Worker } from 'node:worker_threads';
import { compiledModule } from '../../compiled-module.ts';
import type { IndexReader, ReadAnswer, ReadRequest } from './read-files.ts';

interface Waiter {
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Reads recordings in a thread of its own: reading JSON takes as long as judging a command does.
 *
 * @param channels names of the channels that are configured
 */
export function createThreadReader(
  directory: string,
  gateway: string,
  channels: ReadonlySet<string> = new Set(),
): IndexReader {
  const waiting: Waiter[] = [];
  let worker: Worker | undefined;

  function start(): Worker {
    const started = new Worker(compiledModule(import.meta.url, './reader-worker.ts'), {
      workerData: { directory, gateway, channels },
      execArgv: [],
    });
    const failed = (error: Error): void => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiting.splice(0)) reject(error);
    };
    started.on('message', (answer: ReadAnswer) => waiting.shift()?.resolve(answer));
    started.on('error', failed);
    started.on('exit', () => {
      failed(new Error('the reading thread ended'));
    });
    started.unref();
    return started;
  }

  return {
    read: (requests: readonly ReadRequest[]) =>
      new Promise((resolve, reject) => {
        worker ??= start();
        waiting.push({ resolve, reject });
        worker.postMessage(requests);
      }),
    async close() {
      const running = worker;
      worker = undefined;
      await running?.terminate();
    },
  };
}
