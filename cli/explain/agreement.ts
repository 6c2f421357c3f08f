import { isDeepStrictEqual } from 'node:util';
import type { Explained } from '../../engine/compiler/explanation.ts';
import type { Decision } from '../../engine/contract.ts';
import { readRuling } from '../../engine/decision.ts';
import { isObject } from '../../engine/is-object.ts';
import type { Agreement } from './explanation.ts';

/**
 * Compares the engine's decision with that of OPA's own evaluator. Sets have no order, whatever they were written as.
 *
 * @param whole whether OPA's evaluator was given all rules that the engine decides by
 */
export function compareEvaluators(
  decision: Pick<Decision, 'effect' | 'reasons' | 'obligations'>,
  opa: Explained,
  whole: boolean,
): Agreement {
  const ruling = opa.error === undefined ? readRuling(opa.decision) : undefined;
  const told: unknown = ruling ?? { error: opa.error ?? 'the policy has no decision' };
  if (!whole || decision.reasons.some(({ rule }) => rule === 'sallyport.error')) return { agree: null, opa: told };
  if (ruling === undefined) return { agree: false, opa: told };
  const { effect, reasons, obligations } = decision;
  const same = isDeepStrictEqual(unordered({ effect, reasons, obligations }), unordered(ruling));
  return same ? { agree: true } : { agree: false, opa: told };
}

/** Every array sorted: a set of a policy comes out in the evaluator's own order. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, unordered(part)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
