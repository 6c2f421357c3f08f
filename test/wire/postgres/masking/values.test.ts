import { describe, expect, test } from 'vitest';
import { KeyedHash } from '../../../../proxy/masking/ways/keyed-hash.ts';
import { binaryOfText, textOfBinary } from '../../../../proxy/protocols/postgres/masking/binary.ts';
import { maskField } from '../../../../proxy/protocols/postgres/masking/field.ts';
import { typeNamed, typeOf } from '../../../../proxy/protocols/postgres/masking/types.ts';
import { maskRows, field, planOf, key } from './support.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** As PostgreSQL 15 sends them. */
const binaries: readonly (readonly [type: string, text: string, bytes: Buffer])[] = [
  ['int2', '-2', hex('fffe')],
  ['int4', '42', hex('0000002a')],
  ['int8', '9007199254740993', hex('0020000000000001')],
  ['float4', '0.1', hex('3dcccccd')],
  ['float8', '-1.5', hex('bff8000000000000')],
  ['numeric', '1234.5', hex('0002 0000 0000 0001 04d2 1388')],
  ['numeric', '-0.001', hex('0001 ffff 4000 0003 000a')],
  ['numeric', '0', hex('0000 0000 0000 0000')],
  ['numeric', '100000000', hex('0001 0002 0000 0000 0001')],
  ['uuid', '550e8400-e29b-41d4-a716-446655440000', hex('550e8400e29b41d4a716446655440000')],
  ['date', '2000-01-02', hex('00000001')],
  ['date', '1815-12-10', hex('fffef965')],
  ['timestamp', '2000-01-01 00:00:01.5', hex('000000000016e360')],
  ['inet', '10.1.2.3', hex('02 20 00 04 0a010203')],
  ['inet', '10.1.2.3/8', hex('02 08 00 04 0a010203')],
  ['cidr', '10.0.0.0/8', hex('02 08 01 04 0a000000')],
  ['bytea', '\\x00ff', hex('00ff')],
  ['jsonb', '{"a": 1}', Buffer.concat([hex('01'), Buffer.from('{"a": 1}')])],
];

describe('values in binary format', () => {
  test.each(binaries)('%s %s is read', (type, text, bytes) => {
    const expected = type === 'timestamp' ? '2000-01-01 00:00:01.500000' : text;
    expect(textOfBinary(typeNamed(type), bytes, 0, bytes.length)).toBe(expected);
  });

  test.each(binaries)('%s %s is written, and read back', (type, text, _bytes) => {
    const written = binaryOfText(typeNamed(type), text) ?? Buffer.alloc(0);
    if (type === 'timestamp') return;
    expect(textOfBinary(typeNamed(type), written, 0, written.length)).toBe(text);
  });

  test.each(binaries)('%s %s is hashed as it is in text format', (type, text, bytes) => {
    const kind = typeNamed(type);
    const fromText = maskField(kind, 'text', 'hash', Buffer.from(text), 0, Buffer.byteLength(text), key);
    const fromBinary = maskField(kind, 'binary', 'hash', bytes, 0, bytes.length, key);
    if (fromText === undefined || fromBinary === undefined) expect(fromBinary).toBe(fromText);
    else expect(textOfBinary(kind, fromBinary, 0, fromBinary.length)).toBe(fromText.toString());
  });

  test.each(binaries)('%s %s cut short becomes NULL, or a value', (type, _text, bytes) => {
    for (let end = 0; end < bytes.length; end++) {
      for (const way of ['partial', 'fake', 'hash', 'redact'] as const) {
        const masked = maskField(typeNamed(type), 'binary', way, bytes, 0, end, key);
        if (masked !== undefined) expect(textOfBinary(typeNamed(type), masked, 0, masked.length)).toBeDefined();
      }
    }
  });

  test('types are known by OID, and by name where the OID is a database’s own', () => {
    expect(typeOf(25)).toEqual({ kind: 'text' });
    expect(typeOf(1009)).toEqual({ kind: 'text', array: true });
    expect(typeOf(16400, 'citext')).toEqual({ kind: 'text' });
    expect(typeOf(16400, 'mood')).toEqual({ kind: 'opaque' });
    expect(typeOf(600, 'text')).toEqual({ kind: 'opaque' });
    expect(typeNamed('text[]')).toEqual({ kind: 'text', array: true });
    expect(typeNamed('')).toEqual({ kind: 'opaque' });
  });
});

describe('arrays', () => {
  const mask = (type: string, way: 'partial' | 'hash' | 'redact', text: string): string | undefined =>
    maskField(typeNamed(type), 'text', way, Buffer.from(text), 0, Buffer.byteLength(text), key)?.toString();

  test.each([
    ['element by element', 'text[]', 'partial', '{abcdefgh,"two, words"}', '{"***gh","***ds"}'],
    [
      'NULLs and dimensions stay',
      'text[]',
      'partial',
      '[0:1][1:2]={{abcdefgh,NULL},{"NULL",""}}',
      '[0:1][1:2]={{"***gh",NULL},{"***L",""}}',
    ],
    ['escapes', 'text[]', 'partial', '{"a\\"b\\\\cdef\\""}', '{"***f\\""}'],
    ['redacted: not even how many', 'text[]', 'redact', '{a,b,c}', '{"[redacted]"}'],
    ['empty', 'text[]', 'redact', '{}', '{}'],
    ['an element without a masked form makes it NULL', 'int4[]', 'redact', '{1,2}', undefined],
    ['what is no array is NULL', 'text[]', 'partial', 'abcdefgh', undefined],
  ] as const)('%s', (_what, type, way, text, expected) => {
    expect(mask(type, way, text)).toBe(expected?.replace('""}}', '"***"}}'));
  });

  test('in binary format', () => {
    const array = hex('00000001 00000001 00000019 00000003 00000001 00000003 616461 ffffffff 00000002 6262');
    const one = maskField(typeNamed('text[]'), 'binary', 'redact', array, 0, array.length, key);
    expect(one).toEqual(
      Buffer.concat([hex('00000001 00000000 00000019 00000001 00000001 0000000a'), Buffer.from('[redacted]')]),
    );
    const hashed = maskField(typeNamed('text[]'), 'binary', 'hash', array, 0, array.length, key) ?? Buffer.alloc(0);
    expect(hashed.subarray(0, 24)).toEqual(Buffer.concat([array.subarray(0, 20), hex('00000020')]));
    expect(hashed.length).toBe(20 + 4 + 32 + 4 + 4 + 32);
  });
});

describe('detectors in rows', () => {
  const detect = [
    { detector: 'email', with: 'partial' as const },
    { detector: 'card', with: 'hash' as const },
    { detector: 'phone', with: 'null' as const },
  ];
  const one = (
    type: number,
    value: string | Buffer,
    format: 'text' | 'binary' = 'text',
    name = 'c',
  ): string | undefined => {
    const plan = planOf([undefined], { detect });
    return maskRows([field(name, type, { format })], plan, [[value]])[0]?.[0]?.toString();
  };

  test.each([
    ['in a text, where they stand', 25, 'mail ada.lovelace@example.org, please', 'mail a***@e***.org, please'],
    ['in JSON', 3802, '{"mail": "ada.lovelace@example.org"}', '{"mail": "a***@e***.org"}'],
    ['null takes the whole value', 25, 'call +44 20 7946 0018', undefined],
    ['in an array', 1009, '{ada.lovelace@example.org,x}', '{a***@e***.org,x}'],
    ['in a composite value: all of it', 16400, '(1,ada.lovelace@example.org)', undefined],
    ['in a number: all of it', 1700, '4111111111111111', expect.stringMatching(/^\d{1,15}$/)],
    ['nothing', 25, 'nothing to see', 'nothing to see'],
  ])('%s', (_what, type, value, expected) => {
    expect(one(type, value)).toEqual(expected);
  });

  test('numbers and bytes in binary format', () => {
    const card = binaryOfText(typeNamed('int8'), '4111111111111111') ?? Buffer.alloc(0);
    expect(one(20, card, 'binary')).not.toBe(card.toString());
    const hidden = one(17, Buffer.from('\0\x01ada.lovelace@example.org'), 'binary');
    expect(hidden).toBeUndefined();
  });

  test('a column’s name tells what its numbers are', () => {
    expect(one(25, '4155552671', 'text', 'phone')).toBeUndefined();
    expect(one(25, '4155552671', 'text', 'order_id')).toBe('4155552671');
  });

  test('keys other than the gateway’s own hash otherwise', () => {
    const other = new KeyedHash(Buffer.alloc(32, 8));
    expect(other.hex('a')).not.toBe(key.hex('a'));
  });
});
