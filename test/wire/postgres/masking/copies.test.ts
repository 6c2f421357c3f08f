import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { CopyFormat } from '../../../../engine/lineage.ts';
import { MaskCounts } from '../../../../proxy/masking/counts.ts';
import type { MaskPlan } from '../../../../proxy/masking/plan.ts';
import { CopyMasker } from '../../../../proxy/protocols/postgres/masking/index.ts';
import { SallyportError } from '../../../../engine/errors.ts';
import { copyFormat, key, messagesOf, planOf } from './support.ts';

interface Result {
  /** Payloads, one for each message. */
  readonly rows: string[];
  readonly counts: MaskCounts;
}

/** Masks a COPY whose payload comes in the given pieces. */
function mask(format: CopyFormat, columns: number, plan: MaskPlan, pieces: readonly (string | Buffer)[]): Result {
  const counts = new MaskCounts();
  const masker = new CopyMasker({ format, columns, plan, key, counts });
  const out: Buffer[] = [];
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    out.push(masker.data(bytes, 0, bytes.length));
    // The caller's memory is its own again.
    bytes.fill(0);
  }
  out.push(masker.end());
  const messages = messagesOf(Buffer.concat(out));
  for (const message of messages) expect(message[0]).toBe(0x64);
  return { rows: messages.map((message) => message.toString('latin1', 5)), counts };
}

/** Every way to cut a payload in two. */
function splits(payload: Buffer): Buffer[][] {
  return Array.from({ length: payload.length + 1 }, (_, at) => [payload.subarray(0, at), payload.subarray(at)]);
}

const int4 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const valueOf = (value: string): Buffer => Buffer.concat([int4(Buffer.byteLength(value)), Buffer.from(value)]);
const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

const texts = { types: ['int4', 'text', 'text'] };
const hidden = planOf([undefined, 'redact', undefined], texts);

interface Case {
  readonly what: string;
  readonly format: CopyFormat;
  readonly plan?: MaskPlan;
  readonly payload: string | Buffer;
  readonly rows: readonly string[];
}

const cases: readonly Case[] = [
  {
    what: 'text: rows',
    format: copyFormat('text'),
    payload: '1\tada\tx\n2\tbob\ty\n',
    rows: ['1\t[redacted]\tx\n', '2\t[redacted]\ty\n'],
  },
  {
    what: 'text: NULL stays NULL',
    format: copyFormat('text'),
    payload: '1\t\\N\tx\n',
    rows: ['1\t\\N\tx\n'],
  },
  {
    what: 'text: null takes the place of a value in the words of the COPY',
    format: copyFormat('text', { null: 'none' }),
    plan: planOf([undefined, 'null', undefined], texts),
    payload: '1\tada\tx\n',
    rows: ['1\tnone\tx\n'],
  },
  {
    what: 'text: escaped delimiters, newlines and backslashes do not end a value',
    format: copyFormat('text', { delimiter: '|' }),
    payload: 'a\\|b\\\\|ada\\n\\|lovelace\\\\|x\\|\n',
    rows: ['a\\|b\\\\|[redacted]|x\\|\n'],
  },
  {
    what: 'text: what is shown of a value is escaped again',
    format: copyFormat('text', { delimiter: '|' }),
    plan: planOf([undefined, 'partial', undefined], texts),
    payload: '1|abcdefghijklm\\|\\n\\\\|x\n',
    rows: ['1|***m\\|\\n\\\\|x\n'],
  },
  {
    what: 'text: a header passes',
    format: copyFormat('text', { header: true }),
    payload: 'id\tname\tnote\n1\tada\tx\n',
    rows: ['id\tname\tnote\n', '1\t[redacted]\tx\n'],
  },
  {
    what: 'csv: rows',
    format: copyFormat('csv'),
    payload: '1,ada,x\n2,bob,y\n',
    rows: ['1,[redacted],x\n', '2,[redacted],y\n'],
  },
  {
    what: 'csv: quotes, delimiters and newlines inside of quotes',
    format: copyFormat('csv'),
    payload: '1,"a ""quote"", and\na line","x,\n"\n2,"b",y\n',
    rows: ['1,[redacted],"x,\n"\n', '2,[redacted],y\n'],
  },
  {
    what: 'csv: an escape of its own',
    format: copyFormat('csv', { escape: '\\', quote: "'" }),
    payload: "1,'it\\'s, \\\\',x\n",
    rows: ['1,[redacted],x\n'],
  },
  {
    what: 'csv: empty is NULL, quoted empty is a value',
    format: copyFormat('csv'),
    payload: '1,,x\n2,"",y\n',
    rows: ['1,,x\n', '2,[redacted],y\n'],
  },
  {
    what: 'csv: what is shown of a value is quoted where it must be',
    format: copyFormat('csv'),
    plan: planOf([undefined, 'partial', undefined], texts),
    payload: '1,"abcdefghijk,""x\n",x\n',
    rows: ['1,"***""x\n",x\n'],
  },
  {
    what: 'csv: a header passes, with a newline in a name',
    format: copyFormat('csv', { header: true }),
    payload: 'id,"na\nme",note\n1,ada,x\n',
    rows: ['id,"na\nme",note\n', '1,[redacted],x\n'],
  },
  {
    what: 'a column whose type is not known becomes NULL',
    format: copyFormat('csv'),
    plan: planOf([undefined, 'hash', undefined]),
    payload: '1,ada,x\n',
    rows: ['1,,x\n'],
  },
  {
    what: 'a number is still a number',
    format: copyFormat('csv'),
    plan: planOf(['redact', 'hash', undefined], { types: ['int4', 'int2', 'text'] }),
    payload: '1,7,x\n',
    rows: [expect.stringMatching(/^,\d{1,5},x\n$/)],
  },
  {
    what: 'binary: header with the first row, trailer by itself',
    format: copyFormat('binary'),
    payload: Buffer.concat([
      BINARY_HEADER,
      Buffer.from([0, 3]),
      int4(4),
      int4(1),
      valueOf('ada'),
      valueOf('x'),
      Buffer.from([0, 3]),
      int4(-1),
      int4(-1),
      valueOf(''),
      TRAILER,
    ]),
    rows: [
      Buffer.concat([BINARY_HEADER, Buffer.from([0, 3]), int4(4), int4(1), valueOf('[redacted]'), valueOf('x')]),
      Buffer.concat([Buffer.from([0, 3]), int4(-1), int4(-1), valueOf('')]),
      TRAILER,
    ].map((bytes) => bytes.toString('latin1')),
  },
  {
    what: 'binary: no rows',
    format: copyFormat('binary'),
    payload: Buffer.concat([BINARY_HEADER, TRAILER]),
    rows: [Buffer.concat([BINARY_HEADER, TRAILER]).toString('latin1')],
  },
  {
    what: 'binary: an extension of the header passes',
    format: copyFormat('binary'),
    payload: Buffer.concat([BINARY_HEADER.subarray(0, 15), valueOf('more'), TRAILER]),
    rows: [Buffer.concat([BINARY_HEADER.subarray(0, 15), valueOf('more'), TRAILER]).toString('latin1')],
  },
];

describe('rows of a COPY are masked', () => {
  test.each(cases)('$what', ({ format, plan = hidden, payload, rows }) => {
    expect(mask(format, 3, plan, [payload]).rows).toEqual(rows);
  });

  test.each(cases)('in any two pieces: $what', ({ format, plan = hidden, payload, rows }) => {
    for (const pieces of splits(Buffer.from(payload))) expect(mask(format, 3, plan, pieces).rows).toEqual(rows);
  });

  test.each(cases)('byte by byte: $what', ({ format, plan = hidden, payload, rows }) => {
    const bytes = Buffer.from(payload);
    const pieces = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect(mask(format, 3, plan, pieces).rows).toEqual(rows);
  });
});

describe('what was not foreseen', () => {
  test('another number of columns than the plan knows: all are masked', () => {
    const { rows, counts } = mask(copyFormat('text'), 2, hidden, ['1\tada\n']);
    expect(rows).toEqual(['\\N\t\\N\n']);
    expect(counts.unforeseen).toBe(1);
  });

  test.each([
    ['too few fields', '1\tada\n'],
    ['too many fields', '1\tada\tx\ty\n'],
  ])('a row with %s ends the session', (_what, payload) => {
    expect(() => mask(copyFormat('text'), 3, hidden, [payload])).toThrow(SallyportError);
  });

  test('a row that does not end never goes out', () => {
    expect(mask(copyFormat('csv'), 3, hidden, ['1,ada,x\n2,"bo']).rows).toEqual(['1,[redacted],x\n']);
  });

  test('nothing to mask is told', () => {
    const options = { format: copyFormat('text'), columns: 2, key, counts: new MaskCounts() };
    expect(new CopyMasker({ ...options, plan: planOf([undefined, undefined]) }).touches).toBe(false);
    expect(new CopyMasker({ ...options, plan: planOf([undefined, 'null']) }).touches).toBe(true);
  });

  test('any bytes give messages or an error of ours', () => {
    const formats = fc.constantFrom(copyFormat('text'), copyFormat('csv'), copyFormat('binary'));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom(0, 1, 2, 3, 4, 9, 10, 34, 44, 65, 92, 255), { maxLength: 60 })
        .map((all) => Buffer.from(all)),
    );
    fc.assert(
      fc.property(formats, fc.boolean(), bytes, (format, headed, tail) => {
        const payload = headed ? Buffer.concat([BINARY_HEADER, tail]) : Buffer.from(tail);
        try {
          mask(format, 2, planOf(['hash', 'redact'], { types: ['text', 'int4'] }), [payload]);
        } catch (error) {
          expect(error).toBeInstanceOf(SallyportError);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('text and csv: values come back as they were written', () => {
    const character = fc.constantFrom('a', 'b', ',', '"', '\\', '\n', '\t', '\r', 'é', '\u{1f600}');
    const value = fc.option(fc.string({ unit: character, maxLength: 8 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 5 }), fc.nat(), (rows, cut) => {
        const written = Buffer.from(rows.map((row) => row.map(writeCsv).join(',') + '\n').join(''));
        const at = written.length === 0 ? 0 : cut % written.length;
        const { rows: masked } = mask(
          copyFormat('csv'),
          2,
          planOf([undefined, 'redact'], { types: ['text', 'text'] }),
          [written.subarray(0, at), written.subarray(at)],
        );
        const expected = rows.map(
          ([first, second]) => `${writeCsv(first)},${second === undefined ? '' : '[redacted]'}\n`,
        );
        expect(masked.map((row) => Buffer.from(row, 'latin1').toString())).toEqual(expected);
      }),
    );
  });
});

/** As COPY writes it. */
function writeCsv(value: string | undefined): string {
  if (value === undefined) return '';
  return value === '' || /[",\r\n]/.test(value) || value === '\\.' ? `"${value.replaceAll('"', '""')}"` : value;
}
