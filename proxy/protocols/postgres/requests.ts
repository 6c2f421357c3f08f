import { serialize } from 'pg-protocol';
import { SallyportError } from '../../../engine/errors.ts';
import type { FrameStep } from './client-frames.ts';
import { bind, close, describe, execute, parse } from './extended-query.ts';
import { FROM_CLIENT } from './message-types.ts';
import type { Pending } from './pending.ts';
import { awaitQuiet, failCopy, malformed, release, type RequestContext } from './request-context.ts';
import { functionCall, query } from './simple-query.ts';

const EMPTY_MESSAGE_BYTES = 5;

/** Takes the client's messages in order: each is judged and passed on, replaced, or dropped where PostgreSQL drops it. */
export class Requests {
  readonly #context: RequestContext;
  /** A Flush of our own went out, so that the answers that a full pipeline waits for come. */
  #flushed = false;

  /** The client said goodbye. */
  #terminated = false;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  get terminated(): boolean {
    return this.#terminated;
  }

  /**
   * Takes the frame found last. Gives false when it must be presented again once the target has answered more.
   *
   * @throws SallyportError SP_PROTOCOL_VIOLATION; SessionTerminated
   */
  take(step: FrameStep): boolean {
    const { frames, conversation, watch } = this.#context;
    const { type } = frames;
    if (conversation.copy !== undefined) return this.#duringCopy();
    // Outside of COPY the target ignores its messages: they come late, after an error.
    if (step === 'copy_data' || type === FROM_CLIENT.copyDone || type === FROM_CLIENT.copyFail) return true;
    if (type === FROM_CLIENT.terminate) return this.#end();
    if (conversation.skipping && type !== FROM_CLIENT.sync) return true;
    if (watch.busy && watch.bars(type === FROM_CLIENT.sync)) return awaitQuiet(this.#context);
    if (conversation.pending.length >= this.#context.limits.pipelinedMessages) return this.#full();
    this.#flushed = false;

    switch (type) {
      case FROM_CLIENT.query:
        return query(this.#context);
      case FROM_CLIENT.parse:
        return parse(this.#context);
      case FROM_CLIENT.bind:
        return bind(this.#context);
      case FROM_CLIENT.describe:
        return describe(this.#context);
      case FROM_CLIENT.execute:
        return execute(this.#context);
      case FROM_CLIENT.close:
        return close(this.#context);
      case FROM_CLIENT.functionCall:
        return functionCall(this.#context);
      case FROM_CLIENT.flush:
        return this.#flush();
      case FROM_CLIENT.sync:
        return this.#sync();
      default:
        throw new SallyportError('SP_PROTOCOL_VIOLATION', `invalid frontend message type ${type}`);
    }
  }

  /**
   * Between a released COPY … FROM STDIN and its end. As the target does, Flush and Sync are ignored (libpq sends them
   * before it knows that the statement is a COPY), and any other message breaks the protocol.
   */
  #duringCopy(): boolean {
    const { frames, outbox, conversation, watch } = this.#context;
    const { copy } = conversation;
    if (frames.type === FROM_CLIENT.terminate) return this.#end();
    if (!conversation.copying) return false;
    switch (frames.type) {
      case FROM_CLIENT.copyData: {
        const total = frames.copyBegins;
        if (copy !== undefined && total > 0 && this.#overflows(copy, total - EMPTY_MESSAGE_BYTES)) return true;
        outbox.forward(frames.bytes, frames.start, frames.end);
        conversation.insideCopyData = frames.copyContinues;
        // The time was up in the middle of this message: behind it the target takes a word.
        if (watch.over(copy) !== undefined) failCopy(this.#context);
        return true;
      }
      case FROM_CLIENT.copyDone:
      case FROM_CLIENT.copyFail:
        outbox.forward(frames.bytes, frames.start, frames.end);
        conversation.copying = false;
        // A Query may hold another COPY; an Execute is over for its client, which sends Sync without waiting.
        if (copy?.kind === 'execute') conversation.copy = undefined;
        return true;
      case FROM_CLIENT.flush:
      case FROM_CLIENT.sync:
        return true;
      default:
        throw new SallyportError(
          'SP_PROTOCOL_VIOLATION',
          `unexpected message type 0x${frames.type.toString(16).toUpperCase()} during COPY from stdin`,
        );
    }
  }

  /** Whether the client copies more in than it may: the target is told that the COPY fails instead. */
  #overflows(copy: Pending, bytes: number): boolean {
    const { watch } = this.#context;
    if (copy.limits !== undefined && watch.refuses(copy, 0, bytes)) {
      watch.stop();
      return true;
    }
    copy.bytes += bytes;
    return false;
  }

  #flush(): true {
    this.#empty('Flush');
    const { frames, outbox } = this.#context;
    outbox.forward(frames.bytes, frames.start, frames.end);
    return true;
  }

  #sync(): true {
    this.#empty('Sync');
    const { conversation } = this.#context;
    release(this.#context, 'sync');
    conversation.skipping = false;
    conversation.endBatch();
    return true;
  }

  #end(): true {
    this.#empty('Terminate');
    const { frames, outbox } = this.#context;
    outbox.forward(frames.bytes, frames.start, frames.end);
    this.#terminated = true;
    return true;
  }

  #full(): false {
    if (!this.#flushed) this.#context.outbox.push(serialize.flush());
    this.#flushed = true;
    return false;
  }

  #empty(what: string): void {
    const { frames } = this.#context;
    if (frames.end - frames.start !== EMPTY_MESSAGE_BYTES) throw malformed(what);
  }
}
