import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codePointsToUtf16, createOffsetMap } from '../../../dialects/sql/postgres/offsets.ts';

describe('createOffsetMap', () => {
  test('maps the byte offset of every character to its offset in UTF-16', () => {
    const text = fc.string({ unit: 'grapheme-composite' });
    fc.assert(
      fc.property(text, fc.string({ unit: 'binary-ascii' }), (wide, ascii) => {
        const whole = ascii + wide + ascii;
        const map = createOffsetMap(whole);
        let bytes = 0;
        let units = 0;
        for (const character of whole) {
          expect(map(bytes)).toBe(units);
          bytes += Buffer.byteLength(character);
          units += character.length;
        }
        expect(map(bytes)).toBe(whole.length);
      }),
    );
  });
  test.each([
    ['aé😀b', 2, 1, 'inside é: its start'],
    ['aé😀b', 5, 2, 'inside 😀: its start'],
    ['aé😀b', 99, 5, 'past the end: the end'],
  ])('%s, byte %i → %i: %s', (text, byteOffset, expected) => {
    expect(createOffsetMap(text)(byteOffset)).toBe(expected);
  });
});

describe('codePointsToUtf16', () => {
  test.each([
    ['abc', 2, 2],
    ['a😀c', 2, 3],
    ['a😀c', 99, 4],
  ])('%s, %i code points → %i', (text, codePoints, expected) => {
    expect(codePointsToUtf16(text, codePoints)).toBe(expected);
  });
});
