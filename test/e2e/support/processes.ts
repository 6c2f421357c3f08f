import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Every process that the tests start goes through here, so that none outlives the run: a test that fails half way
 * leaves its children to the `exit` handler below.
 */
const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface RunOptions {
  /** Added to a small, fixed environment: the machine's own settings must not change a test. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Output {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** What was written so far. */
  readonly output: () => { stdout: string; stderr: string };
  /** Settles when the process is gone. */
  readonly done: Promise<Output>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly write: (text: string) => void;
}

export function start(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', HOME: '/nonexistent', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that ends without reading its input breaks the pipe; that is its own affair.
  child.stdin.on('error', () => undefined);
  const done = new Promise<Output>((resolve, reject) => {
    child.once('error', (error) => {
      running.delete(child);
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, stdout, stderr });
    });
  });
  // Whoever awaits `done` sees the failure; whoever doesn't must not bring the test process down.
  done.catch(() => undefined);
  return {
    child,
    output: () => ({ stdout, stderr }),
    done,
    kill: (signal) => child.kill(signal),
    write: (text) => child.stdin.write(text),
  };
}

/** Runs a program to its end. It is killed after `timeoutMs` (30 s), which then shows as `signal: 'SIGKILL'`. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions & { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<Output> {
  const started = start(command, args, options);
  started.child.stdin?.end(options.input ?? '');
  const timer = setTimeout(() => {
    started.kill('SIGKILL');
  }, options.timeoutMs ?? 30_000);
  try {
    return await started.done;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `probe` gives something. Polls: the things waited for (files, other processes) have no events. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
