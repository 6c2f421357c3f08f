import { parseArguments } from '../arguments.ts';
import type { ProgramSpec } from '../programs/spec.ts';
import type { Reader, Use } from '../use.ts';
import { isStatic, type Argument } from '../words.ts';
import { nestedText, readShellText, runInside } from './nested.ts';

const shell: ProgramSpec = {
  effects: [],
  flags:
    '-a -b -c -e -f -h -i -k -l -m -n -p -r -s -t -u -v -x -B -C -E -H -P -T --login --norc --noprofile --posix --restricted --verbose --version --help',
  values: { '-o': 'text', '-O': 'text', '--rcfile': 'text', '--init-file': 'text' },
  refuses: { '-O': 'shell_option', '--rcfile': 'sourced_file', '--init-file': 'sourced_file', '-k': 'shell_option' },
  stopsAtOperand: true,
  operands: ['command'],
};

const su: ProgramSpec = {
  effects: [],
  flags: '-l -m -p -f -P --login --preserve-environment --pty --fast -',
  values: {
    '-c': 'script',
    '--command': 'script',
    '--session-command': 'script',
    '-s': 'text',
    '--shell': 'text',
    '-g': 'text',
    '-G': 'text',
    '--group': 'text',
    '-w': 'text',
    '-u': 'text',
    '--user': 'text',
  },
};

/** Shells: what they run stands in an argument, in a file, or comes to them. */
export const readShell: Reader = (use) => {
  if (use.spec.variant === 'su') readSu(use);
  else readSh(use);
};

function readSh(use: Use): void {
  const { draft, context, name } = use;
  const plain = use.args.map(unplus);
  const { options, command, doubtful } = parseArguments(shell, plain);
  if (doubtful) draft.incomplete('dynamic_argument');
  for (const { name: option, known, value } of options) {
    const refused = shell.refuses?.[option];
    if (!known) draft.incomplete('unknown_option');
    if (refused !== undefined) draft.incomplete(refused);
    if (option === '-o' && !/^(?:errexit|nounset|pipefail|xtrace|verbose|noglob|noclobber)$/.test(value?.value ?? ''))
      draft.incomplete('shell_option');
  }
  draft.interpreter = name;
  const has = (option: string): boolean => options.some((one) => one.name === option);
  const [first] = command;
  if (has('--version') || has('--help')) return;
  // zsh reads other things into words than bash does.
  if (name === 'zsh') draft.incomplete('not_posix');
  if (has('-c')) {
    if (first === undefined) return;
    nestedText(use, first, { posix: name !== 'bash' });
    return;
  }
  if (first !== undefined && !has('-s')) {
    draft.incomplete('sourced_file');
    draft.path(first, 'read');
    return;
  }
  const { input } = context;
  if (input.from === 'text') {
    if (input.source === undefined) draft.incomplete('dynamic_script');
    else readShellText(use, input.source, { posix: name !== 'bash', input: { from: 'pipe' } });
  } else
    draft.incomplete(
      input.from === 'pipe' ? 'pipe_into_interpreter' : input.from === 'file' ? 'sourced_file' : 'interactive',
    );
}

/** `+x` switches off what `-x` switches on. */
function unplus(argument: Argument): Argument {
  if (!isStatic(argument) || !/^\+[a-zA-Z]/.test(argument.value)) return argument;
  return { ...argument, value: `-${argument.value.slice(1)}`, prefix: '-' };
}

function readSu(use: Use): void {
  const { draft, name } = use;
  const { options, operands, doubtful } = parseArguments(su, use.args);
  if (doubtful) draft.incomplete('dynamic_argument');
  for (const { known } of options) if (!known) draft.incomplete('unknown_option');
  const users = options.filter((one) => one.name === '-u' || one.name === '--user');
  const names = operands.filter(({ value }) => value !== '-');
  for (const { value } of users) if (value !== undefined) role(use, value);
  // runuser -u USER COMMAND …
  if (name === 'runuser' && users.length > 0) {
    if (operands.length > 0) runInside(use, operands);
    return;
  }
  const [user, ...more] = names;
  if (user !== undefined) role(use, user);
  const scripts = options.filter((one) => /^(?:-c|--command|--session-command)$/.test(one.name));
  if (options.some((one) => one.name === '-s' || one.name === '--shell')) draft.incomplete('unknown_program');
  // What follows the user's name is the shell's own: it may be options or a file.
  if (more.length > 0) draft.incomplete('dynamic_argument');
  if (scripts.length === 0) draft.incomplete('interactive');
  for (const { value } of scripts) if (value !== undefined) nestedText(use, value);
}

function role({ draft }: Use, argument: Argument): void {
  draft.target('role', argument.value ?? argument.source, 'use', argument.value === undefined ? 'dynamic' : 'exact');
}
