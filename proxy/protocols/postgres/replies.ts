import { SallyportError } from '../../../engine/errors.ts';
import type { SessionState } from '../../protocol.ts';
import { FieldReader } from './bytes.ts';
import type { Conversation } from './conversation.ts';
import { isFatal, readTargetError } from './error-fields.ts';
import { FROM_TARGET } from './message-types.ts';
import type { Pending } from './pending.ts';
import { refusalResponse } from './refusal.ts';
import { recordCancelled, recordCompletion, recordFailure, recordSuspension } from './results.ts';
import { applyEffect, report, settle } from './session-state.ts';
import { objectToValue } from './settings-guard.ts';
import type { TargetSink } from './target-frames.ts';

const HEADER_BYTES = 5;

/**
 * Follows the target's answers, each of which belongs to the message at the head of the queue: that alone, and never
 * its text, tells whether an error answers a refused statement.
 */
export class Replies implements TargetSink {
  readonly #conversation: Conversation;
  readonly forward: (bytes: Uint8Array) => void;

  constructor(conversation: Conversation, forward: (bytes: Uint8Array) => void) {
    this.#conversation = conversation;
    this.forward = forward;
  }

  streamed(type: number, total: number): void {
    const head = this.#conversation.pending.head;
    switch (type) {
      case FROM_TARGET.dataRow:
      case FROM_TARGET.copyData:
        if (head === undefined || head.refusal !== undefined) throw unexpected(type);
        if (type === FROM_TARGET.dataRow) head.rows += 1;
        head.bytes += total - HEADER_BYTES;
        return;
      case FROM_TARGET.rowDescription:
        if (head === undefined || head.refusal !== undefined) throw unexpected(type);
        if (head.kind === 'describe') this.#conversation.pending.shift();
        else if (head.kind !== 'query') throw unexpected(type);
        return;
      case FROM_TARGET.parameterDescription:
        if (head?.kind !== 'describe') throw unexpected(type);
        return;
      case FROM_TARGET.functionResult:
        if (head?.kind !== 'function') throw unexpected(type);
        head.rows += 1;
        head.bytes += total - HEADER_BYTES;
        return;
      default: // notices and notifications come at any time
    }
  }

  whole(type: number, bytes: Buffer, start: number, end: number): Uint8Array | undefined {
    switch (type) {
      case FROM_TARGET.commandComplete: {
        this.#completed(type, bytes.toString('latin1', start + HEADER_BYTES, end - 1));
        return;
      }
      case FROM_TARGET.emptyQuery: {
        this.#completed(type, '');
        return;
      }
      case FROM_TARGET.readyForQuery: {
        this.#ready(bytes[start + HEADER_BYTES]);
        return;
      }
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
      case FROM_TARGET.noData:
        this.#take('describe', type);
        return undefined;
      case FROM_TARGET.portalSuspended: {
        this.#suspended(this.#take('execute', type));
        return;
      }
      case FROM_TARGET.error:
        return this.#error(bytes, start, end);
      case FROM_TARGET.parameterStatus: {
        this.#reported(bytes, start, end);
        return;
      }
      case FROM_TARGET.copyInResponse: {
        this.#copyIn(type);
        return;
      }
      case FROM_TARGET.copyOutResponse:
      case FROM_TARGET.copyDone:
        if (this.#conversation.pending.head?.facts === undefined) throw unexpected(type);
        return undefined;
      case FROM_TARGET.copyBothResponse:
        throw new SallyportError('SP_PROTOCOL_UNSUPPORTED', 'Replication is not passed through Sallyport.');
      default:
        throw unexpected(type);
    }
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

  #completed(type: number, tag: string): undefined {
    const conversation = this.#conversation;
    const { head } = conversation.pending;
    // The target did not refuse what no PostgreSQL can parse: nothing that it says can be trusted to be in order.
    if (head === undefined || head.refusal !== undefined || head.facts === undefined) throw unexpected(type);
    const command = head.completed;
    head.completed += 1;
    this.#applied(head, command, tag);
    recordCompletion(conversation.gate, head, command, tag);
    if (head.kind === 'execute') {
      conversation.pending.shift();
      if (conversation.copy === head) this.#endCopy();
    }
  }

  #suspended(pending: Pending): undefined {
    this.#applied(pending, 0, '');
    recordSuspension(this.#conversation.gate, pending);
  }

  /** A command succeeded: what it does to the session is done. */
  #applied(pending: Pending, command: number, tag: string): void {
    const conversation = this.#conversation;
    for (const change of pending.named ?? []) {
      if (change.command === command) conversation.statements.confirm(change.entry);
    }
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
    const error = readTargetError(bytes, start, end);
    const { head } = conversation.pending;
    if (isFatal(error)) {
      conversation.fatal = true;
      if (head !== undefined) recordFailure(conversation.gate, head, error);
      return undefined;
    }
    if (head === undefined) throw unexpected(FROM_TARGET.error);
    conversation.failed = true;
    if (conversation.copy === head) this.#endCopy();
    if (head.refusal === undefined) recordFailure(conversation.gate, head, error);
    const replacement = head.refusal === undefined ? undefined : refusalResponse(head.refusal, head.position, 'ERROR');

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
    if (statement !== undefined) statements.revert(statement, failed && statement.key === '');
    if (portal !== undefined) portals.revert(portal);
    this.#revertNames(pending);
  }

  #ready(status: number | undefined): undefined {
    const conversation = this.#conversation;
    const transaction = transactionOf(status);
    const head = conversation.pending.shift();
    const ends = head?.kind === 'sync' || head?.kind === 'query' || head?.kind === 'function';
    if (!ends || (head.refusal !== undefined && !head.failed)) throw unexpected(FROM_TARGET.readyForQuery);

    if (conversation.copy === head) this.#endCopy();
    if (head.named !== undefined) this.#revertNames(head);
    this.#confirmed(head);
    if (head.kind === 'function' && !head.failed) recordCompletion(conversation.gate, head, 0, '');
    conversation.settleBatch(head.batch);
    conversation.tracked = settle(conversation.tracked, transaction, conversation.failed);
    conversation.failed = false;
    // Portals live as long as their transaction.
    if (transaction === 'idle' && conversation.portals.size > 0) conversation.portals.deleteUpTo(head.batch);
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

  #copyIn(type: number): undefined {
    const conversation = this.#conversation;
    const { head, length } = conversation.pending;
    // Whatever went out behind a COPY that nobody saw coming has been taken for its data.
    if (head === undefined || head.refusal !== undefined || head.facts === undefined || length > 1)
      throw unexpected(type);
    conversation.copy = head;
    conversation.copying = true;
  }

  #endCopy(): void {
    this.#conversation.copy = undefined;
    this.#conversation.copying = false;
  }
}

function transactionOf(status: number | undefined): SessionState['transaction'] {
  if (status === 0x49) return 'idle'; // I
  if (status === 0x54) return 'active'; // T
  if (status === 0x45) return 'failed'; // E
  throw unexpected(FROM_TARGET.readyForQuery);
}

function unexpected(type: number): SallyportError {
  return new SallyportError(
    'SP_PROTOCOL_VIOLATION',
    `The target sent a message of type ${String.fromCharCode(type)} that answers nothing.`,
  );
}
