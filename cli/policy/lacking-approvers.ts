import type { Diagnostic } from '../../engine/contract.ts';
import type { SubjectConfig } from '../config/types.ts';
import type { KnownRequirement } from './review-requirements.ts';

/**
 * What nobody could ever approve: rules that ask for more people of some groups than the configuration has. Agents do not
 * approve, and nobody approves their own: whether somebody else is left for a command is known when it is there.
 *
 * @param subjects of the gateway's configuration
 * @returns an error for each, at the rule
 */
export function lackingApprovers(
  requirements: readonly KnownRequirement[],
  subjects: readonly Pick<SubjectConfig, 'id' | 'kind' | 'groups'>[],
): Diagnostic[] {
  return requirements.flatMap(({ approvers, minimum, rule, file, row }) => {
    const eligible = subjects.filter(
      ({ kind, groups = [] }) => kind !== 'agent' && groups.some((group) => approvers.includes(group)),
    );
    if (eligible.length >= minimum) return [];
    const groups = approvers.join(', ') || 'no group';
    const few = `only ${eligible.map(({ id }) => id).join(', ')} of the ${minimum} that it asks for`;
    const who = eligible.length === 0 ? `nobody in ${groups} may approve` : `${few} may approve (${groups})`;
    return [
      {
        severity: 'error' as const,
        code: 'approvers_lacking',
        message: `${who} what ${rule} holds: it would be denied each time`,
        help: 'Put people (no agents) into these groups in the configuration, or name other groups.',
        file,
        row,
        col: 1,
      },
    ];
  });
}
