import { NOTHING_USED, type StatementLimits, type Usage } from '../../limits/statement-limits.ts';
import type { Command } from '../../../engine/contract.ts';
import type { CommandLineage } from '../../../engine/lineage.ts';
import type { MaskPlan } from '../../masking/plan.ts';
import type { Refusal } from '../../protocol.ts';
import type { ResultDescription } from './result-description.ts';
import type { OpenCursor, SessionValues } from './session-values.ts';
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
  /** It runs commands that do more than read. */
  writes = false;
  /** Temporary relations that it has dropped outside a transaction, and what the session's values were when it was sent. */
  dropped: DroppedTemporaries | undefined = undefined;

  constructor(id: number) {
    this.id = id;
  }
}

export interface DroppedTemporaries {
  /** Undefined: all. */
  readonly names: readonly string[] | undefined;
  readonly values: SessionValues;
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
  /** Of rows and copied data, and those that the client copies in. */
  bytes = 0;
  startedAt = 0;
  /** CopyData messages that went to the client, most of which are rows. */
  copied = 0;
  /** Copied data is in PostgreSQL's binary format. */
  binaryCopy = false;
  /** What the policy holds its commands to while they run, by their index; of other kinds than a Query the first counts. */
  limits: readonly (StatementLimits | undefined)[] | undefined = undefined;
  commands: readonly Command[] | undefined = undefined;
  lineage: readonly CommandLineage[] | undefined = undefined;
  /** How what its commands answer is masked, by their index; of other kinds than a Query the first counts. */
  masks: readonly (MaskPlan | undefined)[] | undefined = undefined;
  /** Where the columns are put down that a portal is described by. */
  describes: ResultDescription | undefined = undefined;
  /** The gateway sent it: its answer is not for the client. */
  own = false;
  /** Cursors that its commands close, by their index. */
  closes: (readonly OpenCursor[] | undefined)[] | undefined = undefined;
  /** Temporary relations that its commands drop, by their index. */
  drops: (DroppedTemporaries | undefined)[] | undefined = undefined;
  /** Its commands do nothing but read. */
  reads = false;
  /** Its commands change nothing but rows, so that the end of their transaction undoes them. */
  undoable = false;
  /** What its portal has used in executions before this one. */
  used: Usage = NOTHING_USED;
  /** The portal that it executes. */
  executes: Portal | undefined = undefined;

  constructor(kind: PendingKind, batch: Batch) {
    this.kind = kind;
    this.batch = batch;
  }
}

/** First in, first out, without moving what is inside. */
export class PendingQueue {
  #items: (Pending | undefined)[] = [];
  #head = 0;
  #running = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Messages that make the target run something; the others only prepare for it. */
  get running(): number {
    return this.#running;
  }

  get last(): Pending | undefined {
    return this.#items.at(-1);
  }

  get head(): Pending | undefined {
    return this.#items[this.#head];
  }

  push(pending: Pending): void {
    this.#items.push(pending);
    if (runs(pending)) this.#running += 1;
  }

  shift(): Pending | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (runs(item)) this.#running -= 1;
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

/** A Sync commits. */
function runs({ kind }: Pending): boolean {
  return kind === 'query' || kind === 'execute' || kind === 'function' || kind === 'sync';
}
