import { describe, expect, test } from 'vitest';
import { SallyportError } from '../../engine/errors.ts';
import { createSubjectStore } from '../../proxy/identity/subjects.ts';
import { createToken, hashToken, sameHash } from '../../proxy/identity/tokens.ts';
import { ada } from './support/fixtures.ts';

describe('tokens', () => {
  test('are spt_ and 256 bits in base64url, never the same', () => {
    const tokens = Array.from({ length: 50 }, createToken);
    for (const token of tokens) expect(token).toMatch(/^spt_[A-Za-z0-9_-]{43}$/);
    expect(new Set(tokens).size).toBe(50);
  });

  test('are kept as their SHA-256', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test.each([
    ['equal', 'a'.repeat(64), 'a'.repeat(64), true],
    ['equal but for the case of the digits', 'A'.repeat(64), 'a'.repeat(64), true],
    ['different', 'a'.repeat(64), `${'a'.repeat(63)}b`, false],
    ['too short, both', 'aa', 'aa', false],
    ['empty, both', '', '', false],
    ['no hex, both', 'x'.repeat(64), 'x'.repeat(64), false],
  ])('hashes that are %s', (_, a, b, same) => {
    expect(sameHash(a, b)).toBe(same);
  });
});

describe('authentication', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  const store = createSubjectStore(
    [
      {
        subject: ada,
        tokens: [
          { sha256: hashToken('old'), expires: '2029-12-31T23:59:59Z' },
          { sha256: hashToken('last second'), expires: '2030-01-01T00:00:01Z' },
          { sha256: hashToken('now'), expires: '2030-01-01T00:00:00Z' },
          { sha256: hashToken('for ever') },
        ],
      },
      { subject: { ...ada, id: 'nobody' }, tokens: [] },
      { subject: { ...ada, id: 'eve' }, tokens: [{ sha256: hashToken("eve's") }] },
    ],
    () => now,
  );

  test.each(['for ever', 'last second'])('lets the subject in with %j', (token) => {
    expect(store.authenticate('ada', token)).toBe(ada);
  });

  test.each([
    ['an expired token', 'ada', 'old', 'the token has expired'],
    ['a token in the moment that it expires', 'ada', 'now', 'the token has expired'],
    ['a wrong token', 'ada', 'for eve', 'no such token'],
    ["another subject's token", 'ada', "eve's", 'no such token'],
    ['an empty token', 'ada', '', 'no such token'],
    ['the hash in place of the token', 'ada', hashToken('for ever'), 'no such token'],
    ['a subject without tokens', 'nobody', '', 'no such token'],
    ['an unknown subject', 'bob', 'for ever', 'no such subject'],
    ['a subject in another case', 'Ada', 'for ever', 'no such subject'],
    ['the name of an object’s own property', '__proto__', 'for ever', 'no such subject'],
  ])('refuses %s, in words that do not tell which it was', (_, user, token, why) => {
    let error: unknown;
    try {
      store.authenticate(user, token);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SallyportError);
    expect(error).toMatchObject({
      code: 'SP_AUTH_FAILED',
      message: 'The user name or the token is wrong.',
      cause: { message: why },
    });
  });

  test('finds who holds a token where nothing else is shown', () => {
    expect(store.authenticateToken('for ever')).toBe(ada);
  });

  test.each(['old', 'now', 'nobody has this', '', hashToken('for ever')])('does not let %j in by itself', (token) => {
    expect(() => store.authenticateToken(token)).toThrow('The user name or the token is wrong.');
  });
});
