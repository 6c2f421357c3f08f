import type { Obligation } from '../../engine/contract.ts';
import type { CommandLineage } from '../../engine/lineage.ts';
import type { ObligationFulfiller } from '../obligations.ts';
import type { MaskPlan } from './plan.ts';
import { planMasks } from './planner.ts';
import { readMaskRule, type MaskRule } from './rule.ts';

/**
 * Fulfils `mask` where the protocol has followed the command's values: reads what is asked for. All masks of a decision
 * together make the plan (`plannedMasks`).
 */
export function createMaskFulfiller(): ObligationFulfiller {
  const read = new WeakMap<Obligation, MaskRule | string>();
  return (obligation, { decision, lineage, command }) => {
    // What is not released owes nothing.
    if (decision.effect === 'deny') return { kind: 'fulfilled' };
    if (lineage === undefined) {
      const when = command === undefined ? ' when a session opens' : '';
      return { kind: 'refused', message: `The policy asks for "mask"${when}, which this gateway cannot fulfil.` };
    }
    let rule = read.get(obligation);
    if (rule === undefined) read.set(obligation, (rule = readMaskRule(obligation)));
    if (typeof rule !== 'string') return { kind: 'masked', rule };
    return { kind: 'refused', message: `The policy asks for a mask that cannot be put on: ${rule}.` };
  };
}

interface Planned {
  readonly plan: MaskPlan | string | undefined;
}

const plans = new WeakMap<readonly Obligation[], WeakMap<CommandLineage, Planned>>();

/**
 * As planMasks, once for the same decision on the same lineage: both come from memories, so the same objects return.
 *
 * @param obligations the decision's, frozen, which `rules` were read from
 */
export function plannedMasks(
  obligations: readonly Obligation[],
  rules: readonly MaskRule[],
  lineage: CommandLineage,
): MaskPlan | string | undefined {
  if (!Object.isFrozen(obligations)) return planMasks(rules, lineage);
  let known = plans.get(obligations);
  if (known === undefined) plans.set(obligations, (known = new WeakMap()));
  let planned = known.get(lineage);
  if (planned === undefined) known.set(lineage, (planned = { plan: planMasks(rules, lineage) }));
  return planned.plan;
}
