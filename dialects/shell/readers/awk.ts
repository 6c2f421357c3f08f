import { parseArguments } from '../arguments.ts';
import type { ProgramSpec } from '../programs/spec.ts';
import type { Reader } from '../use.ts';
import { isStatic } from '../words.ts';
import { isPlainAwk } from './awk-program.ts';

const awk: ProgramSpec = {
  effects: [],
  flags: '--version -V --posix --traditional --re-interval --characters-as-bytes --non-decimal-data',
  values: { '-F': 'text', '-v': 'text', '--field-separator': 'text', '--assign': 'text' },
  stopsAtOperand: true,
};

/** awk: its program may run others, and read and write files. */
export const readAwk: Reader = ({ draft, args }) => {
  const { options, operands, doubtful } = parseArguments(awk, args);
  if (doubtful) draft.incomplete('dynamic_argument');
  if (options.some(({ known }) => !known)) draft.incomplete('unknown_option');
  const [program, ...files] = operands;
  for (const file of files) draft.path(file, 'read');
  if (program === undefined) return;
  if (!isStatic(program) || !isPlainAwk(program.value)) draft.incomplete('program_text');
};
