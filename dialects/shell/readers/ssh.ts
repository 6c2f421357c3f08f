import { parseArguments } from '../arguments.ts';
import { applyMeaning, harmlessSshOption } from '../meanings.ts';
import type { ProgramSpec } from '../programs/spec.ts';
import type { Reader } from '../use.ts';
import { isStatic, type Argument } from '../words.ts';
import { sourceOf, readShellText } from './nested.ts';
import { joinedSource } from './builtins.ts';

const ssh: ProgramSpec = {
  effects: [],
  flags: '-4 -6 -C -f -G -K -k -M -N -n -q -s -T -t -V -v -x -a -y -Y -g -A -X',
  values: {
    '-b': 'text',
    '-B': 'text',
    '-c': 'text',
    '-D': 'text',
    '-E': 'path:write',
    '-e': 'text',
    '-F': 'text',
    '-I': 'text',
    '-i': 'path:use',
    '-J': 'host:use',
    '-L': 'text',
    '-l': 'text',
    '-m': 'text',
    '-O': 'text',
    '-o': 'text',
    '-p': 'text',
    '-Q': 'text',
    '-R': 'text',
    '-S': 'text',
    '-W': 'text',
    '-w': 'text',
  },
  stopsAtOperand: true,
  operands: ['host:use', 'command'],
};

const forwards = new Set(['-L', '-R', '-D', '-W', '-w', '-A', '-X', '-Y', '-g']);

/** ssh: the words after the host are joined, and the other machine's shell reads them. */
export const readSsh: Reader = (use) => {
  const { draft } = use;
  const { options, operands, command, doubtful } = parseArguments(ssh, use.args);
  if (doubtful) draft.incomplete('dynamic_argument');
  for (const { name, known, value } of options) {
    if (!known) draft.incomplete('unknown_option');
    if (forwards.has(name)) draft.effect('admin');
    if (name === '-F' || name === '-I' || name === '-S') draft.incomplete('runs_program');
    if (name === '-o' && (value?.value === undefined || !harmlessSshOption.test(value.value)))
      draft.incomplete('runs_program');
    const meaning = ssh.values?.[name];
    if (meaning !== undefined && value !== undefined) applyMeaning(use, meaning, value);
  }
  for (const host of operands) applyMeaning(use, 'host:use', host);
  draft.interpreter = 'ssh';
  const has = (option: string): boolean => options.some(({ name }) => name === option);
  if (has('-V') || has('-Q') || has('-G')) return;
  if (command.length === 0) {
    // -N: forwards only. -O: a word to a connection that is there.
    if (!has('-N') && !has('-O'))
      draft.incomplete(use.context.input.from === 'terminal' ? 'interactive' : 'pipe_into_interpreter');
    return;
  }
  if (has('-s')) draft.incomplete('unknown_program');
  remote(command);

  function remote(words: readonly Argument[]): void {
    const [only] = words;
    if (words.length === 1 && isStatic(only)) readShellText(use, sourceOf(only));
    else {
      const source = joinedSource(words);
      if (source === undefined) draft.incomplete('dynamic_script');
      else readShellText(use, source);
    }
  }
};
