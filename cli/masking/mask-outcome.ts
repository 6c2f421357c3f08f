import type { Decision, Reason, ResultColumn } from '../../engine/contract.ts';
import { errorCatalogue } from '../../engine/errors.ts';
import type { CommandLineage } from '../../engine/lineage.ts';
import { Cover } from '../../proxy/masking/cover.ts';
import type { MaskWay } from '../../proxy/masking/plan.ts';
import { planMasks } from '../../proxy/masking/planner.ts';
import { resultOf } from '../../proxy/masking/result-columns.ts';
import { readMaskRule, type MaskRule } from '../../proxy/masking/rule.ts';

/** A column of a result, and how it reaches the client. */
export interface MaskedColumn extends ResultColumn {
  readonly mask: MaskWay | 'shown';
}

/** What a gateway would make of a decision's masks. */
export interface MaskOutcome {
  /** In order; of a result of which not even the number of columns is known, one that stands for all. */
  readonly columns: readonly MaskedColumn[];
  /** Why it would refuse the command although the policy lets it pass. */
  readonly refused?: Reason;
}

/**
 * Tells which columns of a command's result a gateway would mask, and whether it would refuse to carry one elsewhere: by
 * the code that does so in the gateway. Of a command that is denied it tells what would be masked, were it not.
 */
export function maskOutcome(
  { effect, obligations }: Pick<Decision, 'effect' | 'obligations'>,
  lineage: CommandLineage,
): MaskOutcome {
  const read = obligations.filter(({ kind }) => kind === 'mask').map(readMaskRule);
  const rules = read.filter((rule): rule is MaskRule => typeof rule !== 'string');
  const fault = read.find((rule): rule is string => typeof rule === 'string');
  const cover = new Cover(rules);
  const followed = 'unknown' in lineage.columns ? undefined : lineage.columns;
  const columns = resultOf(lineage).columns.map((column, index): MaskedColumn => {
    const one = followed?.[index];
    return { ...column, mask: (one === undefined ? cover.most : cover.ofColumn(one)) ?? 'shown' };
  });
  const plan = planMasks(rules, lineage);
  const refused =
    effect === 'deny' ? undefined : (faultOf(fault) ?? (typeof plan === 'string' ? flow(plan) : undefined));
  return { columns, ...(refused === undefined ? {} : { refused }) };
}

function faultOf(fault: string | undefined): Reason | undefined {
  return fault === undefined
    ? undefined
    : { rule: 'SP_OBLIGATION_UNKNOWN', message: `${errorCatalogue.SP_OBLIGATION_UNKNOWN} ${fault}` };
}

function flow(sentence: string): Reason {
  return { rule: 'SP_MASK_FLOW', message: sentence };
}

type Ruling = Pick<Decision, 'effect' | 'reasons' | 'obligations'>;

/** The decision as it counts for a whole statement: a command that the gateway refuses is denied. */
export function asReleased({ effect, reasons, obligations }: Ruling, outcome: MaskOutcome | undefined): Ruling {
  const refused = outcome?.refused;
  return refused === undefined ? { effect, reasons, obligations } : { effect: 'deny', reasons: [refused], obligations };
}
