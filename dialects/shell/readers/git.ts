import type { Reader } from '../use.ts';

/** git: some transports are programs. Aliases are configuration, so a subcommand that is not in the table may be any. */
export const readGit: Reader = (use, standard) => {
  for (const { prefix } of use.args)
    if (/^(?:ext|fd|[a-z][\w+-]*)::/.test(prefix)) use.draft.incomplete('runs_program');
  standard(use);
};
