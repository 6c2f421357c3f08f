import type { SallyportError } from '../../../engine/errors.ts';
import type { DetectorMask } from '../../masking/plan.ts';
import type { GateSession, SessionState } from '../../protocol.ts';
import { type NameEntry, NameTable } from './names.ts';
import { Batch, type Pending, PendingQueue } from './pending.ts';
import type { Portal, Prepared } from './prepared.ts';
import { SessionValues } from './session-values.ts';
import type { StatementFacts } from './statement-facts.ts';
import { applyEffect, type StateEffect, type TrackedState } from './session-state.ts';

export interface MaskedTexts {
  /** Columns have been masked in this session. */
  masked: boolean;
  /** Id of the last batch that touches masked columns, until its transaction has ended. */
  withheldBy: number | undefined;
  /** What is looked for. */
  detect: readonly DetectorMask[];
}

/** What the client's messages and the target's answers share: where the conversation stands. */
export class Conversation {
  readonly gate: GateSession;
  readonly pending = new PendingQueue();
  readonly statements = new NameTable<Prepared>();
  readonly portals = new NameTable<Portal>();
  /** As the target has confirmed it. */
  tracked: TrackedState;
  /** The batch that the client's next message belongs to. */
  batch = new Batch(0);
  /** Ended batches that change state, or may, and that the target has not answered. */
  unsettled = 0;
  unsure = 0;
  /** A COPY … FROM STDIN went to the target: nothing but its data may follow until it is answered. */
  copy: Pending | undefined = undefined;
  /** The target has asked for that data. */
  copying = false;
  /** It has a part of a CopyData message. */
  insideCopyData = false;
  /** The target skips everything up to the client's next Sync. */
  skipping = false;
  /** An error since the last ReadyForQuery. */
  failed = false;
  /** The target said with a FATAL error that it ends the session. */
  fatal = false;
  /** What the session has made that values come out of. */
  values = SessionValues.none;
  /** Only the target knows its search_path. */
  pathKnown = true;
  /** What texts of the target's may quote that is masked. */
  readonly masked: MaskedTexts = { masked: false, withheldBy: undefined, detect: [] };
  /** The session ends with this error, once the client has no part of a message. */
  ending: SallyportError | undefined = undefined;
  /** What the current batch's own commands will have made of `tracked`. */
  #projected: TrackedState | undefined = undefined;

  constructor(gate: GateSession, tracked: TrackedState) {
    this.gate = gate;
    this.tracked = tracked;
  }

  /** The state as the client's next message will find it, provided that its batch does not fail before. */
  get state(): SessionState {
    return (this.#projected ?? this.tracked).state;
  }

  get idle(): boolean {
    return this.pending.length === 0 && this.tracked.state.transaction === 'idle';
  }

  /** `stateBefore` for a message of one command. Bound, so that no closure is made per message. */
  readonly stateNow = (): SessionState => this.state;

  /** `stateBefore` for a message of several commands, each of which finds what those before it have done. */
  statesBefore(effects: readonly (readonly StateEffect[])[]): (index: number) => SessionState {
    const states = [this.#projected ?? this.tracked];
    return (index) => {
      for (let last = states.at(-1); last !== undefined && states.length <= index; last = states.at(-1)) {
        states.push((effects[states.length - 1] ?? []).reduce(applyEffect, last));
      }
      return (states[index] ?? states.at(-1) ?? this.tracked).state;
    };
  }

  /** A released Execute will have these effects on the messages behind it in its batch. */
  project(effects: readonly StateEffect[]): void {
    this.#projected = effects.reduce(applyEffect, this.#projected ?? this.tracked);
  }

  /** A Sync, Query or FunctionCall went to the target. */
  endBatch(): void {
    if (this.batch.changesState) this.unsettled += 1;
    if (this.batch.unsure) this.unsure += 1;
    this.batch = new Batch(this.batch.id + 1);
    this.#projected = undefined;
  }

  /** The target has answered a batch that `endBatch` ended, or has skipped it. */
  settleBatch(batch: Batch): void {
    if (batch.changesState) this.unsettled -= 1;
    if (batch.unsure) this.unsure -= 1;
  }

  /** The texts of prepared statements, for a dialect that meets EXECUTE. */
  preparedTexts(names: readonly string[]): Record<string, string> {
    const texts = names.map((name) => [name, this.statements.get(name)?.value?.text] as const);
    return Object.fromEntries(texts.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
}

/**
 * What a name stands for depends on an answer that is still to come, to a message of a batch before this one: only of
 * its own batch a message knows that it is skipped should one before it fail.
 */
export function awaits(conversation: Conversation, entry: NameEntry<unknown> | undefined): boolean {
  return entry !== undefined && !entry.settled && entry.batch !== conversation.batch;
}

/** The same for the names that SQL's EXECUTE runs. */
export function awaitsExecuted(conversation: Conversation, { prepared }: StatementFacts): boolean {
  return prepared.some(
    ({ action, name }) =>
      action === 'execute' && name !== undefined && awaits(conversation, conversation.statements.get(name)),
  );
}
