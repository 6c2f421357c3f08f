import { ArtifactWorker } from '../artifacts/artifact-worker.ts';
import type { Diagnostic } from '../contract.ts';
import { SallyportError } from '../errors.ts';
import type { Compiled } from './protocol.ts';

export interface CompilerWorkerOptions {
  /** Path of the artifact. */
  readonly artifact: string;
  readonly timeoutMs: number;
  readonly idleMs: number;
}

/** The policy compiler in a thread of its own. */
export class CompilerWorker {
  readonly #worker: ArtifactWorker;

  constructor({ artifact, timeoutMs, idleMs }: CompilerWorkerOptions) {
    this.#worker = new ArtifactWorker({
      program: { artifact },
      frozen: false,
      timeoutMs,
      idleMs,
      failed: (why, cause) =>
        new SallyportError('SP_COMPILER_FAILED', `The policy compiler stopped: ${why}`, { cause }),
      timedOut: (milliseconds) =>
        new SallyportError('SP_COMPILER_TIMEOUT', `The policy compiler did not answer within ${milliseconds} ms.`),
    });
  }

  /** @throws SallyportError SP_COMPILER_FAILED, SP_COMPILER_TIMEOUT */
  async ask<Result>(request: object): Promise<Compiled<Result>> {
    const answer = await this.#worker.ask(JSON.stringify(request));
    const { result, diagnostics } = JSON.parse(answer) as { result: Result | null; diagnostics: Diagnostic[] };
    const broken = diagnostics.find(({ code }) => code === 'compiler_panic' || code === 'compiler_failure');
    if (broken !== undefined) {
      throw new SallyportError('SP_COMPILER_FAILED', `The policy compiler failed: ${broken.message}`, {
        ...(broken.help === undefined ? {} : { help: broken.help }),
      });
    }
    return { result: result ?? undefined, diagnostics };
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
