import { SallyportError } from '../../../engine/errors.ts';
import type { ParseResult } from '../../../engine/dialect.ts';
import { least } from '../../limits/statement-limits.ts';
import type { ProtocolLimits, Refusal, Verdict } from '../../protocol.ts';
import type { ClientFrames } from './client-frames.ts';
import type { Conversation } from './conversation.ts';
import type { Judge, JudgedVerdict } from './judge.ts';
import { COPY_FAIL, type LimitWatch } from './limit-watch.ts';
import type { ObjectChangeWatch } from './object-change-watch.ts';
import type { Outbox } from './outbox.ts';
import { Pending, type PendingKind, type SqlNameChange } from './pending.ts';
import { refusalPosition, refusalResponse, replacementParse, replacementQuery } from './refusal.ts';
import { followRelease } from './released-values.ts';
import { factsOf, onlyHas, READS, ROWS, type StatementFacts } from './statement-facts.ts';
import { isPlainText } from './statement-text.ts';

/** What the handlers of client messages work with. A handler gives false when its message must be presented again. */
export interface RequestContext {
  readonly frames: ClientFrames;
  /** Towards the target. */
  readonly outbox: Outbox;
  readonly conversation: Conversation;
  readonly judge: Judge;
  readonly watch: LimitWatch;
  readonly changes: ObjectChangeWatch;
  readonly limits: ProtocolLimits;
}

/** Ends the session with words for the client: what a handler throws when a verdict says so. */
export class SessionTerminated extends Error {
  readonly refusal: Refusal;
  readonly response: Buffer;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
    this.response = refusalResponse(refusal, undefined, 'FATAL');
  }
}

/** A message whose frame is whole and whose fields are not what the protocol says. */
export function malformed(what: string): SallyportError {
  return new SallyportError('SP_PROTOCOL_VIOLATION', `invalid message format: ${what}`);
}

/** Passes the current message on as it is, and expects the target's answer to it. */
export function release(context: RequestContext, kind: PendingKind): Pending {
  const { frames, outbox, conversation } = context;
  const pending = new Pending(kind, conversation.batch);
  conversation.pending.push(pending);
  outbox.forward(frames.bytes, frames.start, frames.end);
  return pending;
}

/** What released commands will do to the session, and what they are held to. */
export function releaseCommands(
  context: RequestContext,
  pending: Pending,
  parsed: ParseResult,
  verdict: Pick<JudgedVerdict, 'events' | 'limits' | 'masks' | 'lineage'>,
): void {
  const { conversation, watch, changes } = context;
  const { events, limits } = verdict;
  const facts = factsOf(parsed);
  pending.facts = facts;
  pending.events = events;
  if (limits !== undefined) {
    pending.limits = limitsOf(pending, parsed, limits);
    pending.undoable = onlyHas(parsed, ROWS);
  }
  if (limits !== undefined || pending.kind === 'execute') {
    pending.reads = onlyHas(parsed, READS);
    if (!pending.reads) pending.batch.writes = true;
  }
  pending.startedAt = performance.now();
  if (facts.unsure) conversation.batch.unsure = true;
  if (facts.changesState) conversation.batch.changesState = true;
  if (facts.copiesIn > 0) conversation.copy = pending;
  for (const cursor of facts.cursors) conversation.portals.delete(cursor);
  followRelease(conversation, pending, parsed, verdict);
  if (conversation.gate.wantsLineage) changes.released(parsed, pending.batch.id);
  if (facts.prepared.length > 0) pending.named = changeNames(context, facts);
  watch.begin(pending);
}

/** Of what cannot be told apart while it runs, each command is held to the least of all. */
function limitsOf({ kind }: Pending, parsed: ParseResult, limits: NonNullable<Verdict['limits']>): Pending['limits'] {
  const apart = kind === 'query' && parsed.complete;
  return parsed.commands.map((_, index) => (apart ? limits[index] : least(limits)));
}

/**
 * Ends the COPY … FROM STDIN that the target takes data for, in the client's place: a target that waits for data heeds
 * no cancel request. In the middle of a CopyData message that waits for the message's end.
 *
 * @returns false if there is none
 */
export function failCopy({ conversation, outbox }: Pick<RequestContext, 'conversation' | 'outbox'>): boolean {
  if (!conversation.copying) return false;
  if (conversation.insideCopyData) return true;
  outbox.push(COPY_FAIL);
  conversation.copying = false;
  return true;
}

/** What is limited runs alone: gives false, to have the message presented again, while something else runs. */
export function awaitQuiet({ watch, outbox }: RequestContext): false {
  watch.flush((bytes) => {
    outbox.push(bytes);
  });
  return false;
}

/** Sends the target a statement that cannot parse in the current message's place. */
export function refuse(
  context: RequestContext,
  kind: 'query' | 'parse',
  refusal: Refusal,
  text = '',
  unnamed = false,
): Pending {
  const { outbox, conversation } = context;
  const pending = new Pending(kind, conversation.batch);
  pending.refusal = refusal;
  pending.position = refusalPosition(refusal, text);
  conversation.pending.push(pending);
  outbox.push(kind === 'query' ? replacementQuery(refusal) : replacementParse(refusal, unnamed));
  return pending;
}

/** The refusal of a verdict, if it is one. */
export function refusalOf(verdict: Verdict): Refusal | undefined {
  if (verdict.released) return undefined;
  const refusal = verdict.refusal ?? { code: 'SP_DENIED', message: 'The command was denied.', detail: '' };
  if (verdict.terminate) throw new SessionTerminated(refusal);
  return refusal;
}

/**
 * Whether a text can be judged now, as far as settings go that change how the target reads it: `wait` until the target
 * has told the outcome of commands before it. Those of its own batch it will not tell before the batch ends.
 */
export function readability(context: RequestContext, text: string): 'now' | 'wait' | Refusal {
  const { conversation } = context;
  if (conversation.unsure === 0 && !conversation.batch.unsure) return 'now';
  if (isPlainText(text)) return 'now';
  if (conversation.unsure > 0) return 'wait';
  return {
    code: 'SP_SETTING_REFUSED',
    message:
      'A statement with a backslash or with characters beyond ASCII cannot follow one of unknown effects in one pipeline.',
    detail: 'The command before it may change standard_conforming_strings or client_encoding.',
    hint: 'Send a Sync first.',
  };
}

/** Statements and portals are the target's memory, and the gateway's. */
export function overPreparedLimit({ conversation, limits }: RequestContext): Refusal | undefined {
  if (conversation.statements.size + conversation.portals.size < limits.preparedStatements) return undefined;
  return {
    code: 'SP_LIMIT_PREPARED',
    message: `The session has ${limits.preparedStatements} prepared statements and portals, which is the limit.`,
    detail: '',
    hint: 'Close some of them, or raise limits.prepared_statements of the gateway.',
  };
}

/** SQL's PREPARE fills the same memory. */
export function limitOfNames(context: RequestContext, facts: StatementFacts): Refusal | undefined {
  return facts.prepared.some(({ action }) => action === 'prepare') ? overPreparedLimit(context) : undefined;
}

function changeNames({ conversation, judge }: RequestContext, facts: StatementFacts): SqlNameChange[] {
  const { statements, batch } = conversation;
  const changes: SqlNameChange[] = [];
  for (const { action, name, text, command } of facts.prepared) {
    if (action === 'deallocate_all') {
      for (const key of [...statements.keys()]) {
        // The unnamed statement is kept apart from the others, and stays.
        if (key !== '') changes.push({ command, entry: statements.put(key, undefined, batch) });
      }
    } else if (action === 'deallocate' && name !== undefined) {
      changes.push({ command, entry: statements.put(name, undefined, batch) });
    } else if (action === 'prepare' && name !== undefined) {
      const prepared = text === undefined ? undefined : judge.prepared(text);
      changes.push({ command, entry: statements.put(name, prepared, batch) });
    }
  }
  return changes;
}
