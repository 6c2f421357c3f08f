import type { Input, Obligation } from '../../engine/contract.ts';
import { Cover } from '../../proxy/masking/cover.ts';
import { readMaskRule, type MaskRule } from '../../proxy/masking/rule.ts';
import type { MaskedColumn, MaskOutcome } from './mask-outcome.ts';

/**
 * As far as an input itself tells how the columns of its result are masked: by their labels and names, and wholly where
 * their provenance is unknown. It does not hold which columns of the target they are made of, so a mask on a column that has
 * another name in the result is not among them.
 */
export function columnsOfInput(
  { result, command }: Pick<Input, 'result' | 'command'>,
  obligations: readonly Obligation[],
): MaskOutcome | undefined {
  if (result === undefined || command === undefined) return undefined;
  const rules = obligations.filter(({ kind }) => kind === 'mask').map(readMaskRule);
  const cover = new Cover(rules.filter((rule): rule is MaskRule => typeof rule !== 'string'));
  const columns = result.columns.map((column): MaskedColumn => {
    const { name, type, labels, provenance } = column;
    const kind = provenance === 'clean' ? 'derived' : provenance;
    const own = { path: ['', '', name] as const, labels };
    return { ...column, mask: cover.ofColumn({ name, type, kind, sources: [own] }) ?? 'shown' };
  });
  return { columns };
}
