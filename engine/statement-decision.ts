import type { Decision, DecisionEffect, Effect, Obligation, Reason } from './contract.ts';
import type { ParseResult } from './dialect.ts';

/** What becomes of a statement as a whole. */
export interface StatementDecision {
  readonly effect: DecisionEffect;
  /** Those of the commands that made the effect: of all that are not allowed, or of all. */
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
}

const UNVOUCHED: Reason = {
  rule: 'sallyport.incomplete',
  message: 'the statement could not be judged as a whole',
  remediation: 'Send a plainer statement.',
};

/**
 * Whether nobody vouches for a statement as a whole: its dialect says that something was left out, and no command says
 * what, so no policy can have seen it. A gateway refuses such a statement whatever is decided about its commands.
 */
export function isUnvouched({ complete, commands }: Pick<ParseResult, 'complete' | 'commands'>): boolean {
  return !complete && commands.every((command) => command.complete);
}

/**
 * Combines the decisions about a statement's commands as a gateway does: they stand or fall together. One denial denies
 * all, one review holds all; a statement without commands does nothing and is allowed.
 *
 * @param decisions one for each of the commands
 */
export function combineDecisions(
  parsed: Pick<ParseResult, 'complete' | 'commands'>,
  decisions: readonly Pick<Decision, 'effect' | 'reasons' | 'obligations'>[],
): StatementDecision {
  const obligations = distinct(decisions.flatMap((decision) => decision.obligations));
  if (isUnvouched(parsed)) return { effect: 'deny', reasons: [UNVOUCHED], obligations };
  const against = decisions.filter(({ effect }) => effect !== 'allow');
  const effect = against.some((decision) => decision.effect === 'deny') ? 'deny' : (against[0]?.effect ?? 'allow');
  const decisive = against.length === 0 ? decisions : against;
  return { effect, reasons: distinct(decisive.flatMap(({ reasons }) => reasons)), obligations };
}

/** What several commands say alike is said once. */
function distinct<Item>(items: readonly Item[]): Item[] {
  return items.length < 2 ? [...items] : [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/**
 * The effects of a session with those of a further command: the same array where nothing is new, so that its identity
 * can be relied on.
 */
export function withEffects(effects: readonly Effect[], more: readonly Effect[]): readonly Effect[] {
  const added = more.filter((effect) => !effects.includes(effect));
  return added.length === 0 ? effects : Object.freeze([...new Set([...effects, ...added])]);
}
