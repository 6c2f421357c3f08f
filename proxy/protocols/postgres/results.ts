import type { CommandResult, GateSession } from '../../protocol.ts';
import type { TargetError } from './error-fields.ts';
import type { Pending } from './pending.ts';

/** query_canceled */
const CANCELED = '57014';

/** The target completed the command of that index. */
export function recordCompletion(gate: GateSession, pending: Pending, command: number, tag: string): void {
  const events = eventsOf(pending, command);
  if (events.length === 0) return;
  const counted = pending.rows > 0 ? pending.rows : rowsInTag(tag);
  gate.recordResult({
    events,
    status: 'ok',
    ...(tag !== '' && { tag }),
    ...(counted !== undefined && { rows: counted }),
    bytes: pending.bytes,
    durationMs: durationOf(pending),
  });
  pending.rows = 0;
  pending.bytes = 0;
}

/** The target answered an Execute with as many rows as it asked for, and has more. */
export function recordSuspension(gate: GateSession, pending: Pending): void {
  const { events, rows, bytes } = pending;
  if (events.length > 0) gate.recordResult({ events, status: 'ok', rows, bytes, durationMs: durationOf(pending) });
}

/** The target refused the command that was next; those behind it in the same message do not run. */
export function recordFailure(gate: GateSession, pending: Pending, error: TargetError): void {
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
