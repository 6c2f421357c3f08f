import { programTable, type ProgramSpec } from './spec.ts';

const builtin = (spec: ProgramSpec): ProgramSpec => ({ ...spec, builtin: true });
const plain = (effects: ProgramSpec['effects']): ProgramSpec => builtin({ effects, operands: ['text'] });

/** What the shell does itself. */
export const builtins = programTable({
  'echo pwd true false : times caller logout': plain(['read']),
  printf: builtin({ effects: ['read'], operands: ['text'], refuses: { '-v': 'arithmetic' }, stopsAtOperand: true }),
  'cd pushd popd': builtin({ effects: ['session'], operands: ['path:use'] }),
  'dirs jobs type': builtin({ effects: ['read'], operands: ['text'] }),
  'test [': builtin({ effects: ['read'], reader: 'brackets' }),
  'export readonly local declare typeset': builtin({ effects: ['session'], reader: 'declare' }),
  unset: builtin({ effects: ['session'], reader: 'names', variant: 'variables', flags: '-v -f -n' }),
  read: builtin({
    effects: ['session'],
    reader: 'names',
    variant: 'variables',
    flags: '-r -s -e',
    values: {
      '-p': 'text',
      '-t': 'text',
      '-n': 'text',
      '-N': 'text',
      '-d': 'text',
      '-u': 'text',
      '-a': 'text',
      '-i': 'text',
    },
  }),
  'mapfile readarray': builtin({
    effects: ['session'],
    reader: 'names',
    variant: 'variables',
    flags: '-t',
    values: { '-d': 'text', '-n': 'text', '-O': 'text', '-s': 'text', '-u': 'text' },
    refuses: { '-C': 'runs_program' },
  }),
  getopts: builtin({ effects: ['session'], reader: 'names', variant: 'getopts' }),
  set: builtin({ effects: ['session'], reader: 'set' }),
  shopt: builtin({ effects: ['session'], reader: 'set', variant: 'shopt' }),
  'shift exit return break continue umask ulimit fg bg disown': plain(['session']),
  wait: builtin({ effects: ['session'], operands: ['text'], flags: '-n -f', refuses: { '-p': 'arithmetic' } }),
  alias: builtin({ effects: ['session'], reader: 'names', variant: 'alias' }),
  unalias: plain(['session']),
  trap: builtin({ effects: ['session'], reader: 'trap' }),
  eval: builtin({ effects: ['execute'], reader: 'eval' }),
  'source .': builtin({ effects: ['execute'], always: 'sourced_file', operands: ['path:read'] }),
  let: builtin({ effects: ['session'], always: 'arithmetic' }),
  hash: builtin({ effects: ['session'], flags: '-r -l -t -d', refuses: { '-p': 'path_changed' } }),
  history: builtin({
    effects: ['read'],
    operands: ['text'],
    adds: { '-c': ['delete'], '-d': ['delete'], '-w': ['write'], '-a': ['write'] },
    refuses: { '-p': 'arithmetic', '-s': 'shell_option' },
  }),
  'bind complete compopt compgen enable fc suspend': builtin({ effects: ['session'], always: 'shell_option' }),
});
