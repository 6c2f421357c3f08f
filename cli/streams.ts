import type { Readable, Writable } from 'node:stream';
import { SallyportError } from '../engine/errors.ts';

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  /** Environment variables that say how to print (NO_COLOR, GITHUB_STEP_SUMMARY, …). Left out: none. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
}

export const processStreams: Streams = process;

/** How much text is gathered before it is written: writing each line by itself would cost more than making it. */
const batchCharacters = 64 * 1024;

/**
 * Writes text in batches, and waits where the reader is slower. When the reader goes away (`| head`), the rest is
 * dropped without a word: `closed` then tells the producer to stop.
 */
export class BatchWriter {
  readonly #stream: Writable;
  #batch = '';
  #closed = false;
  #failure: Error | undefined;
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#closed = true;
    if (error.code !== 'EPIPE') this.#failure = error;
  };

  constructor(stream: Writable) {
    this.#stream = stream;
    // It stays for good: an EPIPE that comes late and unheard would end the process.
    stream.on('error', this.#onError);
  }

  /** Nobody reads any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes text. Where it gives a promise, wait for it before writing more. */
  write(text: string): Promise<void> | undefined {
    this.#batch += text;
    return this.#batch.length >= batchCharacters ? this.flush() : undefined;
  }

  /** Resolves when the stream has taken what was written. Rejects when writing failed, but not when the reader left. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = '';
    if (!this.#closed && batch !== '') {
      await new Promise<void>((resolve) => {
        // A stream that is destroyed during a write closes, and never says how the write ended.
        const onClose = (): void => {
          this.#closed = true;
          resolve();
        };
        this.#stream.once('close', onClose);
        this.#stream.write(batch, (error) => {
          this.#stream.off('close', onClose);
          if (error) this.#closed = true;
          resolve();
        });
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** All of a stream as bytes. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk), 'utf8'));
  return Buffer.concat(chunks);
}

/**
 * All of a stream as text.
 *
 * @throws SallyportError SP_STATEMENT_ENCODING when it is not UTF-8
 */
export async function readText(stream: Readable): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readAll(stream));
  } catch (cause) {
    if (cause instanceof TypeError) throw new SallyportError('SP_STATEMENT_ENCODING', undefined, { cause });
    throw cause;
  }
}
