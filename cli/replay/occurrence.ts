import type { Input } from '../../engine/contract.ts';
import type { CommandInput, RecordedRuling } from './event-reader.ts';
import type { Example } from './group-table.ts';

/** Something that was decided on, where it is recorded: a command, or the opening of a session. */
export interface Occurrence {
  readonly file: string;
  readonly row: number;
  readonly input: Input;
  /** The same input; absent for the opening of a session. */
  readonly command?: CommandInput;
  readonly ruling: RecordedRuling;
  /** All commands of its message. */
  readonly message: readonly CommandInput[];
}

/** Longest beginning of a text that an example shows. */
const EXAMPLE_TEXT = 400;

const OPENING = { text: '(the session opens)', fingerprint: 'session' };

/** What it is shown and grouped by. */
export function nameOf({ command }: Occurrence): { readonly text: string; readonly fingerprint: string } {
  return command?.command ?? OPENING;
}

export function exampleOf(one: Occurrence): Example {
  const { file, row, input } = one;
  const { text } = nameOf(one);
  return {
    file,
    row,
    session: input.session.id,
    subject: input.subject.id,
    resource: input.resource.name,
    text: text.length <= EXAMPLE_TEXT ? text : `${text.slice(0, EXAMPLE_TEXT - 1)}…`,
  };
}
