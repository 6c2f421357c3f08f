import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../../engine/linter/chunks.ts';
import { inputFacts } from '../../../engine/linter/input-facts.ts';

const closed = (properties: object): object => ({ type: 'object', additionalProperties: false, properties });

function facts(...schemas: readonly object[]): ReturnType<typeof inputFacts> {
  return inputFacts(
    schemas.map((attributesSchema, index) => ({ name: `d${index}`, attributesSchema: { ...attributesSchema } })),
  );
}

describe('what rules know of the input', () => {
  it('values of the contract', () => {
    const { paths } = facts(closed({}));
    expect(paths['subject/kind']?.values).toEqual(['agent', 'ci', 'human', 'service']);
    expect(paths['command/effects/*']?.values).toContain('drop');
    expect(paths['command/effects']).toEqual({ list: true });
    expect(paths['subject/id']).toEqual({});
    expect(paths['command/nonsense']).toBeUndefined();
  });

  const one = closed({ way: { type: 'string', enum: ['a', 'b'] } });

  it.each<[string, readonly object[], readonly string[] | undefined]>([
    ['one dialect', [one], ['a', 'b']],
    ['two dialects with different values', [one, closed({ way: { enum: ['c'] } })], ['a', 'b', 'c']],
    ['a dialect without the attribute', [one, closed({ other: { type: 'string' } })], ['a', 'b']],
    ['a dialect that does not say', [one, closed({ way: { type: 'string' } })], undefined],
    ['a dialect that is open', [one, { type: 'object' }], undefined],
    ['alternatives', [closed({ way: { anyOf: [{ enum: ['a'] }, { const: 'z' }] } })], ['a', 'z']],
    [
      'alternatives of which one is open',
      [closed({ way: { anyOf: [{ enum: ['a'] }, { type: 'string' }] } })],
      undefined,
    ],
    ['a definition', [{ ...closed({ way: { $ref: '#/$defs/way' } }), $defs: { way: { enum: ['a'] } } }], ['a']],
    ['numbers', [closed({ way: { enum: [1, 2] } })], undefined],
  ])('an attribute of %s', (_name, schemas, values) => {
    expect(facts(...schemas).paths['command/attributes/way']?.values).toEqual(values);
  });

  it('attributes of the dialects that name theirs', () => {
    expect(facts(one, { type: 'object' }).attributes).toEqual({ d0: ['way'] });
  });

  it('a schema that refers to itself comes to an end', () => {
    const tree = {
      ...closed({ node: { $ref: '#/$defs/node' } }),
      $defs: { node: closed({ next: { $ref: '#/$defs/node' } }) },
    };
    expect(facts(tree).paths['command/attributes/node/next']).toEqual({});
  });
});

describe('portions for threads', () => {
  const text = (length: number): string => 'x'.repeat(length);

  it.each<[string, Record<string, number>, number, number]>([
    ['nothing', {}, 2, 0],
    ['one', { a: 10 }, 4, 1],
    ['as many as threads', { a: 10, b: 10, c: 10, d: 10 }, 2, 2],
    ['small ones together', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 1_000])), 2, 5],
    ['a large one by itself', { a: 100_000, b: 10, c: 10 }, 2, 2],
  ])('%s', (_name, lengths, threads, portions) => {
    const modules = Object.fromEntries(Object.entries(lengths).map(([name, length]) => [name, text(length)]));
    const chunks = chunksOf(modules, threads);
    expect(chunks).toHaveLength(portions);
    expect(Object.assign({}, ...chunks)).toEqual(modules);
  });
});
