import { SallyportError } from '../../engine/errors.ts';
import { describeError } from '../log.ts';
import { printable } from '../printable.ts';
import type { Channel } from './channel.ts';
import { signatureHeaders, signingKey } from './signature.ts';

/**
 * - `delivered`: the receiver has it.
 * - `later`: it may have it another time, at the earliest after `afterMs` where it said so.
 * - `refused`: it does not want this one.
 */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'later'; readonly why: string; readonly afterMs?: number }
  | { readonly kind: 'refused'; readonly why: string };

export interface DeliverOptions {
  /** From the first byte to the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
  readonly now: Date;
}

/** Of a receiver's own words. */
const MOST_WORDS = 200;
/** However long a receiver says. */
const MOST_WAIT_MS = 3_600_000;

/** Sends one message, once. Never rejects. Redirects are not followed: a message goes where the configuration says. */
export async function deliver(channel: Channel, id: string, body: string, options: DeliverOptions): Promise<Delivery> {
  const { timeoutMs, signal, now } = options;
  try {
    const url = webhookUrl(channel.url());
    const key = channel.secret === undefined ? undefined : signingKey(channel.secret());
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'sallyport',
        ...signatureHeaders(id, body, now, key),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return await readAnswer(response, now);
  } catch (error) {
    return { kind: 'later', why: reasonOf(error) };
  }
}

/**
 * Where a channel's messages go: HTTPS, or HTTP to this machine.
 *
 * @throws SallyportError SP_CONFIG_INVALID, without the address, which may be a secret
 */
export function webhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url?.protocol === 'https:';
  const local = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url !== undefined && (secure || local) && url.username === '' && url.password === '') return url;
  throw new SallyportError('SP_CONFIG_INVALID', 'A channel needs an https:// address, or http:// to this machine.', {
    help: 'A user name or a password has no place in it.',
  });
}

async function readAnswer(response: Response, now: Date): Promise<Delivery> {
  const { status, ok, headers } = response;
  if (ok) {
    await response.body?.cancel();
    return { kind: 'delivered' };
  }
  const words = printable(await beginningOf(response));
  const why = words === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
  // Too early, too much, or the receiver's own fault.
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const afterMs = retryAfter(headers.get('retry-after'), now);
    return { kind: 'later', why, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return { kind: 'refused', why: status >= 300 && status < 400 ? `${why} (redirects are not followed)` : why };
}

/** Reads no more of an answer than its beginning. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value === undefined ? '' : Buffer.from(value).toString('utf8', 0, MOST_WORDS).trim();
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfter(value: string | null, now: Date): number | undefined {
  if (value === null) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now.getTime();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MOST_WAIT_MS);
}

/** fetch hides what was wrong in the cause. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  return describeError(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
