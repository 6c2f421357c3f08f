import type { Access, Effect, FunctionUse, Span, Target } from '../../engine/contract.ts';
import type { ReasonName } from './reasons.ts';
import type { Argument } from './words.ts';

export type CommandKind =
  'program' | 'builtin' | 'function' | 'definition' | 'assignment' | 'redirection' | 'arithmetic' | 'test' | 'words';

export interface RedirectionNote {
  readonly operator: string;
  readonly descriptor?: number;
  readonly path?: string;
  readonly static: boolean;
}

export interface AssignmentNote {
  readonly name: string;
  readonly value?: string;
  readonly static: boolean;
}

/** A command while it is gathered. Duplicates vanish; the order is that of the text. */
export class Draft {
  readonly span: Span;
  readonly kind: CommandKind;
  readonly parent: Draft | undefined;
  readonly effects = new Set<Effect>();
  readonly functions: FunctionUse[] = [];
  readonly redirections: RedirectionNote[] = [];
  readonly assignments: AssignmentNote[] = [];
  program: string | undefined;
  subcommand: string | undefined;
  interpreter: string | undefined;
  argv: readonly Argument[] = [];
  within: readonly string[] = [];
  wrappers: readonly string[] = [];
  pipeline: { readonly position: number; readonly length: number } | undefined;
  background = false;
  /** What of the command makes its fingerprint. */
  readonly shape: string[] = [];
  readonly #targets = new Map<string, Target>();
  readonly #reasons = new Set<ReasonName>();

  constructor(kind: CommandKind, span: Span, parent: Draft | undefined) {
    this.kind = kind;
    this.span = span;
    this.parent = parent;
  }

  effect(...effects: readonly Effect[]): void {
    for (const effect of effects) this.effects.add(effect);
  }

  incomplete(reason: ReasonName): void {
    this.#reasons.add(reason);
    this.effects.add('unknown');
  }

  target(kind: string, name: string, access: Access, resolution: Target['resolution']): void {
    const key = `${kind}\0${access}\0${name}`;
    if (!this.#targets.has(key)) this.#targets.set(key, { kind, path: [name], access, resolution });
  }

  /** A file or directory, as an argument names it. */
  path(argument: Argument, access: Access): void {
    if (argument.value !== undefined) this.staticPath(argument.value, access);
    else this.target('path', argument.source, access, 'dynamic');
  }

  staticPath(path: string, access: Access): void {
    this.target('path', path, access, path.startsWith('/') ? 'exact' : 'search_path');
  }

  get targets(): Target[] {
    return [...this.#targets.values()];
  }

  get reasons(): ReasonName[] {
    return [...this.#reasons];
  }
}
