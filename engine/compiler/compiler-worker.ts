import { Worker } from 'node:worker_threads';
import type { Diagnostic } from '../contract.ts';
import { SallyportError } from '../errors.ts';
import type { Compiled } from './protocol.ts';

export interface CompilerWorkerOptions {
  /** Path of the artifact. */
  readonly artifact: string;
  readonly timeoutMs: number;
  readonly idleMs: number;
}

interface Pending {
  readonly request: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: SallyportError) => void;
}

/** The worker thread behind the policy compiler: started when needed, one request at a time, replaced when it dies. */
export class CompilerWorker {
  readonly #options: CompilerWorkerOptions;
  readonly #queue: Pending[] = [];
  #worker: Worker | undefined;
  #current: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CompilerWorkerOptions) {
    this.#options = options;
  }

  /** @throws SallyportError SP_COMPILER_FAILED, SP_COMPILER_TIMEOUT */
  async ask<Result>(request: object): Promise<Compiled<Result>> {
    const text = JSON.stringify(request);
    const answer = await new Promise<string>((resolve, reject) => {
      this.#queue.push({ request: text, resolve, reject });
      this.#next();
    });
    const { result, diagnostics } = JSON.parse(answer) as { result: Result | null; diagnostics: Diagnostic[] };
    const broken = diagnostics.find(({ code }) => code === 'compiler_panic' || code === 'compiler_failure');
    if (broken !== undefined) {
      throw new SallyportError('SP_COMPILER_FAILED', `The policy compiler failed: ${broken.message}`, {
        ...(broken.help === undefined ? {} : { help: broken.help }),
      });
    }
    return { result: result ?? undefined, diagnostics };
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    const closed = new SallyportError('SP_COMPILER_FAILED', 'The policy compiler was closed.');
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
      const { timeoutMs } = this.#options;
      this.#fail(
        new SallyportError('SP_COMPILER_TIMEOUT', `The policy compiler did not answer within ${timeoutMs} ms.`),
      );
    }, this.#options.timeoutMs);
    worker.postMessage(pending.request);
  }

  #start(): Worker {
    // stdout and stderr are kept: the program prints nothing but a crash of its own, which ends the worker anyway.
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { artifact: this.#options.artifact },
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
      if (worker === this.#worker) this.#fail(failed(cause));
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

function failed(cause: unknown): SallyportError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SallyportError('SP_COMPILER_FAILED', `The policy compiler stopped: ${why}`, { cause });
}
