import { stringify } from 'yaml';
import { allGroups } from './report-tables.ts';
import type { TallyState } from './tally.ts';

/**
 * The text of a file for --expect that accepts the changes as they are: one entry for each kind of change and its rule,
 * or what is owed. A command that several rules changed counts for the first entry alone, so none of them needs a minimum.
 */
export function expectationsFor(tally: TallyState): string {
  const reason = 'Written by replay --write-expect: say why this is meant.';
  const byRule = allGroups(tally, 'rule').map(({ parts: [transition, rule], count }) => ({ transition, rule, count }));
  const owed = new Map<string, { transition: string; obligation: string; count: number }>();
  for (const { parts, count } of allGroups(tally, 'obligation')) {
    const [how = '', obligation = ''] = parts;
    const known = owed.get(`${how} ${obligation}`);
    if (known === undefined) owed.set(`${how} ${obligation}`, { transition: `obligations-${how}`, obligation, count });
    else known.count += count;
  }
  const expect = [...byRule, ...owed.values()].map(({ count, ...rest }) => ({
    ...rest,
    count: { min: 0, max: count },
    reason,
  }));
  return stringify({ expect });
}
