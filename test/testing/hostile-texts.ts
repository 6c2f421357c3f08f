import { createRandom, type Random } from './random.ts';

/** Texts that have broken parsers before; none of them is meant for any language in particular. */
export const hostileTexts: Readonly<Record<string, () => readonly string[]>> = {
  'an empty text and white space': () => ['', ' ', '\n', '\t\r\n\v\f', '\u00a0', '\u2028\u2029', '\ufeff'],
  'NUL and other control characters': () => ['\0', 'a\0b', '\0\0\0', '\x01\x02\x1b[2J', '\x7f', 'a\x1a'],
  'lone surrogates': () => ['\ud800', '\udc00', 'a\ud800b', '\udc00\ud800', "'\ud83d'"],
  'text beyond ASCII': () => [
    'é',
    'Ⅷ',
    '😀',
    'e\u0301',
    '\u202edrop\u202c',
    'ＳＥＬＥＣＴ',
    'ı İ ß',
    '\u{10ffff}',
    '\ufffd',
  ],
  'quotes and comments that never end': () => [
    ...[
      "'",
      '"',
      '`',
      '$$',
      '$a$',
      "E'\\",
      '/*',
      '/*/*',
      '--',
      '#',
      '<!--',
      '"""',
      '{',
      '[',
      '(',
      '<<EOF\n',
      '\\',
      '$(',
      '${',
    ],
  ],
  'brackets nested 100,000 deep': () => ['(', '[', '{', '((', '$(', 'a(', 'f(x, '].map((open) => open.repeat(100_000)),
  'closed brackets nested 5,000 deep': () =>
    ['()', '[]', '{}'].map((pair) => pair.charAt(0).repeat(5_000) + pair.charAt(1).repeat(5_000)),
  'a chain of 100,000 operators': () => ['1', 'a', 'not '].map((term) => Array<string>(100_000).fill(term).join('+')),
  'a megabyte': () =>
    ['a', ' ', ';', "'", '\n', 'é', '-- \n', 'a b '].map((part) => part.repeat(1_048_576 / part.length)),
  'numbers out of any range': () => ['9'.repeat(400), '1e999999999', '-0', '0x', '.', '1e', 'NaN', '1_000_'],
};

/** Random texts: bytes read as Latin-1, code units, and printable characters. */
export function randomTexts(seed: number, count: number): string[] {
  const random = createRandom(seed);
  const alphabets = [(): number => random.integer(256), () => random.integer(0x10000), () => 32 + random.integer(95)];
  return Array.from({ length: count }, () => {
    const alphabet = random.pick(alphabets);
    return String.fromCharCode(...Array.from({ length: random.integer(200) }, alphabet));
  });
}

/** Texts near the samples: cut, doubled, crossed, with characters and words put in, taken out or exchanged. */
export function mutatedTexts(samples: readonly string[], seed: number, count: number): string[] {
  if (samples.length === 0) return [];
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    let text = random.pick(samples);
    for (let rounds = 1 + random.integer(3); rounds > 0; rounds--) text = random.pick(mutations)(text, random, samples);
    return text;
  });
}

/** The samples with each of their words, in turn, exchanged for a name that means something to JavaScript. */
export function pollutedTexts(samples: readonly string[]): string[] {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'length'];
  return samples.flatMap((text) =>
    [...text.matchAll(/[\p{L}_][\p{L}\p{N}_]*/gu)]
      .slice(0, 20)
      .flatMap(({ index, 0: word }) =>
        names.map((name) => text.slice(0, index) + name + text.slice(index + word.length)),
      ),
  );
}

type Mutation = (text: string, random: Random, samples: readonly string[]) => string;

const fragments = [
  ' ',
  '\n',
  '\t',
  ';',
  "'",
  '"',
  '`',
  '\\',
  '$$',
  '--',
  '/*',
  '*/',
  '(',
  ')',
  ',',
  '\0',
  '\ud800',
  '#',
  '|',
  '&',
  '&&',
];

const mutations: readonly Mutation[] = [
  (text, random) => text.slice(0, random.integer(text.length + 1)),
  (text, random) => text.slice(random.integer(text.length + 1)),
  (text, random, samples) => text + random.pick([...fragments, '']) + random.pick(samples),
  (text, random) => splice(text, random, 0, random.pick(fragments)),
  (text, random) => splice(text, random, 1, ''),
  (text, random) => splice(text, random, 1, random.pick(fragments)),
  (text, random, samples) => splice(text, random, 0, random.pick(samples)),
  (text, random) => (random.integer(2) === 0 ? text.toUpperCase() : text.toLowerCase()),
];

function splice(text: string, random: Random, removed: number, inserted: string): string {
  const at = random.integer(text.length + 1);
  return text.slice(0, at) + inserted + text.slice(at + removed);
}
