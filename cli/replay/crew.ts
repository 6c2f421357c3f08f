import { Worker } from 'node:worker_threads';
import { SallyportError } from '../../engine/errors.ts';
import type { FileReplayOptions, Task } from './file-replay.ts';
import { replayFile } from './file-replay.ts';
import { rebuiltError } from './plain-error.ts';
import { createReplayer, type ReplaySetup } from './replayer.ts';
import type { Source } from './sources.ts';
import type { TallyState } from './tally.ts';
import type { FromWorker, ToWorker, WorkerData } from './worker.ts';

/** How far a replay has come. */
export interface Advance {
  /** Bytes of the files. */
  readonly bytes: number;
  readonly commands: number;
}

export interface CrewOptions {
  /** Threads at most. */
  readonly jobs: number;
  readonly stdin: FileReplayOptions['stdin'];
  readonly onAdvance: (advance: Advance) => void;
  /** Stop reading and give what there is; commands that were judged stay counted. */
  readonly signal?: AbortSignal;
}

/** Files from this size on are shared by the threads, each of which takes the sessions of one part. */
const SHARED_BYTES = 256 * 1024 * 1024;

/**
 * Replays files, on several threads where that helps. What comes out does not depend on their number.
 *
 * Run from its TypeScript sources, everything is done on the one thread: Node.js 20 loads no TypeScript in workers.
 *
 * @returns one tally for each thread
 * @throws SallyportError when a thread could not be set up; SP_INTERNAL when one dies
 */
export async function replaySources(
  sources: readonly Source[],
  setup: ReplaySetup,
  options: CrewOptions,
): Promise<TallyState[]> {
  const tasks = tasksOf(sources, options.jobs);
  // What is piped in can only be read here.
  const here = tasks.filter(({ source }) => source.path === undefined);
  const files = tasks.filter(({ source }) => source.path !== undefined);
  const threads = import.meta.url.endsWith('.ts') ? 0 : Math.min(options.jobs, files.length);
  if (threads < 2) return [await replayHere(tasks, setup, options)];
  const states = replayInWorkers(files, threads, setup, options);
  return here.length === 0 ? states : [await replayHere(here, setup, options), ...(await states)];
}

/** Large files first, so that no thread is left with one in the end. */
function tasksOf(sources: readonly Source[], jobs: number): Task[] {
  return [...sources]
    .sort((a, b) => b.bytes - a.bytes)
    .flatMap((source): Task[] =>
      // Of a file that holds one session by its name, no part can be done without the others.
      source.session !== undefined || source.bytes < SHARED_BYTES || jobs < 2
        ? [{ source }]
        : Array.from({ length: jobs }, (_, index) => ({ source, part: { part: index + 1, of: jobs } })),
    );
}

async function replayHere(tasks: readonly Task[], setup: ReplaySetup, options: CrewOptions): Promise<TallyState> {
  const { stdin, signal, onAdvance } = options;
  const replayer = await createReplayer(setup);
  const { tally } = replayer;
  let told = 0;
  for (const task of tasks) {
    await replayFile(task, {
      ...replayer,
      ...(stdin === undefined ? {} : { stdin }),
      stopped: () => signal?.aborted === true,
      onRead: (bytes) => {
        onAdvance({ bytes, commands: tally.counters.commands - told });
        told = tally.counters.commands;
      },
    });
  }
  replayer.replay.settle();
  return tally.state();
}

async function replayInWorkers(
  tasks: readonly Task[],
  threads: number,
  setup: ReplaySetup,
  options: CrewOptions,
): Promise<TallyState[]> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const onAbort = (): void => {
    Atomics.store(stop, 0, 1);
  };
  if (options.signal?.aborted === true) onAbort();
  options.signal?.addEventListener('abort', onAbort);
  const waiting = [...tasks];
  const workers: Worker[] = [];
  try {
    return await Promise.all(
      Array.from({ length: threads }, () => {
        const worker = new Worker(new URL('./worker.js', import.meta.url), {
          workerData: { setup, stop } satisfies WorkerData,
          execArgv: [],
          // Most of what a line leaves behind dies young: more room for it than this takes memory and no less time.
          resourceLimits: { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 384 },
        });
        workers.push(worker);
        return serve(worker, () => waiting.shift(), options.onAdvance);
      }),
    );
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Hands a worker one task after the other, and takes its tally when there are no more. */
function serve(
  worker: Worker,
  next: () => Task | undefined,
  onAdvance: (advance: Advance) => void,
): Promise<TallyState> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'advance') onAdvance(message.advance);
      else if (message.type === 'tally') resolve(message.state);
      else if (message.type === 'failed') reject(rebuiltError(message.error));
      else {
        const task = next();
        worker.postMessage((task === undefined ? { type: 'finish' } : { type: 'task', task }) satisfies ToWorker);
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      reject(new SallyportError('SP_INTERNAL', `A thread of the replay ended with ${code}.`));
    });
  });
}
