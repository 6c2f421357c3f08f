import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { signatureHeaders, signingKey } from '../../../proxy/notifications/signature.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a signature', () => {
  test.each(['{}', '{"text":"grün 🙂"}', ''])('holds by the reference implementation: %j', (body) => {
    const headers = signatureHeaders('s.1.0@security', body, new Date(), signingKey(secret));
    expect(() => new Webhook(secret).verify(body, { ...headers })).not.toThrow();
  });

  test.each([
    ['another body', 'other', {}],
    ['another id', '{}', { 'webhook-id': 'x' }],
    ['another time', '{}', { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) }],
  ])('does not hold for %s', (_what, body, changed) => {
    const headers = { ...signatureHeaders('id', '{}', new Date(), signingKey(secret)), ...changed };
    expect(() => new Webhook(secret).verify(body, headers)).toThrow('No matching signature');
  });

  test('is the one that the specification gives as its example', () => {
    const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const at = new Date(1_614_265_330_000);
    expect(signatureHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', at, key)['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('is left out without a secret; id and time are there', () => {
    expect(Object.keys(signatureHeaders('id', '{}', new Date(), undefined))).toEqual([
      'webhook-id',
      'webhook-timestamp',
    ]);
  });
});

describe('a secret', () => {
  test('may stand without its prefix', () => {
    expect(signingKey(secret.slice(6))).toEqual(signingKey(secret));
  });

  test.each([
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', 'whsec_not base64 at all, but long enough to be'],
    ['empty', ''],
  ])('is refused when it is %s, and not quoted', (_what, given) => {
    expect(() => signingKey(given)).toThrow('base64 of 24 to 64 bytes');
  });
});
