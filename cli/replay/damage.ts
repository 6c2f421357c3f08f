import type { Diagnostic } from '../../engine/contract.ts';

/** Findings that are kept; there can be one for each line of a file that is no recording. */
const MOST = 500;

export interface DamageState {
  readonly errors: number;
  readonly warnings: number;
  /** The first ones, by file, row and message. */
  readonly first: readonly Diagnostic[];
}

/** Findings about recordings: all are counted and the first are kept, whatever the order in which they come. */
export class Damage {
  #errors = 0;
  #warnings = 0;
  #first: Diagnostic[] = [];

  note(finding: Diagnostic): void {
    if (finding.severity === 'error') this.#errors += 1;
    else this.#warnings += 1;
    this.#keep([finding]);
  }

  merge(state: DamageState): void {
    this.#errors += state.errors;
    this.#warnings += state.warnings;
    this.#keep(state.first);
  }

  #keep(findings: readonly Diagnostic[]): void {
    this.#first.push(...findings);
    // Not with each: findings come in the order of a file's rows.
    if (this.#first.length > 2 * MOST) this.#first = this.#first.sort(compare).slice(0, MOST);
  }

  state(): DamageState {
    return { errors: this.#errors, warnings: this.#warnings, first: this.#first.sort(compare).slice(0, MOST) };
  }
}

function compare(a: Diagnostic, b: Diagnostic): number {
  const byFile = order(a.file ?? '', b.file ?? '');
  return byFile || (a.row ?? 0) - (b.row ?? 0) || order(a.message, b.message);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
