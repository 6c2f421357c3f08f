import { sortedItems } from './compare.ts';
import { collectionOperand, intOperand, stringOperand, strings } from './operands.ts';
import { type Builtin, type BuiltinContext, BuiltinError, RegoSet, type RegoValue } from './value.ts';

/** The string builtins that OPA leaves to the host (v1/topdown/strings.go, v1/topdown/glob.go). */

function oneOrMany(operands: readonly RegoValue[], position: number): string[] {
  const value = operands[position];
  return typeof value === 'string' ? [value] : strings(collectionOperand(operands, position), position);
}

function anyMatch(
  operands: readonly RegoValue[],
  context: BuiltinContext,
  test: (text: string, affix: string) => boolean,
): boolean {
  const texts = oneOrMany(operands, 0);
  const affixes = oneOrMany(operands, 1);
  context.charge(texts.length * affixes.length * 20);
  return texts.some((text) => affixes.some((affix) => test(text, affix)));
}

/** Every position, counted in characters, also of occurrences that overlap. */
function indexOfAll(operands: readonly RegoValue[], context: BuiltinContext): number[] {
  const text = stringOperand(operands, 0);
  const search = stringOperand(operands, 1);
  if (search === '') throw new BuiltinError('empty search character');
  context.charge(text.length * 4);
  const positions: number[] = [];
  let characters = 0;
  let counted = 0;
  for (let index = text.indexOf(search); index >= 0; index = text.indexOf(search, index + 1)) {
    for (; counted < index; counted += (text.codePointAt(counted) ?? 0) > 0xffff ? 2 : 1) characters += 1;
    positions.push(characters);
  }
  return positions;
}

/** The first position, counted in characters; -1 for none. */
function indexOf(operands: readonly RegoValue[], context: BuiltinContext): number {
  const text = stringOperand(operands, 0);
  const search = stringOperand(operands, 1);
  if (search === '') throw new BuiltinError('empty search character');
  context.charge(text.length * 4);
  const index = text.indexOf(search);
  return index < 0 ? -1 : Array.from(text.slice(0, index)).length;
}

/** An empty text stands before each character, and at the end. */
function replace(operands: readonly RegoValue[], context: BuiltinContext): string {
  const text = stringOperand(operands, 0);
  const [old, replacement] = [stringOperand(operands, 1), stringOperand(operands, 2)];
  const parts = old === '' ? ['', ...Array.from(text), ''] : text.split(old);
  context.charge((text.length + parts.length * replacement.length) * 4);
  return parts.join(replacement);
}

/** Counted in characters; a negative length is all that is left. */
function substring(operands: readonly RegoValue[], context: BuiltinContext): string {
  const text = stringOperand(operands, 0);
  const [start, length] = [intOperand(operands, 1), intOperand(operands, 2)];
  if (start < 0) throw new BuiltinError('negative offset');
  context.charge(text.length * 4);
  const characters = Array.from(text);
  return characters.slice(start, length < 0 ? undefined : start + length).join('');
}

/** Occurrences that do not overlap; of the empty string, one more than there are characters. */
function count(operands: readonly RegoValue[]): number {
  const text = stringOperand(operands, 0);
  const search = stringOperand(operands, 1);
  return search === '' ? Array.from(text).length + 1 : text.split(search).length - 1;
}

/** The first n parts, or the last n when n is negative. */
function splitN(operands: readonly RegoValue[]): string[] {
  const text = stringOperand(operands, 0);
  const delimiter = stringOperand(operands, 1);
  const limit = intOperand(operands, 2);
  const parts = delimiter === '' ? Array.from(text) : text.split(delimiter);
  return limit >= 0 ? parts.slice(0, limit) : parts.slice(Math.max(parts.length + limit, 0));
}

/** The members of a set in Rego's order. */
function concat(operands: readonly RegoValue[], context: BuiltinContext): string {
  const [, collection] = operands;
  const items = collection instanceof RegoSet ? sortedItems(collection) : collectionOperand(operands, 1);
  context.charge(items.length * 50);
  return strings(items, 1).join(stringOperand(operands, 0));
}

export const stringBuiltins: readonly (readonly [string, Builtin])[] = [
  [
    'strings.any_prefix_match',
    (operands, context) => anyMatch(operands, context, (text, prefix) => text.startsWith(prefix)),
  ],
  [
    'strings.any_suffix_match',
    (operands, context) => anyMatch(operands, context, (text, suffix) => text.endsWith(suffix)),
  ],
  ['concat', concat],
  ['indexof', indexOf],
  ['replace', replace],
  ['substring', substring],
  ['strings.count', count],
  ['strings.split_n', splitN],
  ['indexof_n', indexOfAll],
  ['glob.quote_meta', (operands) => stringOperand(operands, 0).replace(/[*?\\[\]{}]/g, '\\$&')],
];
