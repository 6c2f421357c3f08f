import type { ObligationFulfiller } from '../obligations.ts';
import type { LimitKeeper } from './limit-keeper.ts';
import { readLimits } from './quantities.ts';
import { STATEMENT_QUANTITIES, statementLimits } from './statement-limits.ts';

/** Fulfils `limit` for commands; what it asks of sessions that open is SessionLimits.open. */
export function createLimitFulfiller(keeper: LimitKeeper): ObligationFulfiller {
  return (obligation, { session, subject, decision, holdsTo = [] }) => {
    // What is not released has nothing to be held to.
    if (decision.effect === 'deny') return { kind: 'fulfilled' };
    const limits = readLimits(obligation);
    if (typeof limits === 'string') return { kind: 'refused', message: limits };
    if (limits.sessions !== undefined) {
      return {
        kind: 'refused',
        message: 'The policy limits sessions for a command; that can be done when a session opens.',
        hint: 'Move the rule to a package under policy.session.',
      };
    }
    const beyond = STATEMENT_QUANTITIES.find((name) => limits[name] !== undefined && !holdsTo.includes(name));
    if (beyond !== undefined) {
      return { kind: 'refused', message: `The policy limits ${beyond}, which this protocol cannot hold a command to.` };
    }

    const { statements_per_minute: rate, session_seconds: lasting } = limits;
    if (lasting !== undefined) {
      const open = keeper.session(session);
      if (open === undefined) {
        return { kind: 'refused', message: 'The policy limits session_seconds, and nobody here ends sessions.' };
      }
      const over = open.atMost(lasting);
      if (over !== undefined) return { kind: 'terminate', code: over.code, message: over.message };
    }
    const held = statementLimits(limits, `decision ${decision.id}, revision ${decision.revision}`);
    if (rate === undefined) return { kind: 'limited', limits: held };
    const counted = keeper.count(subject.id, rate);
    if ('undo' in counted) return { kind: 'limited', limits: held, undo: counted.undo };
    return { kind: 'refused', ...counted };
  };
}
