import { SallyportError } from '../../../engine/errors.ts';

/**
 * Reads the startup parameter `options` (command-line switches for the backend) as PostgreSQL splits it: at white
 * space, where a backslash takes the next character as it is (pg_split_opts). Only settings are passed on.
 *
 * @throws SallyportError SP_PROTOCOL_UNSUPPORTED for any switch that is not `-c name=value` or `--name=value`
 */
export function parseStartupOptions(options: string): [name: string, value: string][] {
  const settings: [string, string][] = [];
  const words = splitOptions(options);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    let assignment: string | undefined;
    if (word.startsWith('--')) assignment = word.slice(2);
    else if (word === '-c') assignment = words[(index += 1)];
    else if (word.startsWith('-c')) assignment = word.slice(2);
    const equals = assignment?.indexOf('=') ?? -1;
    if (assignment === undefined || equals < 1) {
      throw new SallyportError('SP_PROTOCOL_UNSUPPORTED', `The startup option "${word}" is not passed on.`, {
        help: 'Only settings are: write -c name=value.',
      });
    }
    // ParseLongOption of PostgreSQL takes `-` in a name for `_`.
    settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)]);
  }
  return settings;
}

const WHITE_SPACE = new Set([' ', '\t', '\n', '\r', '\v', '\f']);

function splitOptions(options: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < options.length; index += 1) {
    const character = options[index] ?? '';
    if (WHITE_SPACE.has(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '\\') {
      word = (word ?? '') + (options[(index += 1)] ?? '');
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
