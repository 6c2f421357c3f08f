import { parentPort, workerData } from 'node:worker_threads';
import type { Advance } from './crew.ts';
import { replayFile, type Task } from './file-replay.ts';
import { plainError, type PlainError } from './plain-error.ts';
import { createReplayer, type ReplaySetup } from './replayer.ts';
import type { TallyState } from './tally.ts';

/** What a thread of a replay is started with. */
export interface WorkerData {
  readonly setup: ReplaySetup;
  /** Its first element becomes 1 when everybody is to stop. */
  readonly stop: Int32Array;
}

export type ToWorker = { readonly type: 'task'; readonly task: Task } | { readonly type: 'finish' };

export type FromWorker =
  /** Wants a task. */
  | { readonly type: 'ready' }
  | { readonly type: 'advance'; readonly advance: Advance }
  | { readonly type: 'tally'; readonly state: TallyState }
  | {
      readonly type: 'failed';
      readonly error: PlainError;
    };

/** Milliseconds between two words on how far it has come. */
const ADVANCE_MS = 200;

const port = parentPort;
if (port !== null) {
  run(workerData as WorkerData, (message) => {
    port.postMessage(message);
  }).catch((error: unknown) => {
    port.postMessage({ type: 'failed', error: plainError(error) } satisfies FromWorker);
  });
}

async function run({ setup, stop }: WorkerData, say: (message: FromWorker) => void): Promise<void> {
  const replayer = await createReplayer(setup);
  const { tally } = replayer;
  let [bytes, told, at] = [0, 0, Date.now()];
  const advance = (): void => {
    const { commands } = tally.counters;
    say({ type: 'advance', advance: { bytes, commands: commands - told } });
    [bytes, told, at] = [0, commands, Date.now()];
  };
  const perform = async (message: ToWorker): Promise<void> => {
    if (message.type === 'finish') {
      replayer.replay.settle();
      advance();
      say({ type: 'tally', state: tally.state() });
      return;
    }
    await replayFile(message.task, {
      ...replayer,
      stopped: () => Atomics.load(stop, 0) !== 0,
      onRead: (read) => {
        bytes += read;
        if (Date.now() - at >= ADVANCE_MS) advance();
      },
    });
    say({ type: 'ready' });
  };
  port?.on('message', (message: ToWorker) => {
    perform(message).catch((error: unknown) => {
      say({ type: 'failed', error: plainError(error) });
    });
  });
  say({ type: 'ready' });
}
