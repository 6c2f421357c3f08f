import { Worker } from 'node:worker_threads';
import { SallyportError } from '../../../engine/errors.ts';

export interface QueryAnswer {
  readonly rows: readonly Record<string, unknown>[];
  readonly affectedRows: number;
}

type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string; readonly code?: string }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string };

/** An error of the database, with its SQLSTATE as `pg` gives it. */
export class DatabaseError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'DatabaseError';
    this.code = code;
  }
}

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** PGlite in its worker thread, asked by messages. One query runs at a time; the others wait in the thread's queue. */
export class PgliteClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiter>();
  readonly #heard = new Map<string, Set<(payload: string) => void>>();
  #last = 0;
  #failed: Error | undefined;

  private constructor(directory: string) {
    this.#worker = new Worker(new URL('./pglite-worker.js', import.meta.url), {
      workerData: { directory },
      execArgv: [],
    });
    this.#worker.on('error', (error) => {
      this.#fail(error);
    });
    this.#worker.on('exit', () => {
      this.#fail(new Error('the database stopped'));
    });
  }

  /** @throws SallyportError SP_STORE_UNAVAILABLE when the directory holds no database that can be opened */
  static async open(directory: string): Promise<PgliteClient> {
    const client = new PgliteClient(directory);
    try {
      await new Promise<void>((resolve, reject) => {
        client.#worker.on('message', (answer: Answer) => {
          if (answer.kind === 'ready') resolve();
          else if (answer.kind === 'unusable') reject(new Error(answer.message));
          else client.#take(answer);
        });
        client.#worker.once('error', reject);
        client.#worker.once('exit', () => {
          reject(new Error('the database stopped'));
        });
      });
    } catch (cause) {
      await client.#worker.terminate();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SallyportError('SP_STORE_UNAVAILABLE', `The store in ${directory} could not be opened: ${why}`, {
        help: 'Move the folder away: `sallyport reindex` makes the index anew from the recordings. Approvals in it are lost.',
        cause,
      });
    }
    return client;
  }

  /** @throws DatabaseError */
  async query(sql: string, parameters: readonly unknown[]): Promise<QueryAnswer> {
    return (await this.#ask({ kind: 'query', sql, parameters })) as QueryAnswer;
  }

  async listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#heard.get(channel) ?? new Set();
    this.#heard.set(channel, listeners);
    listeners.add(heard);
    await this.#ask({ kind: 'listen', channel });
    return async () => {
      listeners.delete(heard);
      if (listeners.size > 0 || this.#failed !== undefined) return;
      this.#heard.delete(channel);
      await this.#ask({ kind: 'unlisten', channel });
    };
  }

  async close(): Promise<void> {
    if (this.#failed === undefined) await this.#ask({ kind: 'close' }).catch(() => undefined);
    this.#fail(new Error('the store was closed'));
    await this.#worker.terminate();
  }

  #ask(request: object): Promise<unknown> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  #take(answer: Exclude<Answer, { kind: 'ready' | 'unusable' }>): void {
    if (answer.kind === 'notification') {
      for (const heard of this.#heard.get(answer.channel) ?? []) heard(answer.payload);
      return;
    }
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'answer') waiter?.resolve(answer.result);
    else waiter?.reject(new DatabaseError(answer.message, answer.code));
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#failed);
    this.#waiting.clear();
  }
}
