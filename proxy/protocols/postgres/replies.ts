import { SallyportError } from '../../../engine/errors.ts';
import type { SessionState } from '../../protocol.ts';
import type { AnswerMasks } from './answer-masks.ts';
import { FieldReader } from './bytes.ts';
import type { Conversation } from './conversation.ts';
import { isFatal, readTargetError } from './error-fields.ts';
import { LimitReplies, SWALLOWED } from './limit-replies.ts';
import { COPY_FAIL, type LimitWatch } from './limit-watch.ts';
import { LONGEST_ROW_BYTES, readRowDescription } from './masking/index.ts';
import { FROM_TARGET } from './message-types.ts';
import type { ObjectChangeWatch } from './object-change-watch.ts';
import type { Pending } from './pending.ts';
import { refusalResponse } from './refusal.ts';
import { commandDone, transactionDone } from './released-values.ts';
import { recordCancelled, recordCompletion, recordFailure, recordSuspension } from './results.ts';
import { applyEffect, report, settle } from './session-state.ts';
import { objectToValue } from './settings-guard.ts';
import { WHOLE, type PIECES, type TargetSink } from './target-frames.ts';

const HEADER_BYTES = 5;

export interface RepliesOptions {
  readonly conversation: Conversation;
  readonly watch: LimitWatch;
  readonly masks: AnswerMasks;
  readonly changes: ObjectChangeWatch;
  /** Both send bytes, in order. */
  readonly toClient: (bytes: Uint8Array) => void;
  readonly toTarget: (bytes: Uint8Array) => void;
}

/**
 * Follows the target's answers, each of which belongs to the message at the head of the queue: that alone, and never
 * its text, tells whether an error answers a refused statement.
 */
export class Replies implements TargetSink {
  readonly #conversation: Conversation;
  readonly #watch: LimitWatch;
  readonly #limits: LimitReplies;
  readonly #masks: AnswerMasks;
  readonly #changes: ObjectChangeWatch;
  readonly #toTarget: (bytes: Uint8Array) => void;
  readonly #toClient: (bytes: Uint8Array) => void;

  constructor({ conversation, watch, masks, changes, toClient, toTarget }: RepliesOptions) {
    this.#conversation = conversation;
    this.#watch = watch;
    this.#limits = new LimitReplies(conversation, watch, toTarget);
    this.#masks = masks;
    this.#changes = changes;
    this.#toClient = toClient;
    this.#toTarget = toTarget;
  }

  forward(bytes: Uint8Array): void {
    this.#masks.flush();
    this.#toClient(bytes);
  }

  flush(): void {
    this.#masks.flush();
  }

  piece(bytes: Buffer, start: number, end: number): void {
    this.#masks.copyPiece(bytes, start, end);
  }

  streamed(type: number, total: number): Uint8Array | typeof WHOLE | typeof PIECES | undefined {
    const { ending, pending } = this.#conversation;
    if (ending !== undefined) throw ending;
    const head = pending.head;
    switch (type) {
      case FROM_TARGET.dataRow:
      case FROM_TARGET.copyData:
        if (head === undefined || head.refusal !== undefined) throw unexpected(type);
        return this.#moved(head, type === FROM_TARGET.copyData, total);
      case FROM_TARGET.rowDescription:
        if (head === undefined || head.refusal !== undefined) throw unexpected(type);
        if (this.#masks.describes(head)) return WHOLE;
        if (head.kind === 'describe') this.#conversation.pending.shift();
        else if (head.kind !== 'query') throw unexpected(type);
        return this.#watch.over(head) && SWALLOWED;
      case FROM_TARGET.parameterDescription:
        if (head?.kind !== 'describe') throw unexpected(type);
        return undefined;
      case FROM_TARGET.functionResult:
        if (head?.kind !== 'function') throw unexpected(type);
        return this.#limits.moved(head, false, total);
      default: // notices and notifications come at any time
        return this.#masks.readsTexts ? WHOLE : undefined;
    }
  }

  /** A row, or a message of copied data, begins. */
  #moved(head: Pending, copied: boolean, total: number): Uint8Array | typeof WHOLE | typeof PIECES | undefined {
    const kept = this.#limits.moved(head, copied, total);
    if (kept !== undefined || head.masks === undefined) return kept;
    if (copied) return this.#masks.copied(head);
    const looked = this.#masks.row(head);
    if (looked !== undefined && total > LONGEST_ROW_BYTES) throw rowTooLong(total);
    return looked;
  }

  whole(type: number, bytes: Buffer, start: number, end: number): Uint8Array | undefined {
    const { ending, pending } = this.#conversation;
    if (ending !== undefined) throw ending;
    switch (type) {
      case FROM_TARGET.dataRow:
        if (pending.head === undefined) throw unexpected(type);
        return this.#masks.maskRow(pending.head, bytes, start, end) ? SWALLOWED : undefined;
      case FROM_TARGET.rowDescription:
        return this.#described(bytes, start, end);
      case FROM_TARGET.notice:
        return this.#masks.report(pending.head, bytes, start, end);
      case FROM_TARGET.notification:
        return this.#masks.notification(bytes, start, end);
      case FROM_TARGET.commandComplete:
        return this.#completed(type, bytes.toString('latin1', start + HEADER_BYTES, end - 1));
      case FROM_TARGET.emptyQuery:
        return this.#completed(type, '');
      case FROM_TARGET.readyForQuery:
        return this.#ready(bytes.subarray(start, end));
      case FROM_TARGET.parseComplete: {
        this.#confirmed(this.#take('parse', type));
        return;
      }
      case FROM_TARGET.bindComplete: {
        this.#confirmed(this.#take('bind', type));
        return;
      }
      case FROM_TARGET.closeComplete: {
        this.#confirmed(this.#take('close', type));
        return;
      }
      case FROM_TARGET.noData: {
        const { own, describes } = this.#take('describe', type);
        if (describes !== undefined) describes.fields = [];
        return own ? SWALLOWED : undefined;
      }
      case FROM_TARGET.portalSuspended:
        return this.#suspended(type);
      case FROM_TARGET.error:
        return this.#error(bytes, start, end);
      case FROM_TARGET.parameterStatus: {
        this.#reported(bytes, start, end);
        return;
      }
      case FROM_TARGET.copyInResponse:
        return this.#copyIn(type);
      case FROM_TARGET.copyOutResponse:
      case FROM_TARGET.copyDone:
        if (pending.head?.facts === undefined) throw unexpected(type);
        if (type === FROM_TARGET.copyOutResponse) {
          pending.head.binaryCopy = bytes[start + HEADER_BYTES] === 1;
          this.#masks.copies(pending.head, bytes.readUInt16BE(start + HEADER_BYTES + 1));
        } else this.#copyRest(pending.head);
        return this.#watch.over(pending.head) && SWALLOWED;
      case FROM_TARGET.copyBothResponse:
        throw new SallyportError('SP_PROTOCOL_UNSUPPORTED', 'Replication is not passed through Sallyport.');
      default:
        throw unexpected(type);
    }
  }

  /** The columns of rows that follow, or of a portal. */
  #described(bytes: Buffer, start: number, end: number): Uint8Array | undefined {
    const { pending } = this.#conversation;
    const { head } = pending;
    const fields = readRowDescription(bytes, start, end);
    if (head === undefined || fields === undefined) throw unexpected(FROM_TARGET.rowDescription);
    this.#masks.described(head, fields);
    if (head.kind === 'describe') pending.shift();
    else if (head.kind !== 'query') throw unexpected(FROM_TARGET.rowDescription);
    return head.own ? SWALLOWED : this.#watch.over(head) && SWALLOWED;
  }

  #copyRest(head: Pending): void {
    const rest = this.#masks.copyEnd(head);
    if (rest !== undefined && this.#watch.over(head) === undefined) this.forward(rest);
  }

  /** Takes the head of the queue, which must be a message of that kind that was let through. */
  #take(kind: Pending['kind'], type: number): Pending {
    const { pending } = this.#conversation;
    const { head } = pending;
    if (head?.kind !== kind || head.refusal !== undefined) throw unexpected(type);
    pending.shift();
    return head;
  }

  #confirmed({ statement, portal }: Pending): undefined {
    if (statement !== undefined) this.#conversation.statements.confirm(statement);
    if (portal !== undefined) this.#conversation.portals.confirm(portal);
  }

  #completed(type: number, tag: string): Uint8Array | undefined {
    const conversation = this.#conversation;
    const { head } = conversation.pending;
    // The target did not refuse what no PostgreSQL can parse: nothing that it says can be trusted to be in order.
    if (head === undefined || head.refusal !== undefined || head.facts === undefined) throw unexpected(type);
    const command = head.completed;
    const masked = this.#masks.finish(head);
    head.completed += 1;
    this.#applied(head, command, tag);
    const over = this.#watch.over(head);
    if (over?.command !== command) recordCompletion(conversation.gate, head, command, tag, masked);
    this.#watch.completed(head, command);
    if (conversation.copy === head && head.kind === 'execute') this.#endCopy();
    if (over !== undefined) return this.#limits.completed(head, over, command, tag);
    if (head.kind === 'execute') {
      conversation.pending.shift();
      this.#watch.finish(head);
    }
    return undefined;
  }

  #suspended(type: number): Uint8Array | undefined {
    const conversation = this.#conversation;
    const { head } = conversation.pending;
    const over = this.#watch.over(head);
    if (head !== undefined && over !== undefined) return this.#limits.completed(head, over, 0, '');
    const pending = this.#take('execute', type);
    this.#applied(pending, 0, '');
    recordSuspension(conversation.gate, pending, this.#masks.finish(pending));
    this.#watch.finish(pending);
    return undefined;
  }

  /** A command succeeded: what it does to the session is done. */
  #applied(pending: Pending, command: number, tag: string): void {
    const conversation = this.#conversation;
    for (const change of pending.named ?? []) {
      if (change.command === command) conversation.statements.confirm(change.entry);
    }
    commandDone(conversation, pending, command);
    const effects = pending.facts?.effects[command];
    if (effects === undefined || effects.length === 0) return;
    for (const effect of effects) {
      // COMMIT of a failed transaction is a ROLLBACK, and says so.
      const done = effect.kind === 'commit' && tag === 'ROLLBACK' ? { ...effect, kind: 'rollback' as const } : effect;
      conversation.tracked = applyEffect(conversation.tracked, done);
    }
  }

  #error(bytes: Buffer, start: number, end: number): Uint8Array | undefined {
    const conversation = this.#conversation;
    const { head } = conversation.pending;
    const told = this.#masks.report(head, bytes, start, end);
    // What the client is not shown is not written down either.
    const error = told === undefined ? readTargetError(bytes, start, end) : readTargetError(told, 0, told.length);
    if (isFatal(error)) {
      conversation.fatal = true;
      if (head !== undefined) recordFailure(conversation.gate, head, error);
      return told;
    }
    if (head === undefined) throw unexpected(FROM_TARGET.error);
    conversation.failed = true;
    if (conversation.copy === head) this.#endCopy();
    const over = this.#limits.overFailed(head, error);
    let replacement: Uint8Array | undefined = told;
    if (over !== undefined) replacement = this.#limits.failed(head, over, error);
    else if (head.refusal !== undefined) replacement = refusalResponse(head.refusal, head.position, 'ERROR');
    else recordFailure(conversation.gate, head, error, this.#masks.finish(head));

    if (head.kind === 'query' || head.kind === 'function' || head.kind === 'sync') head.failed = true;
    else this.#skipToSync();
    return replacement;
  }

  /** After an error in the extended protocol the target ignores every message up to the next Sync. */
  #skipToSync(): void {
    const conversation = this.#conversation;
    const { pending } = conversation;
    for (let first = true; pending.head !== undefined && pending.head.kind !== 'sync'; first = false) {
      const skipped = pending.head;
      pending.shift();
      this.#undone(skipped, first);
      if (first) continue;
      recordCancelled(conversation.gate, skipped);
      if (conversation.copy === skipped) this.#endCopy();
      // It ended its batch, and its ReadyForQuery will not come.
      if (skipped.kind === 'query' || skipped.kind === 'function') conversation.settleBatch(skipped.batch);
    }
    if (pending.length === 0) conversation.skipping = true;
  }

  /** Names that SQL was to change, and did not come to. */
  #revertNames({ named, completed }: Pending): void {
    for (const change of named ?? []) {
      if (change.command >= completed) this.#conversation.statements.revert(change.entry);
    }
  }

  /** `failed`: the target tried. PostgreSQL forgets the unnamed statement before it looks at the new one. */
  #undone(pending: Pending, failed: boolean): void {
    const { statements, portals } = this.#conversation;
    const { statement, portal } = pending;
    this.#watch.finish(pending);
    if (statement !== undefined) statements.revert(statement, failed && statement.key === '');
    if (portal !== undefined) portals.revert(portal);
    this.#revertNames(pending);
  }

  #ready(message: Buffer): Uint8Array | undefined {
    const conversation = this.#conversation;
    const transaction = transactionOf(message[HEADER_BYTES]);
    const { head } = conversation.pending;
    const ends = head?.kind === 'sync' || head?.kind === 'query' || head?.kind === 'function';
    if (!ends || (head.refusal !== undefined && !head.failed)) throw unexpected(FROM_TARGET.readyForQuery);
    const over = this.#watch.over(head);
    let told: Uint8Array = SWALLOWED;
    if (over !== undefined) {
      const before = this.#limits.ready(head, over, transaction);
      if (before === undefined) return SWALLOWED;
      told = before;
    }
    conversation.pending.shift();

    if (conversation.copy === head) this.#endCopy();
    if (head.named !== undefined) this.#revertNames(head);
    this.#confirmed(head);
    if (head.kind === 'function' && !head.failed && over === undefined) {
      recordCompletion(conversation.gate, head, 0, '', undefined);
    }
    this.#watch.finish(head);
    conversation.settleBatch(head.batch);
    const { failed } = conversation;
    conversation.tracked = settle(conversation.tracked, transaction, failed);
    conversation.failed = false;
    // Portals live as long as their transaction.
    if (transaction === 'idle') {
      if (conversation.portals.size > 0) conversation.portals.deleteUpTo(head.batch);
      transactionDone(conversation, head, failed);
      this.#changes.settled(head.batch.id);
    }
    return told.length === 0 ? undefined : Buffer.concat([told, message]);
  }

  #reported(bytes: Buffer, start: number, end: number): undefined {
    const conversation = this.#conversation;
    const fields = new FieldReader(bytes, start + HEADER_BYTES, end);
    const name = fields.text();
    const value = fields.text();
    if (!fields.complete) throw unexpected(FROM_TARGET.parameterStatus);
    const objection = objectToValue(name, value);
    if (objection !== undefined) {
      throw new SallyportError(objection.code, objection.message, { help: objection.hint });
    }
    conversation.tracked = report(conversation.tracked, name, value);
  }

  #copyIn(type: number): Uint8Array | undefined {
    const conversation = this.#conversation;
    const { head, length } = conversation.pending;
    // Whatever went out behind a COPY that nobody saw coming has been taken for its data.
    if (head === undefined || head.refusal !== undefined || head.facts === undefined || length > 1)
      throw unexpected(type);
    if (this.#watch.over(head) !== undefined) {
      // A target that waits for data heeds no cancel request.
      this.#toTarget(COPY_FAIL);
      return SWALLOWED;
    }
    conversation.copy = head;
    conversation.copying = true;
    return undefined;
  }

  #endCopy(): void {
    this.#conversation.copy = undefined;
    this.#conversation.copying = false;
    this.#conversation.insideCopyData = false;
  }
}

function transactionOf(status: number | undefined): SessionState['transaction'] {
  if (status === 0x49) return 'idle'; // I
  if (status === 0x54) return 'active'; // T
  if (status === 0x45) return 'failed'; // E
  throw unexpected(FROM_TARGET.readyForQuery);
}

function rowTooLong(total: number): SallyportError {
  return new SallyportError('SP_LIMIT_FRAME', `A row of ${total} bytes is longer than the gateway masks.`, {
    help: `Rows whose values are masked have ${LONGEST_ROW_BYTES} bytes at most: select fewer columns, or parts of values.`,
  });
}

function unexpected(type: number): SallyportError {
  return new SallyportError(
    'SP_PROTOCOL_VIOLATION',
    `The target sent a message of type ${String.fromCharCode(type)} that answers nothing.`,
  );
}
