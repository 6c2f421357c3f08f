import { serialize } from 'pg-protocol';
import { SallyportError } from '../../../engine/errors.ts';
import type { Dialect } from '../../../engine/dialect.ts';
import type { CatalogueView } from '../../catalogue/view.ts';
import type { KeyedHash } from '../../masking/ways/keyed-hash.ts';
import type { GateSession, Notice, SessionHost } from '../../protocol.ts';
import { AnswerMasks } from './answer-masks.ts';
import type { CancelKey } from './cancel-keys.ts';
import { noticeResponse } from './client-bound.ts';
import { ClientFrames } from './client-frames.ts';
import { Conversation } from './conversation.ts';
import { Judge } from './judge.ts';
import { LimitWatch } from './limit-watch.ts';
import { ObjectChangeWatch } from './object-change-watch.ts';
import { Outbox } from './outbox.ts';
import { Replies } from './replies.ts';
import { failCopy, SessionTerminated } from './request-context.ts';
import { Requests } from './requests.ts';
import { recordCancelled, recordLimit } from './results.ts';
import type { TrackedState } from './session-state.ts';
import { TargetFrames } from './target-frames.ts';

export interface TrafficOptions {
  readonly host: SessionHost;
  readonly dialect: Dialect;
  readonly gate: GateSession;
  readonly tracked: TrackedState;
  readonly catalogue: CatalogueView | undefined;
  /** What values are masked with. */
  readonly maskKey: KeyedHash | undefined;
  /** The target's own key, for cancel requests. */
  readonly targetKey: CancelKey | undefined;
  /** The session cannot go on: tell the client, then end. */
  readonly fail: (error: SallyportError, response?: Uint8Array) => void;
  /** The client said goodbye. */
  readonly terminated: () => void;
  /** Work may have ended. */
  readonly settled: () => void;
}

/** Bytes that a client may send ahead of a message that waits, before the relay stops reading. */
const BACKLOG_BYTES = 256 * 1024;

/** Both directions of an open session: frames in, judged messages out. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #conversation: Conversation;
  readonly #frames: ClientFrames;
  readonly #outbox: Outbox;
  readonly #judge: Judge;
  readonly #requests: Requests;
  readonly #watch: LimitWatch;
  readonly #changes: ObjectChangeWatch;
  readonly #target: TargetFrames;
  /** The message at hand waits for the target's answers or for the gate. */
  #waiting = false;
  #paused = false;
  #ended = false;
  /** What the client is told when no message of the target's is under way. */
  #notices: Notice[] = [];

  constructor(options: TrafficOptions) {
    const { host, dialect, gate, tracked, catalogue, maskKey } = options;
    this.#options = options;
    const conversation = new Conversation(gate, tracked);
    this.#conversation = conversation;
    this.#frames = new ClientFrames(host.limits.frameBytes);
    this.#outbox = new Outbox((bytes) => {
      host.sendTarget(bytes);
    });
    this.#judge = new Judge({
      dialect,
      conversation,
      catalogue: maskKey === undefined ? undefined : catalogue,
      resume: () => {
        this.#pump();
      },
      tell: (notice) => {
        this.#notices.push(notice);
        this.#sendNotices();
      },
    });
    this.#changes = new ObjectChangeWatch(catalogue);
    this.#watch = new LimitWatch({
      host,
      pending: conversation.pending,
      targetKey: options.targetKey,
      failCopy: () => {
        const failed = failCopy({ conversation, outbox: this.#outbox });
        this.#outbox.flush();
        return failed;
      },
      resume: () => {
        if (this.#waiting) this.#pump();
        options.settled();
      },
      fail: (error) => {
        this.#fail(error);
      },
    });
    const context = {
      frames: this.#frames,
      outbox: this.#outbox,
      conversation,
      judge: this.#judge,
      watch: this.#watch,
      changes: this.#changes,
      limits: host.limits,
    };
    this.#requests = new Requests(context);
    const toClient = (bytes: Uint8Array): void => {
      host.sendClient(bytes);
    };
    const toTarget = (bytes: Uint8Array): void => {
      host.sendTarget(bytes);
    };
    const masks = new AnswerMasks({ conversation, key: maskKey, catalogue, send: toClient });
    const replies = { conversation, watch: this.#watch, masks, changes: this.#changes, toClient, toTarget };
    this.#target = new TargetFrames(new Replies(replies));
  }

  get idle(): boolean {
    return this.#conversation.idle && !this.#judge.holding && !this.#waiting && !this.#watch.busy;
  }

  /** A part of a message has come, and the gateway waits for the rest of it. */
  get holding(): boolean {
    return this.#frames.buffered > 0 && !this.#waiting && !this.#judge.holding;
  }

  /** The client has a part of a message, so that nothing of our own can be sent. */
  get insideMessage(): boolean {
    return this.#target.insideMessage;
  }

  /** The target itself told the client why the session ends. */
  get fatal(): boolean {
    return this.#conversation.fatal;
  }

  clientData(chunk: Buffer): void {
    if (this.#ended) return;
    this.#frames.push(chunk);
    this.#pump();
  }

  targetData(chunk: Buffer): void {
    if (this.#ended) return;
    try {
      this.#target.push(chunk);
    } catch (error) {
      this.#fail(error);
      return;
    }
    const { ending } = this.#conversation;
    if (ending !== undefined && !this.insideMessage) {
      this.#fail(ending);
      return;
    }
    this.#watch.stop();
    if (this.#notices.length > 0) this.#sendNotices();
    if (this.#waiting) this.#pump();
    this.#options.settled();
  }

  /** The session ends with that error as soon as the client has no part of a message. */
  failSoon(error: SallyportError): void {
    this.#conversation.ending ??= error;
  }

  /** What runs at the target is of no use any more. */
  abandon(): void {
    const { host, targetKey } = this.#options;
    if (this.#conversation.pending.running === 0 || targetKey === undefined) return;
    host.sendOutOfBand(serialize.cancel(targetKey.processId, targetKey.secret));
  }

  /** Cancels what runs; what the gate holds does not even begin. */
  cancel(): void {
    const { host, targetKey } = this.#options;
    if (this.#judge.holding) {
      this.#judge.withdraw({
        code: 'SP_CANCELLED',
        message: 'canceling statement due to user request',
        detail: 'It was held and has not run.',
      });
    } else if (this.#watch.stopping) {
      // It is being cancelled; another request could come late.
    } else if (this.#conversation.pending.length > 0 && targetKey !== undefined) {
      // Sent while nothing runs it could hit the next command.
      host.sendOutOfBand(serialize.cancel(targetKey.processId, targetKey.secret));
    }
  }

  /** The session is over: what was released and not answered is recorded as such. */
  end(): void {
    this.#ended = true;
    this.#judge.withdraw();
    this.#judge.forget();
    this.#watch.end();
    this.#changes.end();
    const { pending, gate } = this.#conversation;
    for (let item = pending.shift(); item !== undefined; item = pending.shift()) {
      const over = this.#watch.over(item);
      if (over === undefined || over.told) recordCancelled(gate, item);
      else recordLimit(gate, item, over, 'unknown');
    }
  }

  #pump(): void {
    if (this.#ended || this.#judge.holding || this.#conversation.ending !== undefined) {
      this.#throttle();
      return;
    }
    const frames = this.#frames;
    this.#waiting = false;
    try {
      for (let step = frames.next(); step !== 'none'; step = frames.next()) {
        if (this.#requests.take(step)) {
          this.#judge.forget();
          if (this.#requests.terminated) break;
          continue;
        }
        frames.retry();
        this.#waiting = true;
        break;
      }
    } catch (error) {
      // What was judged before the offending message is released all the same.
      this.#outbox.flush();
      this.#fail(error);
      return;
    }
    this.#outbox.flush();
    if (this.#requests.terminated) this.#options.terminated();
    else this.#throttle();
  }

  #sendNotices(): void {
    if (this.#ended || this.insideMessage) return;
    for (const notice of this.#notices) this.#options.host.sendClient(noticeResponse(notice));
    this.#notices = [];
  }

  #throttle(): void {
    const full = !this.#ended && (this.#waiting || this.#judge.holding) && this.#frames.buffered > BACKLOG_BYTES;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#options.host.pauseClient();
    else this.#options.host.resumeClient();
  }

  #fail(error: unknown): void {
    if (error instanceof SessionTerminated) {
      const { refusal, response } = error;
      this.#options.fail(new SallyportError(refusal.code, refusal.message), response);
    } else {
      this.#options.fail(
        error instanceof SallyportError ? error : new SallyportError('SP_PROTOCOL_VIOLATION', String(error)),
      );
    }
  }
}
