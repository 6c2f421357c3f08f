import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Client, Resource, Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { describeError, silentLogger, type Logger } from '../log.ts';
import { createTimestamps, type Clock } from '../time.ts';
import { AppendFile, type FileCalls } from './append-file.ts';
import { recorderFailure } from './failure.ts';
import type { SealSigner } from './seal.ts';
import { RecordedSession } from './session.ts';

/**
 * When appended events are forced to the disk. An append always reaches the kernel before a command is released, so a
 * crash of the gateway loses nothing under any of them; they differ in what a crash of the machine may lose.
 *
 * - `always`: before each release. Nothing is lost; costs one disk flush per message.
 * - `interval`: every `intervalMs`, in the background. Up to `intervalMs` of events may be lost.
 * - `never`: whenever the kernel gets round to it (Linux: up to about 30 s).
 */
export type FsyncPolicy = 'always' | 'interval' | 'never';

export interface RecorderOptions {
  /** Made with mode 0700 if it is not there. */
  readonly directory: string;
  readonly fsync?: FsyncPolicy;
  /** Milliseconds between two flushes to the disk with `interval`. Default 1,000. */
  readonly intervalMs?: number;
  /** Longest time, in milliseconds, that a result event waits for an append to ride along with. Default 100. */
  readonly deferMs?: number;
  /** Signs a checkpoint when a session ends. */
  readonly signer?: SealSigner;
  /** Told of each append: the recording's name below the directory, with `/`. Called often, so it must cost little. */
  readonly grown?: (file: string) => void;
  /** How often, in milliseconds, it is checked that recordings are still in their place. Default 1,000. */
  readonly placeCheckMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** For tests. */
  readonly calls?: FileCalls;
}

/** Who and what a recording is of. */
export interface RecordingStart {
  readonly session: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  /** The bundle in force when the session began. */
  readonly revision: string;
  /** Version of the gateway. */
  readonly version: string;
}

/** Writes one append-only, hash-chained file per session: `<directory>/<yyyy-mm-dd>/<session>.jsonl`. */
export interface Recorder {
  /**
   * Begins a session's recording with its start event.
   *
   * @throws SallyportError SP_RECORDER_FAILED when it cannot be written
   */
  open(start: RecordingStart): SessionRecorder;
  /** Flushes what waits and stops the timers. Sessions still open go on, without background flushes. */
  readonly close: () => void;
}

/** The write side of one session's recording. Event bodies are JSON members without the braces: `"type":"error",…`. */
export interface SessionRecorder {
  /** seq of the event that the next append begins with. */
  readonly nextSeq: number;
  /**
   * Writes events, all or none, before it returns: with `always`, to the disk. Deferred events go before them.
   *
   * @throws SallyportError SP_RECORDER_FAILED; the events are not written then, and the next append tries again
   */
  append(bodies: readonly string[]): void;
  /**
   * Keeps an event for the next append, at most `deferMs`. For events that no release depends on: how the target
   * answered a command that is already recorded. A crash within that time loses the answer, never the command.
   */
  defer(body: string): void;
  /** Writes the end event, and the seal if there is a signer. Never throws; a failure is logged. Idempotent. */
  end(reason: string, counters: { readonly commands: number; readonly denied: number }): void;
}

const PLACE_CHECK_MS = 1_000;

/** @throws SallyportError SP_RECORDER_FAILED when the directory cannot be made */
export function createRecorder(options: RecorderOptions): Recorder {
  const { directory, fsync = 'interval', intervalMs = 1_000, deferMs = 100, signer } = options;
  const { clock = Date.now, logger = silentLogger, calls = fs, placeCheckMs = PLACE_CHECK_MS, grown } = options;
  const timestamp = createTimestamps(clock);
  const sessions = new Set<RecordedSession>();
  const waiting = new Set<RecordedSession>();
  let deferTimer: NodeJS.Timeout | undefined;

  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw recorderFailure(error);
  }

  const timers = [
    setInterval(() => {
      for (const session of sessions) session.checkPlace();
    }, placeCheckMs).unref(),
  ];
  if (fsync === 'interval') {
    const sync = (): void => {
      for (const session of sessions) session.syncLater();
    };
    timers.push(setInterval(sync, intervalMs).unref());
  }

  function flushWaiting(): void {
    deferTimer = undefined;
    for (const session of waiting) session.flush();
    waiting.clear();
  }

  return {
    open(start) {
      const day = timestamp().slice(0, 10);
      try {
        // The id names a file and stands in each line as it is.
        if (!/^[A-Za-z0-9_-]{1,128}$/.test(start.session)) throw new Error('not a session id');
        const folder = join(directory, day);
        fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
        const name = `${day}/${start.session}.jsonl`;
        const file = new AppendFile(join(directory, name), calls);
        const session = new RecordedSession({
          file,
          session: start.session,
          syncEach: fsync === 'always',
          syncAtEnd: fsync !== 'never',
          signer,
          timestamp,
          logger,
          grown: () => grown?.(name),
          waits: (waiter) => {
            waiting.add(waiter);
            deferTimer ??= setTimeout(flushWaiting, deferMs).unref();
          },
          ended: (ended) => {
            sessions.delete(ended);
            waiting.delete(ended);
          },
        });
        session.append([startBody(start)]);
        if (fsync === 'always') syncDirectory(folder);
        sessions.add(session);
        return session;
      } catch (error) {
        const { session } = start;
        logger.error(
          { session, code: 'SP_RECORDER_FAILED', error: describeError(error) },
          'recording could not be begun',
        );
        throw error instanceof SallyportError ? error : recorderFailure(error);
      }
    },
    close() {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(deferTimer);
      flushWaiting();
    },
  };
}

/** A new file is on the disk only when its directory is. */
function syncDirectory(path: string): void {
  const fd = fs.openSync(path, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function startBody(start: RecordingStart): string {
  const { subject, resource, client, version, revision } = start;
  const members = JSON.stringify({ type: 'start', subject, resource, client, gateway: { version, revision } });
  return members.slice(1, -1);
}
