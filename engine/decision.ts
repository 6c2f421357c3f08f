import type { Decision, Obligation, Reason } from './contract.ts';
import { errorCatalogue, type ErrorCode } from './errors.ts';
import { isObject } from './is-object.ts';

/** A decision before it has an id. */
export type Ruling = Pick<Decision, 'effect' | 'reasons' | 'obligations'>;

/**
 * Reads what `data.sallyport.decision` gave. Sets come out of the module in hash order, so reasons and obligations are
 * put in one order: by rule and message, by kind and text.
 *
 * @returns undefined when the value is not a decision; the engine then denies.
 */
export function readRuling(value: unknown): Ruling | undefined {
  if (!isObject(value)) return undefined;
  const { effect, reasons, obligations } = value;
  if (effect !== 'allow' && effect !== 'deny' && effect !== 'review') return undefined;
  if (!isArrayOf(reasons, isReason) || !isArrayOf(obligations, isObligation)) return undefined;
  return deepFreeze({
    effect,
    reasons: reasons.toSorted((a, b) => compare(a.rule, b.rule) || compare(a.message, b.message)),
    obligations: obligations.toSorted(
      (a, b) => compare(a.kind, b.kind) || compare(JSON.stringify(a), JSON.stringify(b)),
    ),
  });
}

/** The engine's own denial: an error, a timeout or an answer that is no decision never lets anything through. */
export function denial(code: ErrorCode, detail?: string): Ruling {
  const known = errorCatalogue[code];
  const message = detail === undefined || detail === known ? known : `${known} ${detail}`;
  return deepFreeze({
    effect: 'deny',
    reasons: [
      {
        rule: 'sallyport.error',
        message: `${code}: ${message}`,
        severity: 'critical',
        remediation: 'This is a fault of the policy or the gateway, not of the command: tell their owners.',
      },
    ],
    obligations: [],
  });
}

/** Freezes a JSON value and all it holds, so that it can be shared between decisions. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

function isReason(value: unknown): value is Reason {
  return (
    isObject(value) &&
    typeof value['rule'] === 'string' &&
    typeof value['message'] === 'string' &&
    ['severity', 'remediation', 'package'].every((key) => value[key] === undefined || typeof value[key] === 'string')
  );
}

function isObligation(value: unknown): value is Obligation {
  return isObject(value) && typeof value['kind'] === 'string';
}

function isArrayOf<Item>(value: unknown, guard: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(guard);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
