import type { Subject } from '../../engine/contract.ts';
import type { Requirement, ReviewTerms } from './terms.ts';

/** Who asks, as far as it bars somebody from deciding. */
export interface Asker {
  readonly subject: string;
  readonly owner: string | null;
}

/**
 * Why a reviewer may not decide about a request; undefined when they may. Nobody decides about their own, and agents
 * decide about nothing.
 */
export function objectionTo(reviewer: Subject, asker: Asker, terms: ReviewTerms): string | undefined {
  if (reviewer.id === asker.subject) return 'Nobody approves their own commands.';
  if (reviewer.kind === 'agent') return 'An agent does not approve.';
  if (reviewer.owner === asker.subject) return 'What a subject owns does not approve for it.';
  if (terms.ownerBarred && reviewer.id === asker.owner) return 'The policy bars the owner of the subject.';
  if (!terms.requirements.some((requirement) => isIn(reviewer, requirement))) {
    return `The policy asks for somebody in ${groupsOf(terms)}.`;
  }
  return undefined;
}

/** Whether those who agreed are enough for every rule that asked. */
export function isAgreed(agreed: readonly Subject[], terms: ReviewTerms): boolean {
  return terms.requirements.every(
    (requirement) => agreed.filter((reviewer) => isIn(reviewer, requirement)).length >= requirement.minimum,
  );
}

/** The first requirement that all reviewers together could not meet. */
export function unmeetable(reviewers: readonly Subject[], asker: Asker, terms: ReviewTerms): Requirement | undefined {
  const eligible = reviewers.filter((reviewer) => objectionTo(reviewer, asker, terms) === undefined);
  return terms.requirements.find(
    (requirement) => eligible.filter((reviewer) => isIn(reviewer, requirement)).length < requirement.minimum,
  );
}

function isIn(reviewer: Subject, { approvers }: Requirement): boolean {
  return reviewer.groups.some((group) => approvers.includes(group));
}

export function groupsOf({ requirements }: ReviewTerms): string {
  return [...new Set(requirements.flatMap(({ approvers }) => approvers))].join(', ');
}
