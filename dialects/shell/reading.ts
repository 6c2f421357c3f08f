import type { Command, Span } from '../../engine/contract.ts';
import type { Dialect } from '../define.ts';
import { Draft, type CommandKind } from './draft.ts';
import type { ProgramSpec } from './programs/spec.ts';
import type { ReasonName } from './reasons.ts';
import type { Source } from './source.ts';
import type { Argument } from './words.ts';

/** Where a command reads its input from, as far as the text tells. */
export type Input =
  | { readonly from: 'terminal' | 'pipe' | 'file' }
  /** A here-document or here-string. Without a source only the running shell knows the text. */
  | { readonly from: 'text'; readonly source?: Source };

/** Where in the statement a command stands. */
export interface Context {
  readonly source: Source;
  readonly parent: Draft | undefined;
  /** From the outermost: subshell, substitution, loop, condition, function, … */
  readonly within: readonly string[];
  readonly wrappers: readonly string[];
  readonly pipeline: { readonly position: number; readonly length: number } | undefined;
  readonly background: boolean;
  readonly input: Input;
  /** Its output goes to another program or a file. */
  readonly redirected: boolean;
  /** Another shell than bash may read the text. */
  readonly posix: boolean;
  /** How many texts within texts. */
  readonly depth: number;
  /** Functions that are certainly defined here, in this very shell. */
  readonly functions: Set<string>;
  /** What stands here runs whatever came before. */
  readonly direct: boolean;
}

export interface Limits {
  readonly commands: number;
  readonly depth: number;
}

export interface Surroundings {
  readonly programs: ReadonlyMap<string, ProgramSpec>;
  readonly dialects: Readonly<Record<string, Dialect>>;
  readonly aliases: ReadonlySet<string>;
  readonly terminal: boolean;
  readonly limits: Limits;
  /** Parses a text and reads its commands. */
  readonly readText: (reading: Reading, source: Source, context: Context) => void;
  /** Reads words as a command. */
  readonly runWords: (reading: Reading, words: readonly Argument[], context: Context, draft?: Draft) => void;
}

export interface ForeignCommand {
  readonly command: Command;
  readonly span: Span;
  readonly parent: Draft;
}

/** Ends the reading: the text as a whole is not vouched for. */
export class Unreadable extends Error {
  readonly reason: ReasonName;
  readonly position: number | undefined;

  constructor(reason: ReasonName, message: string, position?: number) {
    super(message);
    this.reason = reason;
    this.position = position;
  }
}

/** One statement while it is read. */
export class Reading {
  readonly surroundings: Surroundings;
  readonly drafts: Draft[] = [];
  readonly foreign: ForeignCommand[] = [];
  /** Ranges of the statement that hold secrets. */
  readonly secrets: Span[] = [];
  readonly #taints = new Set<ReasonName>();

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** @throws Unreadable when there are too many commands */
  open(kind: CommandKind, span: Span, context: Context): Draft {
    if (this.drafts.length >= this.surroundings.limits.commands) {
      throw new Unreadable('too_large', 'The statement holds too many commands.');
    }
    const draft = new Draft(kind, span, context.parent);
    draft.within = context.within;
    draft.wrappers = context.wrappers;
    draft.pipeline = context.pipeline;
    draft.background = context.background;
    for (const reason of this.#taints) draft.incomplete(reason);
    this.drafts.push(draft);
    return draft;
  }

  /** From here on nobody vouches for any command, because what was before may have changed how they are read. */
  taint(draft: Draft, reason: ReasonName): void {
    draft.incomplete(reason);
    this.#taints.add(reason);
  }

  /** Nobody vouches for any command of the statement. */
  doubt(reason: ReasonName): void {
    this.#taints.add(reason);
    for (const draft of this.drafts) draft.incomplete(reason);
  }

  secret(span: Span): void {
    if (span.end > span.start) this.secrets.push(span);
  }

  readText(source: Source, context: Context): void {
    if (context.depth > this.surroundings.limits.depth)
      throw new Unreadable('too_deep', 'Texts within texts go too deep.');
    this.surroundings.readText(this, source, context);
  }

  runWords(words: readonly Argument[], context: Context, draft?: Draft): void {
    this.surroundings.runWords(this, words, context, draft);
  }
}

export function inside(context: Context, what: string, parent?: Draft): Context {
  return {
    ...context,
    within: [...context.within, what],
    parent: parent ?? context.parent,
    direct: false,
  };
}
