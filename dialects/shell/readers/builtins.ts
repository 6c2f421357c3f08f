import type { Source } from '../source.ts';
import { decodedSource } from '../source.ts';
import type { Reader } from '../use.ts';
import { variableReason } from '../variables.ts';
import { isStatic, type Argument } from '../words.ts';
import { inside } from '../reading.ts';
import { parseArguments } from '../arguments.ts';
import { readShellText, sourceOf, runInside } from './nested.ts';

/** Words joined by blanks, as eval, ssh and watch do before the text is read again. Undefined: not all are known. */
export function joinedSource(words: readonly Argument[]): Source | undefined {
  const [only] = words;
  if (words.length === 1 && isStatic(only)) return sourceOf(only);
  const values = words.map(({ value }) => value);
  if (!values.every((value) => value !== undefined)) return undefined;
  return decodedSource(values.join(' '), {
    start: Math.min(...words.map(({ span }) => span.start)),
    end: Math.max(...words.map(({ span }) => span.end)),
  });
}

/** eval reads its words in this very shell; watch gives them to another one. */
export const readEval: Reader = (use, standard) => {
  const { reading, draft, context, spec } = use;
  if (spec.variant === 'watch') {
    const { command, options } = parseArguments(spec, use.args);
    standard({ ...use, args: use.args.slice(0, use.args.length - command.length) });
    if (command.length === 0) return;
    if (options.some(({ name }) => name === '-x' || name === '--exec')) {
      runInside(use, command);
      return;
    }
    const source = joinedSource(command);
    if (source === undefined) draft.incomplete('dynamic_script');
    else readShellText(use, source);
    return;
  }
  const words = use.args[0]?.value === '--' ? use.args.slice(1) : use.args;
  const source = joinedSource(words);
  if (source === undefined) reading.taint(draft, 'dynamic_script');
  else if (words.length > 0) {
    reading.readText(source, {
      ...inside(context, 'eval', draft),
      source,
      depth: context.depth + 1,
      pipeline: undefined,
    });
  }
};

/** Commands that run on signals and exits run at times that nobody can tell. */
export const readTrap: Reader = ({ reading, draft, args }) => {
  const [first] = args;
  if (first === undefined || first.value === '-' || first.value === '' || /^-[lp]$/.test(first.value ?? '')) return;
  reading.taint(draft, 'trap');
};

/** export, declare and local: assignments whose names must be names. */
export const readDeclare: Reader = ({ reading, draft, args }) => {
  for (const argument of args) {
    const name = /^[A-Za-z_]\w*(?=$|\+?=)/.exec(argument.prefix)?.[0];
    const { value } = argument;
    if (value !== undefined && /^[-+][A-Za-z]+$/.test(value)) {
      // n makes a name stand for another one, i evaluates what is assigned, f exports functions.
      if (/[ni]/.test(value)) reading.taint(draft, 'arithmetic');
      if (value.includes('f')) reading.taint(draft, 'shell_option');
      continue;
    }
    // An unquoted value may become more words, which are names again.
    if (name === undefined || (value === undefined && !argument.prefix.includes('=')) || !argument.single) {
      reading.taint(draft, 'arithmetic');
      continue;
    }
    draft.assignments.push({ name, static: value !== undefined });
    const reason = argument.prefix.includes('=') ? variableReason(name) : undefined;
    if (reason !== undefined) reading.taint(draft, reason);
  }
};

/** Options of the shell that stop or trace scripts change nothing in how they are read. */
export const readSet: Reader = ({ reading, draft, spec, args }) => {
  const values = args.map(({ value }) => value);
  if (spec.variant === 'shopt') {
    const harmless = values.every(
      (value) =>
        value !== undefined &&
        /^(?:-[supq]|nullglob|dotglob|globstar|failglob|nocaseglob|checkwinsize|histappend|inherit_errexit)$/.test(
          value,
        ),
    );
    if (!harmless) reading.taint(draft, 'shell_option');
    return;
  }
  const [first] = values;
  if (args.length === 0) draft.effect('read');
  // set -- a b: positional parameters.
  if (first === '--') return;
  const harmless = values.every(
    (value) =>
      value !== undefined &&
      /^(?:[-+][euxvfCbhm]+o?|[-+]o|pipefail|errexit|nounset|xtrace|verbose|noglob|noclobber)$/.test(value),
  );
  if (!harmless) reading.taint(draft, 'shell_option');
};

const fileTests = /^-[abcdefghkprstuwxGLNOS]$/;

/** test and [: only -v looks into a variable's subscript. */
export const readBrackets: Reader = ({ draft, args }) => {
  args.forEach((argument, index) => {
    const before = args[index - 1]?.value;
    if (argument.value === '-v' || argument.value === '-R') {
      const operand = args[index + 1];
      if (operand !== undefined && !/^(?:[A-Za-z_]\w*|\]|=|!=|==)$/.test(operand.value ?? '$'))
        draft.incomplete('arithmetic');
    }
    // Two words that are known only at run time may be -v and what it looks into.
    const previous = args[index - 1];
    if (
      argument.value === undefined &&
      (!argument.single || (previous !== undefined && previous.value === undefined))
    ) {
      draft.incomplete('dynamic_argument');
    }
    if (before !== undefined && fileTests.test(before)) draft.path(argument, 'use');
  });
};
