import type { SessionState } from '../../protocol.ts';
import type { Conversation } from './conversation.ts';
import type { TargetError } from './error-fields.ts';
import type { LimitWatch, Over } from './limit-watch.ts';
import type { Pending } from './pending.ts';
import { replacementParse, replacementQuery } from './refusal.ts';
import { CANCELED, limitResponse, recordFailure, recordLimit, type LimitOutcome } from './results.ts';

const HEADER_BYTES = 5;
/** Length of the message that ends binary COPY data: a count of -1. */
const BINARY_TRAILER_BYTES = HEADER_BYTES + 2;
/** Nothing goes to the client in a message's place. */
export const SWALLOWED = Buffer.alloc(0);

/**
 * What the client gets of a statement that has reached a limit: nothing more of its answer, then one error, when it is
 * known what has become of the statement. Where the target had completed it all the same, it is undone if that can be.
 */
export class LimitReplies {
  readonly #conversation: Conversation;
  readonly #watch: LimitWatch;
  readonly #toTarget: (bytes: Uint8Array) => void;

  constructor(conversation: Conversation, watch: LimitWatch, toTarget: (bytes: Uint8Array) => void) {
    this.#conversation = conversation;
    this.#watch = watch;
    this.#toTarget = toTarget;
  }

  /** Counts a row, or the result of a function: what is too much for the client stays here. */
  moved(head: Pending, copied: boolean, total: number): Uint8Array | undefined {
    const bytes = total - HEADER_BYTES;
    if (head.limits !== undefined) {
      const rows = copied && head.binaryCopy && total === BINARY_TRAILER_BYTES ? 0 : 1;
      if (this.#watch.refuses(head, rows, bytes)) return SWALLOWED;
    }
    if (copied) head.copied += 1;
    else head.rows += 1;
    head.bytes += bytes;
    return undefined;
  }

  /** The target has completed a command of the message, before it could be stopped or behind the one above its limit. */
  completed(head: Pending, over: Over, command: number, tag: string): Uint8Array {
    if (over.command === command) {
      over.completed ??= tag;
      head.rows = head.bytes = head.copied = 0;
    }
    // What comes behind a Query's CommandComplete tells what becomes of it.
    if (head.kind !== 'execute') return SWALLOWED;
    const { pending, gate } = this.#conversation;
    if (pending.length === 1) {
      // Nothing that is behind it has gone out: its batch, and with it what it changed, can still be made to fail.
      over.undoing = true;
      this.#toTarget(replacementParse(over.limit, false));
      return SWALLOWED;
    }
    recordLimit(gate, head, over, 'late');
    pending.shift();
    const sync = pending.head;
    this.#watch.finish(head);
    if (sync !== undefined) this.#watch.follow(sync, over);
    over.told = true;
    return limitResponse(over, head, 'late');
  }

  /** What an error of the target's is about, if it is about a limit: a cancel request may hit what prepares the statement. */
  overFailed(head: Pending, { code }: TargetError): Over | undefined {
    return this.#watch.over(head) ?? (code === CANCELED ? this.#watch.reached : undefined);
  }

  /** The message ends with an error: the limit's, whatever the target says. */
  failed(head: Pending, over: Over, error: TargetError): Uint8Array {
    const { gate } = this.#conversation;
    const { told, completed, pending } = over;
    const outcome = completed === undefined ? 'stopped' : outcomeOf(head, over);
    over.told = true;
    if (!told) {
      recordLimit(gate, pending, over, outcome);
      if (completed !== undefined && !over.undoing) recordFailure(gate, head, error);
    }
    head.failed = pending.failed = true;
    return told ? SWALLOWED : limitResponse(over, pending, outcome);
  }

  /**
   * The target is ready for the next query.
   *
   * @returns what goes to the client before that word; undefined if the word is not for the client
   */
  ready(head: Pending, over: Over, transaction: SessionState['transaction']): Uint8Array | undefined {
    if (transaction === 'active' && !over.undoing && !head.failed) {
      // The client is told of an error, and an error ends a transaction: this one is made to.
      over.undoing = true;
      this.#toTarget(replacementQuery(over.limit));
      return undefined;
    }
    if (over.told) return SWALLOWED;
    over.completed ??= '';
    over.told = true;
    recordLimit(this.#conversation.gate, head, over, 'late');
    return limitResponse(over, head, 'late');
  }
}

/** What the failure behind a completed command has done to it. */
function outcomeOf(head: Pending, over: Over): LimitOutcome {
  const since = head.facts?.effects.slice(over.command, head.completed) ?? [];
  if (since.some((effects) => effects.some(({ kind }) => kind === 'commit'))) return 'late';
  // A Query's command ran in a transaction, for it did not end with it; an Execute's may be one that commits by itself.
  return head.kind !== 'execute' || head.undoable ? 'undone' : 'doubtful';
}
