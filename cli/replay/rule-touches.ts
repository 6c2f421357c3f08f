import type { PolicyRule } from './policies.ts';
import type { TallyState } from './tally.ts';

/** Commands for which a rule said something. Rules that share an id cannot be told apart by it. */
export function touches(rule: PolicyRule, fired: TallyState['fired']): number {
  return rule.ids.reduce((most, id) => Math.max(most, fired[id] ?? 0), 0);
}
