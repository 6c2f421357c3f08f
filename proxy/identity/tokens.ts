import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * A token is `spt_` and 256 random bits in base64url. Because it is random and not chosen by a person, a plain SHA-256
 * of it is a safe thing to keep: there is no dictionary to try, and 2^256 guesses are out of reach whether one costs a
 * nanosecond or a second. A slow password hash (scrypt, argon2) would only add its delay, and a way to exhaust the
 * gateway's CPU, to every connection. The prefix lets secret scanners find tokens that were committed by mistake.
 */
const PREFIX = 'spt_';

/** Makes a new token. Show it once; keep `hashToken` of it. */
export function createToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** SHA-256 of a token, in lower-case hex, as it stands in the configuration. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Compares two hashes in hex in a time that does not depend on where they differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === 32 && right.length === 32 && timingSafeEqual(left, right);
}
