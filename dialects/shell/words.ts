import type { Word, WordPart } from 'unbash';
import type { Span } from '../../engine/contract.ts';
import type { Source } from './source.ts';

/** A word of a command, as far as the text tells what it becomes. */
export interface Argument {
  /** As written. */
  readonly source: string;
  /** After quote removal; absent where only the running shell knows. */
  readonly value?: string;
  /** What it is known to begin with. */
  readonly prefix: string;
  /** Whether it becomes exactly one word, or any number of them. */
  readonly single: boolean;
  readonly span: Span;
  /** Where the value's characters stand in the statement, one by one, if they do. */
  readonly contentAt?: number;
}

/** An argument that the text names in full. */
export type StaticArgument = Argument & { readonly value: string };

export function isStatic(argument: Argument | undefined): argument is StaticArgument {
  return argument?.value !== undefined;
}

/** Reads one word. */
export function readWord(word: Word, source: Source): Argument {
  const span = source.place(word.pos, word.end);
  const reading = new Reading();
  const { parts } = word;
  if (parts === undefined) reading.literal(word.value);
  else for (const part of parts) reading.part(part, false);
  if (startsWithTilde(word)) reading.expanded(true);
  const { value, prefix, single } = reading;
  if (value === undefined) return { source: word.text, prefix, single, span };
  return { source: word.text, value, prefix: value, single, span, ...content(word, value, span) };
}

/** A tilde at the beginning stands for a directory, which begins with a slash: one word, but not this one. */
function startsWithTilde(word: Word): boolean {
  return word.text.startsWith('~');
}

/** Where the value stands if quote removal took nothing out of its middle. */
function content(word: Word, value: string, span: Span): { contentAt?: number } {
  if (span.end - span.start !== word.text.length) return {};
  if (word.text === value) return { contentAt: span.start };
  const quote = word.text[0];
  if ((quote === "'" || quote === '"') && word.text === quote + value + quote) return { contentAt: span.start + 1 };
  return {};
}

class Reading {
  #value = '';
  #known = true;
  #prefix = '';
  single = true;

  get value(): string | undefined {
    return this.#known ? this.#value : undefined;
  }

  get prefix(): string {
    return this.#known ? this.#value : this.#prefix;
  }

  literal(text: string): void {
    if (this.#known) this.#value += text;
  }

  /** What comes is not known, but for its beginning. */
  #begins(prefix: string): void {
    if (!this.#known || this.#value !== '') return;
    this.#known = false;
    this.#prefix = prefix;
  }

  /** Something that is known only at run time, in one word or (`single` false) in any number. */
  expanded(single: boolean): void {
    if (this.#known) {
      this.#known = false;
      this.#prefix = this.#value.startsWith('~') ? '~' : this.#value;
    }
    if (!single) this.single = false;
  }

  part(part: WordPart, quoted: boolean): void {
    switch (part.type) {
      case 'Literal':
      case 'SingleQuoted':
        this.literal(part.value);
        return;
      case 'DoubleQuoted':
        for (const child of part.parts) this.part(child, true);
        return;
      case 'ArithmeticExpansion':
      case 'AnsiCQuoted':
      case 'LocaleString':
        // $'…' has one value in bash and another in dash; a translation is not in the text.
        this.expanded(part.type !== 'ArithmeticExpansion' || quoted);
        return;
      case 'ProcessSubstitution':
        this.literal('/dev/fd/');
        this.expanded(true);
        return;
      case 'SimpleExpansion':
      case 'ParameterExpansion':
        if (isDirectory(part.text, quoted)) this.#begins('/');
        this.expanded(isNumber(part.text) || isDirectory(part.text, quoted) || (quoted && !isList(part.text)));
        return;
      case 'CommandExpansion':
        this.expanded(quoted);
        return;
      case 'Glob':
      case 'ExtendedGlob':
      case 'BraceExpansion':
        this.expanded(false);
    }
  }
}

/** Variables that hold an absolute path, unless a command that nobody vouches for has changed them. */
function isDirectory(text: string, quoted: boolean): boolean {
  return /^\$(?:HOME|\{HOME\})$/.test(text) || (quoted && /^\$(?:PWD|OLDPWD|\{(?:OLD)?PWD\})$/.test(text));
}

/** Parameters that hold one number. */
function isNumber(text: string): boolean {
  return /^\$(?:[#?$!]|\{[#?$!]\}|\{#[A-Za-z_]\w*\}|E?UID|PPID|BASHPID|RANDOM|SECONDS|LINENO|SHLVL)$/.test(text);
}

/** "$@", "${a[@]}", "${!a@}" become several words even in quotes. */
function isList(text: string): boolean {
  return text.includes('@');
}

/** An argument that is not in the text: what xargs adds. */
export function addedArguments(span: Span): Argument {
  return { source: '…', prefix: '', single: false, span };
}

/** Whether it may be, or become, an option. */
export function mayBeOption(argument: Argument): boolean {
  if (argument.value !== undefined) return argument.value.length > 1 && argument.value.startsWith('-');
  if (argument.prefix.startsWith('-')) return true;
  return argument.prefix === '' || (!argument.single && !isGlobOnly(argument));
}

/** Names that a pattern matches begin with what the pattern begins with; variables that are split may hold anything. */
function isGlobOnly({ source }: Argument): boolean {
  return !/[$`{]/.test(source);
}
