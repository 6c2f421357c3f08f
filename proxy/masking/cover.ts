import type { ColumnSource, OutputColumn } from '../../engine/lineage.ts';
import type { MaskWay } from './plan.ts';
import { morePrivate, type MaskRule } from './rule.ts';

/** What the masks of one decision cover. */
export class Cover {
  readonly #rules: readonly MaskRule[];
  /** The most private mask on columns or labels; for what nobody knows. Undefined: only detectors are asked for. */
  readonly most: MaskWay | undefined;

  constructor(rules: readonly MaskRule[]) {
    this.#rules = rules.filter(({ columns, labels }) => columns.length + labels.length > 0);
    this.most = this.#rules.map((rule) => rule.with).reduce(morePrivate, undefined);
  }

  /** How a column of the target's is masked; undefined where it is shown. */
  ofSource(source: ColumnSource): MaskWay | undefined {
    return this.#mostPrivate(({ columns, labels }) => {
      if (labels.some((label) => source.labels.includes(label))) return true;
      return columns.some(
        (entry) => endsWith(source.path, entry) || source.formerNames?.some((path) => endsWith(path, entry)) === true,
      );
    });
  }

  /** How a result's column is masked, by what it is made of and by its own name. */
  ofColumn({ kind, name, sources }: OutputColumn): MaskWay | undefined {
    if (kind === 'unknown') return this.most;
    const own = name.toLowerCase();
    const byName = this.#mostPrivate(({ columns }) => columns.includes(own));
    return sources.map((source) => this.ofSource(source)).reduce(morePrivate, byName);
  }

  /** How a column of a relation is masked, as far as its name tells. */
  ofName(path: readonly string[]): MaskWay | undefined {
    return this.#mostPrivate(({ columns }) => columns.some((entry) => endsWith(path, entry)));
  }

  #mostPrivate(matches: (rule: MaskRule) => boolean): MaskWay | undefined {
    return this.#rules
      .filter(matches)
      .map((rule) => rule.with)
      .reduce(morePrivate, undefined);
  }
}

/** Whole parts only: `mail` is no end of `shop.email`. A name may itself hold a dot, so texts are compared, not parts. */
function endsWith(path: readonly string[], entry: string): boolean {
  const name = path.join('.').toLowerCase();
  return name === entry || name.endsWith(`.${entry}`);
}
