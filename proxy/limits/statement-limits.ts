import type { ErrorCode } from '../../engine/errors.ts';
import { plural } from '../../engine/plural.ts';
import type { Limits } from './quantities.ts';

/** The quantities that a protocol itself holds a running statement to. */
export const STATEMENT_QUANTITIES = ['rows', 'bytes', 'seconds'] as const;
export type StatementQuantity = (typeof STATEMENT_QUANTITIES)[number];

export interface StatementLimits extends Readonly<Partial<Record<StatementQuantity, number>>> {
  /** For the error's detail: the decision that asked for the limits. */
  readonly decision?: string;
}

/** What a statement has taken of its limits. A portal that is executed in parts goes on where it was. */
export interface Usage {
  readonly rows: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

export const NOTHING_USED: Usage = { rows: 0, bytes: 0, milliseconds: 0 };

/** Those of an obligation's quantities that are the protocol's; undefined if there are none. */
export function statementLimits(limits: Limits, decision: string): StatementLimits | undefined {
  const { rows, bytes, seconds } = limits;
  if (rows === undefined && bytes === undefined && seconds === undefined) return undefined;
  return {
    ...(rows !== undefined && { rows }),
    ...(bytes !== undefined && { bytes }),
    ...(seconds !== undefined && { seconds }),
    decision,
  };
}

/** Which limit `used` is above, if any: what has been used to the last row or byte is still within it. */
export function exceeded(limits: StatementLimits, used: Usage): StatementQuantity | undefined {
  if (limits.rows !== undefined && used.rows > limits.rows) return 'rows';
  if (limits.bytes !== undefined && used.bytes > limits.bytes) return 'bytes';
  if (limits.seconds !== undefined && used.milliseconds > limits.seconds * 1_000) return 'seconds';
  return undefined;
}

/** Why a statement was ended, for the protocol's own error. */
export interface LimitReached {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: string;
  readonly hint: string;
}

const WORDS: Readonly<Record<StatementQuantity, { code: ErrorCode; of: (amount: number) => string; hint: string }>> = {
  rows: {
    code: 'SP_LIMIT_ROWS',
    of: (amount) => `The statement gives more than ${plural(amount, 'row')}, which is its limit.`,
    hint: 'Ask for fewer rows, or ask the owners of the policy for a higher limit.',
  },
  bytes: {
    code: 'SP_LIMIT_BYTES',
    of: (amount) => `The statement moves more than ${plural(amount, 'byte')}, which is its limit.`,
    hint: 'Ask for fewer rows or columns, or ask the owners of the policy for a higher limit.',
  },
  seconds: {
    code: 'SP_LIMIT_SECONDS',
    of: (amount) => `The statement takes longer than ${plural(amount, 'second')}, which is its limit.`,
    hint: 'Narrow it down, or ask the owners of the policy for more time.',
  },
};

export function limitReached(quantity: StatementQuantity, limits: StatementLimits): LimitReached {
  const { code, of, hint } = WORDS[quantity];
  return { code, message: of(limits[quantity] ?? 0), detail: limits.decision ?? '', hint };
}

/** The smallest of each quantity, for a message whose commands cannot be told apart while it runs. */
export function least(all: readonly (StatementLimits | undefined)[]): StatementLimits | undefined {
  const given = all.filter((one) => one !== undefined);
  if (given.length < 2) return given[0];
  const merged: Partial<Record<StatementQuantity, number>> = {};
  for (const quantity of STATEMENT_QUANTITIES) {
    const amounts = given.map((one) => one[quantity]).filter((amount) => amount !== undefined);
    if (amounts.length > 0) merged[quantity] = Math.min(...amounts);
  }
  const decisions = [...new Set(given.map(({ decision }) => decision).filter((one) => one !== undefined))];
  return { ...merged, ...(decisions.length > 0 && { decision: decisions.join('; ') }) };
}
