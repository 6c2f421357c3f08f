import type { OutboxRow } from './outbox.ts';
import { readNotice } from './render.ts';

/** A notification as JSON: times as RFC 3339, and of what it tells the sentence alone. */
export function notificationView(row: OutboxRow): Record<string, unknown> {
  const { id, channel, source, time, data, left_out, state, attempts, next_attempt, finished, error } = row;
  const { type, message } = readNotice(data);
  return {
    id: String(id),
    channel,
    source,
    time: time.toISOString(),
    type,
    message,
    left_out,
    state,
    attempts,
    next_attempt: next_attempt?.toISOString() ?? null,
    finished: finished?.toISOString() ?? null,
    error,
  };
}
