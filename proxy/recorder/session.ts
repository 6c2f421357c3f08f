import * as fs from 'node:fs';
import { describeError, type Logger } from '../log.ts';
import type { AppendFile } from './append-file.ts';
import { chainHash, GENESIS, sealLine } from './chain.ts';
import { recorderFailure } from './failure.ts';
import type { SessionRecorder } from './recorder.ts';
import { sealPath } from './seal-path.ts';
import type { SealSigner } from './seal.ts';

export interface RecordedSessionOptions {
  readonly file: AppendFile;
  readonly session: string;
  readonly syncEach: boolean;
  readonly syncAtEnd: boolean;
  readonly signer: SealSigner | undefined;
  readonly timestamp: () => string;
  readonly logger: Logger;
  /** Events were appended. */
  readonly grown: () => void;
  /** The session has deferred events. */
  readonly waits: (session: RecordedSession) => void;
  readonly ended: (session: RecordedSession) => void;
}

/** One session's chain: numbers, hashes and appends its events. */
export class RecordedSession implements SessionRecorder {
  readonly #options: RecordedSessionOptions;
  #seq = 0;
  #prev = GENESIS;
  #deferred: { time: string; body: string }[] = [];
  #ended = false;
  #failing = false;

  constructor(options: RecordedSessionOptions) {
    this.#options = options;
  }

  get nextSeq(): number {
    return this.#seq + this.#deferred.length;
  }

  append(bodies: readonly string[]): void {
    // The chain moves on only when all of it is written.
    let seq = this.#seq;
    let prev = this.#prev;
    let text = '';
    const { session, timestamp, file, syncEach } = this.#options;
    const write = (time: string, body: string): void => {
      const unhashed = `{"schema":1,"seq":${seq},"time":"${time}","session":"${session}",${body},"prev":"${prev}"}`;
      prev = chainHash(prev, unhashed);
      text += sealLine(unhashed, prev);
      seq += 1;
    };
    for (const { time, body } of this.#deferred) write(time, body);
    const now = timestamp();
    for (const body of bodies) write(now, body);
    if (text === '') return;
    try {
      file.append(text);
    } catch (error) {
      this.#report(error);
      throw recorderFailure(error);
    }
    this.#seq = seq;
    this.#prev = prev;
    this.#options.grown();
    if (this.#deferred.length > 0) this.#deferred = [];
    if (syncEach) {
      try {
        file.sync();
      } catch (error) {
        this.#report(error);
        throw recorderFailure(error);
      }
    }
    if (this.#failing) this.#report(undefined);
  }

  defer(body: string): void {
    if (this.#ended) return;
    this.#deferred.push({ time: this.#options.timestamp(), body });
    if (this.#deferred.length === 1) this.#options.waits(this);
  }

  /** Writes deferred events. A failure keeps them for the next append; the recorder has logged it. */
  flush(): void {
    try {
      this.append([]);
    } catch {
      // Reported already; commands are refused until an append succeeds, which writes these events first.
    }
  }

  /** See AppendFile.checkPlace. */
  checkPlace(): void {
    this.#options.file.checkPlace();
  }

  /** See AppendFile.syncLater. */
  syncLater(): void {
    this.#options.file.syncLater();
  }

  end(reason: string, counters: { readonly commands: number; readonly denied: number }): void {
    if (this.#ended) return;
    const { file, syncAtEnd, ended } = this.#options;
    const { commands, denied } = counters;
    try {
      this.append([JSON.stringify({ type: 'end', reason, commands, denied }).slice(1, -1)]);
      // In the background: at most the last moments of a session that is over wait for the disk.
      if (syncAtEnd) file.syncLater();
      this.#seal();
    } catch (error) {
      this.#report(error);
    }
    this.#ended = true;
    file.close();
    ended(this);
  }

  /** Logs the first failure and the recovery, not each refused command between them. */
  #report(error: unknown): void {
    const { logger, session } = this.#options;
    if (error === undefined) logger.info({ session }, 'recording works again');
    else if (!this.#failing) {
      logger.error({ session, code: 'SP_RECORDER_FAILED', error: describeError(error) }, 'recording failed');
    }
    this.#failing = error !== undefined;
  }

  #seal(): void {
    const { signer, session, file, timestamp } = this.#options;
    if (signer === undefined) return;
    const seal = signer.seal({ session, events: this.#seq, hash: this.#prev, time: timestamp() });
    fs.writeFileSync(sealPath(file.path), `${JSON.stringify(seal)}\n`, { mode: 0o600, flag: 'wx' });
  }
}
