import type { Access, Effect } from '../../../engine/contract.ts';
import type { ReasonName } from '../reasons.ts';

/**
 * What an argument stands for.
 *
 * - `text`: nothing that a policy would ask for.
 * - `path:ACCESS`, `host:ACCESS`, `service:ACCESS`, …: a target of that kind.
 * - `url:ACCESS`: a target of the kind host, and the URL's user information is secret.
 * - `secret`: must not be written down.
 * - `script`: shell text, read as such.
 * - `command`: from here on the words are another command.
 * - `sql:NAME`: SQL for the nested dialect of that name.
 * - `format`: a format of date's, which begins with a plus sign.
 * - `code`: a program in another language, for which nobody vouches.
 * - `file-of-commands`: a file whose content is run.
 */
export type Meaning =
  | 'text'
  | 'secret'
  | 'script'
  | 'command'
  | 'code'
  | 'format'
  | 'file-of-commands'
  | `sql:${string}`
  | `${string}:${Access}`;

/** How a program's arguments are read where options and operands are not all there is; see readers/. */
export type ReaderName =
  | 'assignments-command'
  | 'awk'
  | 'brackets'
  | 'curl'
  | 'dd'
  | 'declare'
  | 'eval'
  | 'find'
  | 'git'
  | 'names'
  | 'sed'
  | 'set'
  | 'shell'
  | 'sql-client'
  | 'ssh'
  | 'tar'
  | 'trap'
  | 'xargs';

/**
 * What is known of a program. Everything is data, so that a deployment can add its own (`programs` of
 * createShellDialect).
 */
export interface ProgramSpec {
  /** What it does whatever its arguments say. */
  readonly effects: readonly Effect[];
  /** Options that take a value, `-o` or `--output`, and what the value is. */
  readonly values?: Readonly<Record<string, Meaning>>;
  /** Options whose value, if they have one, stands in the same word: `-i.bak`, `--in-place=.bak`. */
  readonly attached?: Readonly<Record<string, Meaning>>;
  /**
   * Options without a value, separated by spaces. Given: only these and those of `values`, `adds` and `refuses` are
   * known, and any other one makes the command incomplete. Left out: whatever other options there are, they change
   * nothing that matters here.
   */
  readonly flags?: string;
  /** Options that add effects. */
  readonly adds?: Readonly<Record<string, readonly Effect[]>>;
  /** Options that nobody vouches for, and why. */
  readonly refuses?: Readonly<Record<string, ReasonName>>;
  /** What the operands are, by position; the last one stands for all that follow. */
  readonly operands?: readonly Meaning[];
  /** What the last operand is if there is more than one: the destination. */
  readonly last?: Meaning;
  /** By the first operand. */
  readonly subcommands?: Readonly<Record<string, ProgramSpec>>;
  /** Options have one dash and many letters (`-name`), so letters are not bundled. */
  readonly longWithOneDash?: boolean;
  /** The first operand ends the options: what follows belongs to another command. */
  readonly stopsAtOperand?: boolean;
  /** Nobody vouches for it, whatever its arguments. */
  readonly always?: ReasonName;
  /** Without operands. */
  readonly withoutOperands?: ReasonName;
  /** Opens a pager where its output goes to a terminal. */
  readonly pager?: boolean;
  readonly reader?: ReaderName;
  /** For the reader: which of several it is. */
  readonly variant?: string;
  /** Part of the shell itself. */
  readonly builtin?: boolean;
}

export type ProgramTable = Readonly<Record<string, ProgramSpec>>;

/** Spreads entries of several names (`'cp copy'`) over one entry each. */
export function programTable(entries: ProgramTable): ProgramTable {
  const table: [string, ProgramSpec][] = [];
  for (const [names, spec] of Object.entries(entries)) for (const name of names.split(' ')) table.push([name, spec]);
  return Object.fromEntries(table);
}
