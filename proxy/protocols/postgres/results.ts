import type { CommandResult, GateSession, MaskedResult } from '../../protocol.ts';
import { errorResponse, sqlState } from './client-bound.ts';
import type { TargetError } from './error-fields.ts';
import type { Over } from './limit-watch.ts';
import type { Pending } from './pending.ts';

/** query_canceled */
export const CANCELED = '57014';

/** The target completed the command of that index. */
export function recordCompletion(
  gate: GateSession,
  pending: Pending,
  command: number,
  tag: string,
  masked: MaskedResult | undefined,
): void {
  const events = eventsOf(pending, command);
  const counted = pending.rows > 0 ? pending.rows : rowsInTag(tag);
  if (events.length > 0) {
    gate.recordResult({
      events,
      status: 'ok',
      ...(tag !== '' && { tag }),
      ...(counted !== undefined && { rows: counted }),
      bytes: pending.bytes,
      durationMs: durationOf(pending),
      ...(masked !== undefined && { masked }),
    });
  }
  if (pending.kind !== 'query') return;
  pending.rows = 0;
  pending.bytes = 0;
  pending.copied = 0;
}

/**
 * What became of a command that reached a limit of the policy's: `stopped` by it; `undone`, for the target had completed
 * it and its transaction was made to fail; `doubtful`, for it may have committed by itself before; `late`, for the target
 * had completed it, and what it changed stays; `unknown`, for the session ended first.
 */
export type LimitOutcome = 'stopped' | 'undone' | 'doubtful' | 'late' | 'unknown';

const OUTCOMES: Readonly<Record<LimitOutcome, string>> = {
  stopped: '',
  undone: 'The target had completed it; what it changed was undone. ',
  doubtful: 'The target had completed it; its transaction was ended, which may not have undone all of it. ',
  late: 'The target had completed it before it could be stopped: what it changed stays. ',
  unknown: 'The target did not tell whether it had completed it. ',
};

/** The client's error for a limit, in the place of whatever the target said. */
export function limitResponse({ limit }: Over, { reads }: Pending, outcome: LimitOutcome): Buffer {
  const { code, message, detail, hint } = limit;
  // What only reads has changed nothing.
  return errorResponse({
    severity: 'ERROR',
    code: sqlState(code),
    message,
    detail: `${reads ? '' : OUTCOMES[outcome]}${detail}`,
    hint,
  });
}

export function recordLimit(gate: GateSession, pending: Pending, over: Over, outcome: LimitOutcome): void {
  const events = eventsOf(pending, over.command);
  if (events.length === 0) return;
  gate.recordResult({
    events,
    status: outcome === 'late' || outcome === 'doubtful' ? 'ok' : 'cancelled',
    ...(over.completed !== undefined && over.completed !== '' && { tag: over.completed }),
    rows: over.rows,
    bytes: over.bytes,
    code: over.limit.code,
    message: `${over.limit.message} ${OUTCOMES[outcome]}`.trim(),
    durationMs: durationOf(pending),
  });
  const rest = pending.kind === 'query' ? pending.events.slice(Math.max(over.command + 1, pending.completed)) : [];
  if (rest.length > 0 && over.completed === undefined) gate.recordResult({ events: rest, status: 'cancelled' });
}

/** The target answered an Execute with as many rows as it asked for, and has more. */
export function recordSuspension(gate: GateSession, pending: Pending, masked: MaskedResult | undefined): void {
  const { events, rows, bytes } = pending;
  if (events.length === 0) return;
  const durationMs = durationOf(pending);
  gate.recordResult({ events, status: 'ok', rows, bytes, durationMs, ...(masked !== undefined && { masked }) });
}

/** The target refused the command that was next; those behind it in the same message do not run. */
export function recordFailure(gate: GateSession, pending: Pending, error: TargetError, masked?: MaskedResult): void {
  const events = pending.kind === 'query' ? pending.events.slice(pending.completed) : pending.events;
  const [failed, ...rest] = events;
  if (failed === undefined || pending.failed) return;
  const result: CommandResult = {
    events: pending.kind === 'query' ? [failed] : events,
    status: error.code === CANCELED ? 'cancelled' : 'error',
    rows: pending.rows,
    bytes: pending.bytes,
    code: error.code,
    message: error.message,
    ...(pending.startedAt > 0 && { durationMs: durationOf(pending) }),
    ...(masked !== undefined && { masked }),
  };
  gate.recordResult(result);
  if (pending.kind === 'query' && rest.length > 0) gate.recordResult({ events: rest, status: 'cancelled' });
}

/** The target never ran it: it skipped to a Sync, or the session ended before its answer. */
export function recordCancelled(gate: GateSession, pending: Pending): void {
  if (pending.failed || pending.refusal !== undefined) return;
  const events = pending.kind === 'query' ? pending.events.slice(pending.completed) : pending.events;
  if (events.length > 0) gate.recordResult({ events, status: 'cancelled' });
}

function eventsOf({ kind, events }: Pending, command: number): readonly number[] {
  if (kind !== 'query' || events.length === 1) return events;
  const event = events[command];
  return event === undefined ? [] : [event];
}

/** A tag ends in the number of rows that the command touched: `INSERT 0 5`, `UPDATE 3`. */
function rowsInTag(tag: string): number | undefined {
  const last = tag.slice(tag.lastIndexOf(' ') + 1);
  const rows = Number(last);
  return last !== '' && Number.isSafeInteger(rows) ? rows : undefined;
}

/** Milliseconds since the command was released, to the microsecond. */
function durationOf({ startedAt }: Pending): number {
  return Math.round((performance.now() - startedAt) * 1_000) / 1_000;
}
