import { Worker } from 'node:worker_threads';
import type { SallyportError } from '../errors.ts';
import { messageOf } from '../message-of.ts';

export interface ArtifactWorkerOptions {
  /** What the thread runs: the path of a compressed artifact, or a module that was compiled already. */
  readonly program: { readonly artifact: string } | { readonly module: WebAssembly.Module };
  /** Whether the artifact was frozen after its setup (see snapshot.js). */
  readonly frozen: boolean;
  /** Longest time for one request, in milliseconds. */
  readonly timeoutMs: number;
  /** How long an idle thread is kept, in milliseconds. */
  readonly idleMs: number;
  /** The error of a request during which the thread died. */
  readonly failed: (why: string, cause?: unknown) => SallyportError;
  /** The error of a request that took too long. */
  readonly timedOut: (milliseconds: number) => SallyportError;
}

interface Pending {
  readonly request: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: SallyportError) => void;
}

/**
 * A thread that runs one of the Go artifacts: started when needed, one request at a time, replaced when it dies. It
 * never keeps a process alive.
 */
export class ArtifactWorker {
  readonly #options: ArtifactWorkerOptions;
  readonly #queue: Pending[] = [];
  #worker: Worker | undefined;
  #current: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ArtifactWorkerOptions) {
    this.#options = options;
  }

  /**
   * @param request JSON
   * @returns the program's answer, JSON
   * @throws what the options make of a death or a delay
   */
  ask(request: string): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    const closed = this.#options.failed('it was closed');
    // The queue first: whatever waits in it would start a new worker.
    for (const { reject } of this.#queue.splice(0)) reject(closed);
    this.#fail(closed);
    await worker?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    clearTimeout(this.#timer);
    const pending = this.#queue.shift();
    if (pending === undefined) {
      this.#rest();
      return;
    }
    this.#current = pending;
    const worker = (this.#worker ??= this.#start());
    // A process may not end while a request is under way.
    worker.ref();
    this.#timer = setTimeout(() => {
      this.#fail(this.#options.timedOut(this.#options.timeoutMs));
    }, this.#options.timeoutMs);
    worker.postMessage(pending.request);
  }

  #start(): Worker {
    const { program, frozen, failed } = this.#options;
    // stdout and stderr are kept: the program prints nothing but a crash of its own, which ends the worker anyway.
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { ...program, frozen },
      execArgv: [],
      // Go's calls nest on this thread's stack: deeply nested Rego needs more of it than the usual 4 MB.
      resourceLimits: { stackSizeMb: 64 },
    });
    worker.on('message', (answer: string) => {
      // One that was given up can still answer; the request under way now is another.
      if (worker !== this.#worker) return;
      const done = this.#current;
      this.#current = undefined;
      done?.resolve(answer);
      this.#next();
    });
    worker.on('error', (cause) => {
      if (worker === this.#worker) this.#fail(failed(messageOf(cause), cause));
    });
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#fail(failed(`it ended with ${code}`));
    });
    return worker;
  }

  /** Gives the worker up, with the request under way; the next request gets a new one. */
  #fail(error: SallyportError): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    const current = this.#current;
    this.#worker = undefined;
    this.#current = undefined;
    if (worker !== undefined) void worker.terminate();
    current?.reject(error);
    if (this.#queue.length > 0) this.#next();
  }

  #rest(): void {
    this.#worker?.unref();
    this.#timer = setTimeout(() => {
      const worker = this.#worker;
      this.#worker = undefined;
      void worker?.terminate();
    }, this.#options.idleMs);
    this.#timer.unref();
  }
}
