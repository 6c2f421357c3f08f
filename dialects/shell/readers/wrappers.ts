import { parseArguments } from '../arguments.ts';
import { applyMeaning } from '../meanings.ts';
import { addedArguments, type Argument } from '../words.ts';
import type { Reader } from '../use.ts';
import { behind, runInside } from './nested.ts';

/** sudo and env: assignments may stand before the command. */
export const readAssignmentsCommand: Reader = (use, standard) => {
  const { command, options, doubtful } = parseArguments(use.spec, use.args);
  // Options and their values; the command is ours.
  standard({ ...use, args: use.args.slice(0, use.args.length - command.length) });
  if (doubtful) use.draft.incomplete('dynamic_argument');
  const first = command.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word.prefix));
  const assignments = first < 0 ? command : command.slice(0, first);
  for (const one of assignments) applyMeaning(use, 'assignment:use', one);
  const [word, ...more] = first < 0 ? [] : command.slice(first);
  if (word === undefined) {
    const lists = options.some(({ name }) =>
      /^-(?:[lvkKV]|-list|-validate|-version|-remove-timestamp|-reset-timestamp)$/.test(name),
    );
    if (use.name === 'sudo' && !lists) use.draft.incomplete('interactive');
    // env by itself prints the environment.
    if (use.name === 'env') {
      use.draft.effects.delete('execute');
      use.draft.effect('read');
    }
    return;
  }
  // `env $x cmd`: the first word may become an assignment, and then another one is the command.
  if (word.value === undefined) use.draft.incomplete('dynamic_command');
  runInside(use, [word, ...more]);
};

/** xargs adds what it reads to the command's words, or puts it in the place of a mark. */
export const readXargs: Reader = (use, standard) => {
  const { command, options } = parseArguments(use.spec, use.args);
  standard({ ...use, args: use.args.slice(0, use.args.length - command.length) });
  if (command.length === 0) {
    // It runs echo.
    use.draft.effect('read');
    return;
  }
  const mark = options.find(({ name }) => name === '-I');
  const text = mark?.value?.value;
  const own = behind(use);
  const context = { ...own, input: { from: 'pipe' } as const };
  const last = command.at(-1);
  if (mark === undefined && last !== undefined) {
    runInside(use, [...command, addedArguments({ start: last.span.end, end: last.span.end })], context);
    return;
  }
  if (text === undefined || text === '') {
    use.draft.incomplete('dynamic_argument');
    return;
  }
  runInside(
    use,
    command.map((word) => replaced(word, text, '')),
    context,
  );
};

/** A word in which a mark is exchanged for something that is known only at run time. */
export function replaced(word: Argument, mark: string, prefix: string): Argument {
  const { value, contentAt: _contentAt, ...others } = word;
  const text = value ?? word.source;
  if (!text.includes(mark)) return word;
  const before = (value ?? word.prefix).split(mark, 1)[0] ?? '';
  return { ...others, prefix: before + (before === '' ? prefix : '') };
}
