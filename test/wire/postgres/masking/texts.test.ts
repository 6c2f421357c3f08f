import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { MaskCounts } from '../../../../proxy/masking/counts.ts';
import { TextMasker } from '../../../../proxy/protocols/postgres/masking/index.ts';
import { key, messagesOf } from './support.ts';

function report(fields: Readonly<Record<string, string>>, type = 'E'): Buffer {
  const body = Object.entries(fields).map(([letter, text]) => `${letter}${text}\0`);
  const message = Buffer.from(`${type}\0\0\0\0${body.join('')}\0`);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}

/** Fields of a whole report, by letter. */
function fieldsOf(message: Buffer): Record<string, string> {
  expect(messagesOf(message)).toHaveLength(1);
  const texts = message.toString('utf8', 5, message.length - 2).split('\0');
  return Object.fromEntries(texts.map((text) => [text.charAt(0), text.slice(1)]));
}

const masker = (withhold: boolean) => new TextMasker({ withhold, detect: [], key, counts: new MaskCounts() });

const violation = {
  S: 'FEHLER',
  V: 'ERROR',
  C: '23505',
  M: 'duplicate key value violates unique constraint "customers_email_key"',
  D: 'Key (email)=(ada@lovelace.test) already exists.',
  W: 'SQL function "f" statement 1',
  H: 'ada@lovelace.test',
  P: '17',
  q: "SELECT 'ada@lovelace.test'",
  s: 'public',
  t: 'customers',
  c: 'email',
  n: 'customers_email_key',
  F: 'nbtinsert.c',
  L: '666',
  R: '_bt_check_unique',
};

describe("a target's reports", () => {
  test('withheld: severity, SQLSTATE and position stay, and what kind of error it was', () => {
    const message = report(violation);
    const fields = fieldsOf(masker(true).report(message, 0, message.length) ?? message);
    expect(Object.keys(fields).sort()).toEqual(['C', 'M', 'P', 'S', 'V']);
    expect(fields).toMatchObject({ S: 'FEHLER', V: 'ERROR', C: '23505', P: '17' });
    expect(fields['M']).toMatch(/^unique constraint violated .*withheld/);
  });

  test('notices too, and they stay notices', () => {
    const message = report({ ...violation, V: 'NOTICE', C: '00000' }, 'N');
    const withheld = masker(true).report(message, 0, message.length) ?? message;
    expect(withheld.toString('latin1', 0, 1)).toBe('N');
    expect(withheld.includes('lovelace')).toBe(false);
  });

  test('nothing to hide: it stays as it is', () => {
    const message = report(violation);
    expect(masker(false).report(message, 0, message.length)).toBeUndefined();
    expect(masker(false).idle).toBe(true);
  });

  test('what is not well formed is withheld, and well formed then', () => {
    const message = Buffer.from('E\0\0\0\x0bMlovelace', 'latin1');
    const fields = fieldsOf(masker(true).report(message, 0, message.length) ?? message);
    expect(fields).toMatchObject({ S: 'ERROR', V: 'ERROR', C: 'XX000' });
    expect(fields['M']).not.toContain('lovelace');
  });

  test('any bytes give one whole message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const message = Buffer.concat([Buffer.from('E\0\0\0\0', 'latin1'), bytes]);
        message.writeInt32BE(message.length - 1, 1);
        const withheld = masker(true).report(message, 0, message.length) ?? message;
        expect(messagesOf(withheld)).toHaveLength(1);
      }),
    );
  });
});

describe('notifications', () => {
  const message = Buffer.from('A\0\0\0\0\0\0\0\x07changes\0ada@lovelace.test\0', 'latin1');
  message.writeInt32BE(message.length - 1, 1);

  test('the payload is withheld, the channel stays', () => {
    const withheld = masker(true).notification(message, 0, message.length) ?? message;
    expect(messagesOf(withheld)).toHaveLength(1);
    expect(withheld.toString('latin1', 5)).toBe('\0\0\0\x07changes\0\0');
  });

  test('nothing to hide: it stays as it is', () => {
    expect(masker(false).notification(message, 0, message.length)).toBeUndefined();
  });
});
