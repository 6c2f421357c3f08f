import type { Obligation } from '../../engine/contract.ts';

/**
 * What a `limit` may bound; the merge of policies has taken the least of each. Counts are whole numbers from 0, times are
 * seconds above 0 (fractions are allowed).
 *
 * Of one statement:
 * - `rows`: rows that come back to the client (also those of RETURNING, FETCH, COPY … TO STDOUT); never rows that change.
 * - `bytes`: bytes of such rows as they lie on the wire, without the messages' headers; of COPY … FROM STDIN those sent.
 * - `seconds`: from its release to its end. What it waited for an approval does not count.
 *
 * Of one subject on one gateway:
 * - `statements_per_minute`: statements released in any 60 seconds, of those that a rule limits so.
 * - `sessions`: sessions open at once, the one that asks among them. At the session stage only.
 *
 * Of one session:
 * - `session_seconds`: since it was opened. The least that was ever asked for holds, at whichever stage.
 */
export const QUANTITIES = ['rows', 'bytes', 'seconds', 'statements_per_minute', 'sessions', 'session_seconds'] as const;

export type Quantity = (typeof QUANTITIES)[number];
export type Limits = Readonly<Partial<Record<Quantity, number>>>;

/** What stands in the obligation beside its quantities. */
const OTHERS = new Set(['kind', 'rule', 'message']);
const TIMES: ReadonlySet<string> = new Set<Quantity>(['seconds', 'session_seconds']);

/** @returns the quantities of a `limit` obligation, or what is wrong with it: then nobody can hold to it */
export function readLimits(obligation: Obligation): Limits | string {
  const limits: Partial<Record<Quantity, number>> = {};
  for (const [name, amount] of Object.entries(obligation)) {
    if (OTHERS.has(name)) continue;
    if (!isQuantity(name)) {
      return `The policy limits "${name}", which nobody here can measure; there are: ${QUANTITIES.join(', ')}.`;
    }
    if (!isAmount(name, amount)) {
      const wanted = TIMES.has(name) ? 'seconds above 0' : 'a whole number from 0';
      return `The policy limits ${name} to ${JSON.stringify(amount)}, which is not ${wanted}.`;
    }
    limits[name] = amount;
  }
  return Object.keys(limits).length > 0 ? limits : 'The policy limits something without saying to what.';
}

function isQuantity(name: string): name is Quantity {
  return QUANTITIES.some((quantity) => quantity === name);
}

function isAmount(name: Quantity, amount: unknown): amount is number {
  if (typeof amount !== 'number') return false;
  return TIMES.has(name) ? Number.isFinite(amount) && amount > 0 : Number.isSafeInteger(amount) && amount >= 0;
}
