import { extname, relative } from 'node:path';
import { watch } from 'chokidar';
import { findingsOf, printFindings } from '../errors.ts';
import { BatchWriter, type Streams } from '../streams.ts';

/** One run: its exit code, and the folders and files that it depends on. */
export interface WatchedRun {
  readonly exitCode: number;
  readonly watched: readonly string[];
}

/** Editors and `git checkout` write several files at once: wait until they are quiet, in milliseconds. */
const quietMs = 150;

const extensions = new Set(['.rego', '.yaml', '.yml', '.json']);

/**
 * Runs again whenever a policy, data or case file changes, one run at a time, until `stop` (Ctrl-C by default). What goes
 * wrong is printed, and the next change is waited for.
 *
 * @returns 0 when the last run was fine, else 1
 * @throws whatever the very first run throws: without it nobody knows what to watch
 */
export async function watchTests(
  run: () => Promise<WatchedRun>,
  streams: Streams,
  stop: AbortSignal = interrupted(),
): Promise<number> {
  clear(streams);
  let last = await run();
  const watcher = watch([...last.watched], {
    ignoreInitial: true,
    ignored: (file, stats) => isIgnored(file, stats?.isFile() === true),
  });
  let wake: () => void = () => undefined;
  let changed = false;
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      changed = true;
      wake();
    }, quietMs);
  });
  stop.addEventListener('abort', () => {
    wake();
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  try {
    while (!stop.aborted) {
      await write(streams, 'Waiting for changes; Ctrl-C ends.\n');
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed || stop.aborted) resolve();
      });
      if (isStopped(stop)) break;
      changed = false;
      clear(streams);
      try {
        last = await run();
        watcher.add([...last.watched]);
      } catch (error) {
        last = { ...last, exitCode: 1 };
        await write(streams, printFindings(findingsOf(error), 'pretty'));
      }
    }
  } finally {
    clearTimeout(timer);
    await watcher.close();
  }
  return last.exitCode === 0 ? 0 : 1;
}

/** As policies are read: neither hidden files nor node_modules. */
function isIgnored(file: string, isFile: boolean): boolean {
  const path = relative(process.cwd(), file);
  return /(^|[/\\])(\.[^/\\.]|node_modules([/\\]|$))/.test(path) || (isFile && !extensions.has(extname(file)));
}

/** Asked anew each time: it changes while a run is awaited. */
function isStopped(stop: AbortSignal): boolean {
  return stop.aborted;
}

/** Aborts with the first Ctrl-C; the second one ends the process as usual. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    controller.abort();
  });
  return controller.signal;
}

/** Only a terminal is cleared: a log keeps what was there. */
function clear({ stdout }: Streams): void {
  if (stdout.isTTY === true) stdout.write('\u001b[2J\u001b[3J\u001b[H');
}

async function write({ stdout }: Streams, text: string): Promise<void> {
  const writer = new BatchWriter(stdout);
  await writer.write(text);
  await writer.flush();
}
