import { SallyportError } from '../../engine/errors.ts';
import { parseDuration } from '../../proxy/approvals/duration.ts';

/**
 * A moment as people give it: RFC 3339, a date, or how long ago (`90m`, `7d`).
 *
 * @param option the option's name, for errors
 * @returns RFC 3339 in UTC @throws SallyportError SP_USAGE
 */
export function readMoment(option: string, text: string | undefined, now = Date.now()): string | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  if (ago !== undefined) return new Date(now - ago).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new SallyportError('SP_USAGE', `${option} ${JSON.stringify(text)} is no moment.`, {
    help: 'Give RFC 3339 (2026-01-31T12:00:00Z), a date, or how long ago: 90m, 7d.',
  });
}
