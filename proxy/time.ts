/** Milliseconds since the epoch. Handed in everywhere, so that tests and replay decide what time it is. */
export type Clock = () => number;

/** The longest wait that one of Node's timers takes, in milliseconds: 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * RFC 3339 in UTC with milliseconds, remembering the last one: many events fall into one millisecond, and formatting a
 * date costs more than the rest of an event's frame.
 */
export function createTimestamps(clock: Clock = Date.now): () => string {
  let at = Number.NaN;
  let text = '';
  return () => {
    const now = clock();
    if (now !== at) {
      at = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
