import type { Command } from '../../../../engine/contract.ts';
import type { Ran } from './sandbox.ts';

interface Word {
  readonly value: string;
  readonly static: boolean;
}

/** Why a program that ran is not among the commands, or undefined: by its name, and by its arguments where they are static. */
export function violation(ran: Ran, commands: readonly Command[]): string | undefined {
  const [name] = ran;
  const named = commands.filter(({ attributes }) => attributes['program'] === name);
  if (named.length === 0) return `${JSON.stringify(ran)} ran, and no command is called ${String(name)}`;
  if (named.some(({ attributes }) => matches(ran.slice(1), wordsOf(attributes['argv']).slice(1)))) return undefined;
  return `${JSON.stringify(ran)} ran, and no command has these arguments: ${JSON.stringify(named.map(({ attributes }) => attributes['argv']))}`;
}

function wordsOf(argv: unknown): Word[] {
  return Array.isArray(argv) ? argv.filter(isWord) : [];
}

function isWord(value: unknown): value is Word {
  return typeof value === 'object' && value !== null && 'value' in value && 'static' in value;
}

/** A word that is not static stands for any number of arguments. */
function matches(args: readonly string[], words: readonly Word[]): boolean {
  const [word, ...more] = words;
  if (word === undefined) return args.length === 0;
  if (word.static) return args[0] === word.value && matches(args.slice(1), more);
  return args.some((_, index) => matches(args.slice(index), more)) || matches([], more);
}
