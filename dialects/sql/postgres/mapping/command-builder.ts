import type { Access, Effect, FunctionUse, Target } from '../../../../engine/contract.ts';
import type { ColumnAttribute, PostgresAttributes } from '../attributes.ts';
import { EffectSet, verbStrength } from './effects.ts';

/** Gathers what one command does. Duplicates vanish; the order is that of the text. */
export class CommandBuilder {
  readonly effects = new EffectSet();
  readonly attributes: PostgresAttributes = { statement: 'unknown' };
  readonly #targets = new Map<string, Target>();
  readonly #functions = new Map<string, FunctionUse>();
  readonly #reasons = new Set<string>();
  readonly #nested = new Set<string>();
  readonly #projected = new Map<string, string[]>();
  readonly #predicates = new Map<string, string[]>();
  readonly #elsewhere = new Map<string, string[]>();
  #verb = '';
  #strength = -1;

  /** Names what is done; the strongest verb stays. */
  act(verb: string): void {
    const strength = verbStrength(verb);
    if (strength <= this.#strength) return;
    this.#verb = verb;
    this.#strength = strength;
  }

  effect(effect: Effect): void {
    this.effects.add(effect);
  }

  /** Notes why the command is not complete. */
  incomplete(reason: string): void {
    this.#reasons.add(reason);
    this.effects.add('unknown');
  }

  target(kind: string, path: string[], access: Access, resolution: Target['resolution']): void {
    const key = `${kind}\0${access}\0${path.join('\0')}`;
    if (!this.#targets.has(key)) this.#targets.set(key, { kind, path, access, resolution });
  }

  function(use: FunctionUse): void {
    const key = use.path.join('\0');
    if (!this.#functions.has(key)) this.#functions.set(key, use);
  }

  nested(statement: string): void {
    this.#nested.add(statement);
  }

  projected(path: string[]): void {
    this.#projected.set(path.join('\0'), path);
  }

  predicate(path: string[]): void {
    this.#predicates.set(path.join('\0'), path);
  }

  /** A column that is read neither for the result nor to choose rows: assigned, or part of a definition. */
  elsewhere(path: string[]): void {
    this.#elsewhere.set(path.join('\0'), path);
  }

  get verb(): string {
    return this.#verb === '' ? this.attributes.statement : this.#verb;
  }

  get complete(): boolean {
    return this.#reasons.size === 0;
  }

  reasons(): string[] {
    return [...this.#reasons];
  }

  targets(): Target[] {
    return [...this.#targets.values()];
  }

  functions(): FunctionUse[] {
    return [...this.#functions.values()];
  }

  finishedAttributes(): PostgresAttributes {
    const { attributes } = this;
    if (this.#nested.size > 0) attributes.nested = [...this.#nested].sort();
    if (this.#projected.size > 0 || this.#predicates.size > 0 || this.#elsewhere.size > 0) {
      attributes.columns = {
        read: unlabelled(new Map([...this.#projected, ...this.#predicates, ...this.#elsewhere])),
        projected: unlabelled(this.#projected),
        predicates: unlabelled(this.#predicates),
        ...(this.#elsewhere.size > 0 ? { elsewhere: unlabelled(this.#elsewhere) } : {}),
      };
    }
    return attributes;
  }
}

/** The text alone knows of no labels. */
function unlabelled(paths: ReadonlyMap<string, string[]>): ColumnAttribute[] {
  return Array.from(paths.values(), (path) => ({ path, labels: [] }));
}
