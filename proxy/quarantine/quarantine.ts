import type { Decision, Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';

/** Why a subject may not come in. */
export interface NewQuarantine {
  readonly subject: string;
  readonly reason: string;
  /** The rule that asked for it, or the id of the subject that did it by hand. */
  readonly imposedBy: string;
  /** Id of the decision; absent where it was done by hand. */
  readonly decision?: string;
  readonly since: Date;
}

const MOST_REASON_CHARACTERS = 2_000;

/** What a decision's `quarantine` obligations ask for; undefined when there is none. */
export function quarantineOf(decision: Decision, subject: Pick<Subject, 'id'>, since: Date): NewQuarantine | undefined {
  const asked = decision.obligations.filter(({ kind }) => kind === 'quarantine');
  if (asked.length === 0) return undefined;
  const texts = (member: string): string[] =>
    asked.map((obligation) => obligation[member]).filter((text) => typeof text === 'string');
  const reason = [...new Set(texts('message'))].join('; ') || 'the policy bars this subject';
  return {
    subject: subject.id,
    reason: reason.slice(0, MOST_REASON_CHARACTERS),
    imposedBy: `rule ${[...new Set(texts('rule'))].join(', ') || 'without a name'}`,
    decision: decision.id,
    since,
  };
}

/** What a barred subject is told, whatever it asks for. */
export function quarantineError({ subject, reason, imposedBy, since }: NewQuarantine): SallyportError {
  return new SallyportError(
    'SP_SUBJECT_QUARANTINED',
    `${subject} is quarantined since ${since.toISOString()}, by ${imposedBy}: ${reason}`,
    { help: `Somebody who may lets it in again: sallyport subjects release ${subject}` },
  );
}
