import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { MASK_WAYS } from '../../../proxy/masking/plan.ts';
import { luhnOf } from '../../../proxy/masking/ways/fake.ts';
import { KeyedHash } from '../../../proxy/masking/ways/keyed-hash.ts';
import { partialText } from '../../../proxy/masking/ways/partial.ts';
import { maskText } from '../../../proxy/masking/ways/text.ts';
import { maskValue, type ValueKind } from '../../../proxy/masking/ways/value.ts';

const secret = Buffer.alloc(32, 7);
const key = new KeyedHash(secret);
const text = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('partial', () => {
  test.each([
    ['an e-mail address', 'ada.lovelace@example.com', 'a***@e***.com'],
    ['a short one', 'ada@ex.org', '***@***.org'],
    ['one whose last part is no top-level domain', 'ada.lovelace@example.secretword', 'a***@e***'],
    ['a card', '4111 1111 1111 1234', '***1234'],
    ['a telephone number', '+44 20 7946 0018', '***018'],
    ['a short telephone number', '555-0132', '***2'],
    ['a name', 'Ada Lovelace', '***ace'],
    ['a short text', 'Ada', '***'],
    ['nothing', '', '***'],
    ['characters of two units', '😀😁😂🤣😃😄😅😆', '***😅😆'],
    ['a long text', 'x'.repeat(1000) + 'end.', '***end.'],
  ])('%s', (_what, value, expected) => {
    expect(partialText(value)).toBe(expected);
  });

  test('never more than a quarter of the characters, and whole characters', () => {
    fc.assert(
      fc.property(text, (value) => {
        const masked = partialText(value);
        expect(Buffer.from(masked).toString()).toBe(masked);
        if (value.includes('@')) return;
        expect(Array.from(masked).length - 3).toBeLessThanOrEqual(Array.from(value).length / 4);
      }),
    );
  });
});

describe('hash', () => {
  test('is HMAC-SHA-256 under the key, 32 digits of it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), (value) => {
        const expected = createHmac('sha256', secret).update(value).digest('hex').slice(0, 32);
        expect(maskText(value, 'hash', key)).toBe(expected);
      }),
    );
    expect(() => new KeyedHash(Buffer.alloc(16))).toThrow(RangeError);
  });

  test.each<[string, ValueKind, string, ValueKind, string]>([
    ['numbers of different types', 'int64', '42', 'decimal', '42.00'],
    ['numbers of different sizes', 'float64', '42', 'int64', '42'],
    ['uuids', 'uuid', '550E8400-e29b-41d4-a716-446655440000', 'uuid', '550e8400-e29b-41d4-a716-446655440000'],
    ['addresses with and without their own mask', 'inet', '10.1.2.3', 'inet', '10.1.2.3/32'],
  ])('equal values hash equally: %s', (_what, kind, value, other, same) => {
    expect(maskValue(kind, 'hash', value, key)).toBe(maskValue(other, 'hash', same, key));
  });
});

describe('fake', () => {
  test.each([
    ['letters for letters, digits for digits', 'Ada Lovelace, 1815', /^[A-Z][a-z]{2} [A-Z][a-z]{7}, \d{4}$/],
    ['letters of other alphabets are hidden as well', 'Žižkov 東京', /^[A-Z][a-z]{5} [a-z]{2}$/],
    ['an address that nobody can have', 'ada@lovelace.org', /^[0-9a-f]{12}@example\.com$/],
  ])('%s', (_what, value, shape) => {
    const fake = maskText(value, 'fake', key) ?? '';
    expect(fake).toMatch(shape);
    expect(fake).not.toBe(value);
    expect(maskText(value, 'fake', key)).toBe(fake);
  });

  test.each(['4111 1111 1111 1111', '5500-0000-0000-0004', '378282246310005'])('a card stays valid: %s', (value) => {
    expect(luhnOf(Array.from(maskText(value, 'fake', key) ?? ''))).toBe(0);
  });
});

describe('types stay valid', () => {
  const shapes: readonly [ValueKind, string, Partial<Record<(typeof MASK_WAYS)[number], RegExp>>][] = [
    [
      'text',
      'Ada Lovelace',
      { partial: /^\*\*\*ace$/, fake: /^\w{3} \w{8}$/, hash: /^[0-9a-f]{32}$/, redact: /^\[redacted\]$/ },
    ],
    [
      'json',
      '{"a":1}',
      { partial: /^"\[redacted\]"$/, fake: /^"\[redacted\]"$/, hash: /^"[0-9a-f]{32}"$/, redact: /^"\[redacted\]"$/ },
    ],
    [
      'xml',
      '<a/>',
      {
        partial: /^<redacted\/>$/,
        fake: /^<redacted\/>$/,
        hash: /^<redacted>[0-9a-f]{32}<\/redacted>$/,
        redact: /^<redacted\/>$/,
      },
    ],
    ['uuid', '550e8400-e29b-41d4-a716-446655440000', { fake: uuid(), hash: uuid() }],
    ['int16', '-12345', { fake: /^-\d{1,5}$/, hash: /^\d{1,5}$/ }],
    ['int32', '42', { fake: /^\d{2}$/, hash: /^\d{1,10}$/ }],
    ['int64', '9007199254740993', { fake: /^\d{16}$/, hash: /^\d{1,15}$/ }],
    ['decimal', '1234.50', { fake: /^[1-9]\d{3}\.\d\d$/, hash: /^\d{1,15}$/ }],
    ['float64', '0.25', { fake: /^\d(\.\d+)?$/, hash: /^\d{1,15}$/ }],
    ['float32', '1.5', { fake: /^\d(\.\d)?$/, hash: /^\d{1,8}$/ }],
    ['date', '1815-12-10', { partial: /^1815-01-01$/, fake: /^\d{4}-\d\d-\d\d$/ }],
    [
      'timestamp',
      '2026-11-22 10:20:30.5',
      { partial: /^2026-01-01 00:00:00$/, fake: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/ },
    ],
    [
      'timestamptz',
      '2026-11-22 10:20:30+05:30',
      { partial: /^2026-01-01 00:00:00\+00$/, fake: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00$/ },
    ],
    ['inet', '10.1.2.3', { partial: /^10\.0\.0\.0\/8$/, fake: /^10(\.\d+){3}$/, hash: /^fd[0-9a-f:]+$/ }],
    ['inet', '2001:db8::1', { partial: /^2001:db8::\/32$/, fake: /^fd[0-9a-f:]+$/, hash: /^fd[0-9a-f:]+$/ }],
    ['cidr', '10.1.0.0/16', { partial: /^10\.0\.0\.0\/8$/, fake: /^10(\.\d+){3}\/32$/, hash: /^fd[0-9a-f:]+\/128$/ }],
    ['bytes', '\\x00ff', { fake: /^\\x[0-9a-f]{4}$/, hash: /^\\x[0-9a-f]{32}$/ }],
    ['opaque', '(1,2)', {}],
  ];

  test.each(shapes.flatMap(([kind, value, ways]) => MASK_WAYS.map((way) => [kind, way, value, ways[way]] as const)))(
    '%s: %s',
    (kind, way, value, shape) => {
      const masked = maskValue(kind, way, value, key);
      if (shape === undefined) expect(masked).toBeUndefined();
      else expect(masked).toMatch(shape);
    },
  );

  test.each<[ValueKind, string]>([
    ['int32', 'none'],
    ['int32', '-1.5'],
    ['decimal', 'NaN'],
    ['float64', 'Infinity'],
    ['date', 'infinity'],
    ['date', '10/12/1815'],
    ['timestamptz', '2026-11-22 10:20:30 BC'],
    ['inet', '1'],
  ])('what is not as its type is written becomes NULL: %s %s', (kind, value) => {
    for (const way of MASK_WAYS) expect(maskValue(kind, way, value, key)).toBeUndefined();
  });

  test('numbers are within their range', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (number) => {
        for (const [kind, limit] of [
          ['int16', 2n ** 15n],
          ['int32', 2n ** 31n],
          ['int64', 2n ** 63n],
        ] as const) {
          const value = String(number % limit);
          for (const way of ['fake', 'hash'] as const) {
            const masked = BigInt(maskValue(kind, way, value, key) ?? '0');
            expect(masked < limit && masked > -limit).toBe(true);
          }
        }
      }),
    );
  });
});

function uuid(): RegExp {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
}
