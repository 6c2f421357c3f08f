import type { Refusal } from '../../protocol.ts';
import type { StatementFacts } from './statement-facts.ts';
import type { NameEntry } from './names.ts';
import type { Portal, Prepared } from './prepared.ts';

/**
 * Client messages up to a Sync, a Query or a FunctionCall: after an error the target skips the rest of an extended batch,
 * so a message may count on the success of those before it in its batch, and on no other's.
 */
export class Batch {
  readonly id: number;
  /** It holds commands that change the session's state. */
  changesState = false;
  /** It holds commands of which nobody knows what settings they change. */
  unsure = false;

  constructor(id: number) {
    this.id = id;
  }
}

export interface SqlNameChange {
  readonly command: number;
  readonly entry: NameEntry<Prepared>;
}

export type PendingKind = 'query' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync' | 'function';

/** A message that went to the target and that the target has not answered in full. */
export class Pending {
  readonly kind: PendingKind;
  readonly batch: Batch;
  /** The target got a statement that cannot parse in its place; its error is worded by this. */
  refusal: Refusal | undefined = undefined;
  /** Position of the refusal's finding in the statement, in characters from 1. */
  position: number | undefined = undefined;
  /** The recorded command events that the answer belongs to. */
  events: readonly number[] = [];
  facts: StatementFacts | undefined = undefined;
  statement: NameEntry<Prepared> | undefined = undefined;
  portal: NameEntry<Portal> | undefined = undefined;
  /** Changes of names by SQL (PREPARE, DEALLOCATE, DISCARD), confirmed or undone with the command of that index. */
  named: readonly SqlNameChange[] | undefined = undefined;
  /** The target has answered with an error; ReadyForQuery is still to come. */
  failed = false;
  /** Commands of a Query that are complete. */
  completed = 0;
  rows = 0;
  bytes = 0;
  startedAt = 0;

  constructor(kind: PendingKind, batch: Batch) {
    this.kind = kind;
    this.batch = batch;
  }
}

/** First in, first out, without moving what is inside. */
export class PendingQueue {
  #items: (Pending | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get head(): Pending | undefined {
    return this.#items[this.#head];
  }

  push(pending: Pending): void {
    this.#items.push(pending);
  }

  shift(): Pending | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
