import { createHmac } from 'node:crypto';
import { SallyportError } from '../../engine/errors.ts';

const PREFIX = 'whsec_';

/**
 * The key of a secret as Standard Webhooks writes it: base64 of 24 to 64 bytes, `whsec_` before it or not.
 *
 * @throws SallyportError SP_CONFIG_INVALID
 */
export function signingKey(secret: string): Buffer {
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(base64, 'base64');
  const canonical = key.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '');
  if (canonical && key.length >= 24 && key.length <= 64) return key;
  throw new SallyportError('SP_CONFIG_INVALID', 'A webhook secret is base64 of 24 to 64 bytes, after whsec_.', {
    help: "Make one with: node -p \"'whsec_' + crypto.randomBytes(32).toString('base64')\"",
  });
}

/**
 * The headers that let a receiver check who sent a message, when, and whether it is a repetition
 * (https://www.standardwebhooks.com, version 1: HMAC-SHA256 over `id.timestamp.body`).
 */
export function signatureHeaders(
  id: string,
  body: string,
  now: Date,
  key: Buffer | undefined,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (key === undefined) return headers;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}
