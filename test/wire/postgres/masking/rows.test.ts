import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { SallyportError } from '../../../../engine/errors.ts';
import { MaskCounts } from '../../../../proxy/masking/counts.ts';
import {
  ByteWriter,
  RowMasker,
  readRowDescription,
  withFormats,
} from '../../../../proxy/protocols/postgres/masking/index.ts';
import { dataRow, field, key, maskRows, planOf, valuesOf } from './support.ts';

const TEXT = 25;
const INT4 = 23;
const fields = [field('id', INT4), field('name', TEXT), field('note', TEXT)];

describe('rows are masked', () => {
  test('columns of the plan, and no others', () => {
    const plan = planOf([undefined, 'redact', undefined]);
    const rows = maskRows(fields, plan, [
      ['1', 'ada', 'x'],
      ['2', undefined, undefined],
    ]);
    expect(rows).toEqual([
      [Buffer.from('1'), Buffer.from('[redacted]'), Buffer.from('x')],
      [Buffer.from('2'), undefined, undefined],
    ]);
  });

  test('null, longer and shorter values, first and last columns', () => {
    const plan = planOf(['null', 'redact', 'partial']);
    expect(maskRows(fields, plan, [['1', 'a', 'abcdefgh']])).toEqual([
      [undefined, Buffer.from('[redacted]'), Buffer.from('***gh')],
    ]);
  });

  test('how many were masked is counted, NULLs are not', () => {
    const counts = new MaskCounts();
    maskRows(
      fields,
      planOf([undefined, 'redact', undefined]),
      [
        ['1', 'a', 'b'],
        ['1', undefined, 'b'],
      ],
      counts,
    );
    expect(counts.values).toBe(1);
  });

  test('rows stop at a message that is not whole, and at one of another kind', () => {
    const masker = new RowMasker({
      fields,
      plan: planOf(['null', undefined, undefined]),
      key,
      counts: new MaskCounts(),
    });
    const row = dataRow(['1', 'a', 'b']);
    const complete = Buffer.from('C\0\0\0\x0bSELECT\0', 'latin1');
    for (let cut = 0; cut < row.length; cut++) {
      const chunk = Buffer.concat([row, row.subarray(0, cut)]);
      expect(masker.rows(chunk, 0, chunk.length, new ByteWriter())).toBe(row.length);
    }
    const chunk = Buffer.concat([row, complete, row]);
    expect(masker.rows(chunk, 0, chunk.length, new ByteWriter())).toBe(row.length);
  });

  test('one row by itself; undefined where nothing changed', () => {
    const masker = new RowMasker({
      fields,
      plan: planOf([undefined, 'null', undefined]),
      key,
      counts: new MaskCounts(),
    });
    const row = dataRow(['1', 'a', 'b']);
    expect(valuesOf(masker.row(row, 0, row.length) ?? row)[1]).toBeUndefined();
    const none = dataRow(['1', undefined, 'b']);
    expect(masker.row(none, 0, none.length)).toBeUndefined();
  });
});

describe('what the target describes is compared with what was foreseen', () => {
  const origin = { relation: 16400, attribute: 2 };
  const plan = planOf([undefined, 'partial', undefined], {
    otherwise: 'redact',
    origins: [undefined, origin, undefined],
  });
  const described = [field('id', INT4), field('name', TEXT, origin), field('note', TEXT)];
  const row = [['1', 'abcdefgh', 'x']];

  test('as foreseen', () => {
    expect(maskRows(described, plan, row)).toEqual([[Buffer.from('1'), Buffer.from('***gh'), Buffer.from('x')]]);
  });

  test.each([
    ['a column comes from elsewhere', [field('id', INT4, { relation: 16400, attribute: 1 }), ...described.slice(1)]],
    [
      'a column is another one of the relation',
      [fields[0], field('name', TEXT, { ...origin, attribute: 3 }), fields[2]],
    ],
    ['a column comes from nowhere', fields],
  ])('%s: all are masked', (_what, other) => {
    const counts = new MaskCounts();
    const known = other.flatMap((each) => (each === undefined ? [] : [each]));
    expect(maskRows(known, plan, row, counts)).toEqual([
      [undefined, Buffer.from('[redacted]'), Buffer.from('[redacted]')],
    ]);
    expect(counts.unforeseen).toBe(1);
  });

  test('another number of columns: all are masked', () => {
    expect(maskRows(described.slice(1), plan, [['abcdefgh', 'x']])).toEqual([
      [Buffer.from('[redacted]'), Buffer.from('[redacted]')],
    ]);
  });

  test('nothing was described: all become NULL, for nobody knows of what type they are', () => {
    expect(maskRows(undefined, plan, row)).toEqual([[undefined, undefined, undefined]]);
  });

  test('nothing can be masked: rows need not be looked at', () => {
    const options = { key, counts: new MaskCounts() };
    const open = planOf(undefined, { otherwise: undefined });
    expect(new RowMasker({ ...options, fields, plan: open }).touches).toBe(false);
    expect(new RowMasker({ ...options, fields: undefined, plan: open }).touches).toBe(false);
    expect(new RowMasker({ ...options, fields, plan: planOf([undefined, undefined, undefined]) }).touches).toBe(false);
    expect(new RowMasker({ ...options, fields, plan: planOf([undefined]) }).touches).toBe(true);
  });
});

describe('rows that are not well formed', () => {
  const masker = () =>
    new RowMasker({ fields, plan: planOf(['hash', 'fake', 'partial']), key, counts: new MaskCounts() });

  test.each([
    ['another number of values than columns', dataRow(['1', 'a'])],
    ['a length past the end', Buffer.from('D\0\0\0\x0e\0\x03\0\0\0\x7f1234', 'latin1')],
    ['a negative length', Buffer.from('D\0\0\0\x0a\0\x03\xff\xff\xff\xfe', 'latin1')],
    ['values missing', Buffer.from('D\0\0\0\x06\0\x03', 'latin1')],
  ])('%s', (_what, row) => {
    expect(() => masker().rows(row, 0, row.length, new ByteWriter())).toThrow(SallyportError);
  });

  test('a row longer than is held', () => {
    const row = Buffer.from('D\x7f\xff\xff\xff', 'latin1');
    expect(() => masker().rows(row, 0, row.length, new ByteWriter())).toThrow(/longer than the gateway masks/);
  });

  test('any bytes give rows that parse, or an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, headed) => {
        const body = headed ? Buffer.concat([Buffer.from([0, 3]), bytes]) : Buffer.from(bytes);
        const row = Buffer.concat([Buffer.from('D\0\0\0\0', 'latin1'), body]);
        row.writeInt32BE(row.length - 1, 1);
        const out = new ByteWriter(1);
        try {
          masker().rows(row, 0, row.length, out);
        } catch (error) {
          expect(error).toBeInstanceOf(SallyportError);
          return;
        }
        expect(valuesOf(out.take())).toHaveLength(3);
      }),
    );
  });
});

describe('descriptions', () => {
  test('a RowDescription is read', () => {
    const message = Buffer.concat([
      Buffer.from('T\0\0\0\0\0\x01name\0', 'latin1'),
      Buffer.from([0, 0, 0x40, 0x10, 0, 2, 0, 0, 0, 25, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1]),
    ]);
    message.writeInt32BE(message.length - 1, 1);
    expect(readRowDescription(message, 0, message.length)).toEqual([
      { name: 'name', relation: 16400, attribute: 2, type: 25, format: 'binary' },
    ]);
    for (let end = 5; end < message.length; end++) expect(readRowDescription(message, 0, end)).toBeUndefined();
  });

  test.each([
    ['none: all are text', [], ['text', 'text', 'text']],
    ['one for all', [1], ['binary', 'binary', 'binary']],
    ['one each', [0, 1, 0], ['text', 'binary', 'text']],
  ])('formats of a Bind: %s', (_what, formats, expected) => {
    expect(withFormats(fields, formats).map(({ format }) => format)).toEqual(expected);
  });
});
