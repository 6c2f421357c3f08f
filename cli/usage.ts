import { Option, type CommanderError } from 'commander';
import type { Diagnostic } from '../engine/contract.ts';

/** How commands print that show things; those that report findings have more formats (reporters/publish.ts). */
export function formatOption(description?: string): Option {
  return new Option('-f, --format <format>', description).choices(['pretty', 'json']);
}

/** For commands that pipe: what a program reads next is JSON. */
export function pipedFormatOption(): Option {
  return formatOption('default: pretty on a terminal, json elsewhere');
}

/** For commands that judge: what is asked about, besides commands. */
export function stageOption(): Option {
  return new Option('--stage <stage>', 'session: judge a session that opens, which has no text').choices([
    'command',
    'session',
  ]);
}

/** Whether a command line asks for JSON: one that fails before its options are read is still answered so. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.some(
    (word, index) =>
      word === '--format=json' ||
      word === '-fjson' ||
      (word === 'json' && /^(-f|--format)$/.test(words[index - 1] ?? '')),
  );
}

/** What is wrong with a command line, in commander's words: the first line, and its suggestion as the way out. */
export function usageFinding({ message, code }: CommanderError): Diagnostic {
  // A group of commands without one of them prints its help, and has no words of its own.
  if (code === 'commander.help') return finding('A command is missing.');
  const [first = '', ...others] = message.replace(/^error: /, '').split('\n');
  return finding(first, others.join(' ').replace(/^\(|\)$/g, ''));
}

function finding(message: string, help = ''): Diagnostic {
  return { severity: 'error', code: 'SP_USAGE', message, help: help === '' ? '--help shows the options' : help };
}
