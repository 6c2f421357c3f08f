import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../engine/decision.ts';
import { Memo } from '../../engine/memo.ts';

const paths = [
  ['command', 'effects'],
  ['subject', 'kind'],
  ['session', 'role'],
];

function counting(memo: Memo<{ n: number }>): (input: object) => number {
  let computed = 0;
  return (input) => memo.resolve(input, () => ({ value: { n: ++computed }, keep: true })).n;
}

describe('a memo by the values of the input paths that a bundle reads', () => {
  const input = { command: { effects: ['read'], text: 'a' }, subject: { kind: 'agent' }, session: {} };

  it.each([
    ['what is not read may differ', { ...input, command: { effects: ['read'], text: 'b' } }, true],
    ['equal values in other objects are equal', structuredClone(input), true],
    ['a value that is read differs', { ...input, subject: { kind: 'human' } }, false],
    ['one more element', { ...input, command: { effects: ['read', 'write'] } }, false],
    ['an absent value is not null', { ...input, session: { role: null } }, false],
    ['nor the text "undefined"', { ...input, session: { role: 'undefined' } }, false],
    ['a string is not the list that prints like it', { ...input, command: { effects: '["read"]' } }, false],
    ['a number is not its text', { ...input, subject: { kind: 1 } }, false],
  ])('%s', (_name, other, same) => {
    const resolve = counting(new Memo(paths, 100));
    expect(resolve(other) === resolve(input)).toBe(same);
  });

  it.each<[string, unknown, unknown, boolean]>([
    ['numbers between the same bounds', 6, 9, true],
    ['numbers below all bounds', 0, -3.5, true],
    ['numbers above all bounds', 11, 1e300, true],
    ['on a bound and beside it', 5, 6, false],
    ['on either side of a bound', 4, 6, false],
    ['on two bounds', 5, 10, false],
    ['a number and its text', 6, '6', false],
    ['a number and none', 6, undefined, false],
    ['texts', 'a', 'b', false],
    ['what JSON has no number for, and a number', Number.NaN, 6, false],
  ])('of a path that is only compared: %s', (_name, one, other, same) => {
    const compared = [{ path: ['session', 'denied'], bounds: [5, 10] }];
    const resolve = counting(new Memo([['session', 'denied'], ['stage']], 100, compared));
    expect(resolve({ session: { denied: one } }) === resolve({ session: { denied: other } })).toBe(same);
  });

  describe('paths that begin alike', () => {
    const deep = [['command', 'attributes', 'limit', 'present'], ['command', 'attributes', 'star'], ['stage']];
    const attributes = { limit: { present: true }, star: false, other: 1 };

    it.each([
      ['the same values in another object', { command: { attributes: structuredClone(attributes) } }, true],
      ['what is not read may differ', { command: { attributes: { ...attributes, other: 2 } } }, true],
      ['another value', { command: { attributes: { ...attributes, star: true } } }, false],
      ['another value deeper down', { command: { attributes: { ...attributes, limit: {} } } }, false],
      ['values that changed places', { command: { attributes: { limit: { present: false }, star: true } } }, false],
      ['nothing there', { command: {} }, false],
    ])('%s, frozen or not', (_name, other, same) => {
      for (const freeze of [deepFreeze, <Value>(value: Value) => value]) {
        const resolve = counting(new Memo(deep, 100));
        const [one, two] = [freeze(structuredClone({ command: { attributes } })), freeze(structuredClone(other))];
        expect(resolve(two) === resolve(one)).toBe(same);
        expect(resolve(two) === resolve(one)).toBe(same);
      }
    });

    it('are looked up anew once the memo was full', () => {
      const resolve = counting(new Memo(deep, 10));
      const one = deepFreeze({ command: { attributes } });
      expect(resolve(one)).toBe(1);
      for (let stage = 2; stage <= 10; stage++) expect(resolve({ stage })).toBe(stage);
      const again = resolve(one);
      expect(again).toBe(11);
      expect(resolve(structuredClone(one))).toBe(again);
    });
  });

  it('sees that an object which is not frozen was changed', () => {
    const resolve = counting(new Memo(paths, 100));
    const command = { effects: ['read'] };
    expect(resolve({ command })).toBe(1);
    command.effects.push('drop');
    expect(resolve({ command })).toBe(2);
  });

  it('does not read inherited properties', () => {
    const resolve = counting(new Memo([['constructor', 'name']], 100));
    expect(resolve({})).toBe(resolve({ other: 1 }));
    expect(resolve({ constructor: { name: 'x' } })).toBe(2);
  });

  it('does not keep what it is told not to keep', () => {
    const memo = new Memo<{ n: number }>(paths, 100);
    expect(memo.resolve(input, () => ({ value: { n: 1 }, keep: false })).n).toBe(1);
    expect(memo.resolve(input, () => ({ value: { n: 2 }, keep: true })).n).toBe(2);
    expect(memo.resolve(input, () => ({ value: { n: 3 }, keep: true })).n).toBe(2);
  });

  it('never mixes two inputs up, however small its capacity', () => {
    const value = fc.oneof(
      fc.constantFrom('a', 'b', 1, null, true),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, fc.boolean()), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (rows, capacity) => {
          const memo = new Memo<{ of: string }>([['a'], ['b']], capacity);
          for (const [a, b, frozen] of rows) {
            const row = frozen ? deepFreeze({ a, b }) : { a, b };
            const of = JSON.stringify([a, b]);
            expect(memo.resolve(row, () => ({ value: { of }, keep: true })).of).toBe(of);
          }
        },
      ),
    );
  });
});
