import { SallyportError } from './errors.ts';

/**
 * Nanoseconds since the Unix epoch of an RFC 3339 date-time, with up to nine digits of a second's fraction.
 *
 * @throws SallyportError SP_EVAL_INPUT_INVALID when it is not one
 */
export function nanoseconds(dateTime: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(dateTime);
  const seconds = match === null ? NaN : Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`);
  if (match === null || Number.isNaN(seconds)) {
    throw new SallyportError(
      'SP_EVAL_INPUT_INVALID',
      `now must be an RFC 3339 date-time, not ${JSON.stringify(dateTime)}.`,
    );
  }
  return BigInt(seconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}
