import { maximumFuel } from './module-rewrite.ts';

/** What one evaluation may take. Every limit is a whole number above zero. */
export interface PolicyLimits {
  /**
   * Steps: function entries, turns of loops and the work of host builtins. Measured: about 2 ns a step, so that the
   * default of 50 million ends a runaway policy after roughly 0.1 s; a decision of 500 rules takes 50 thousand.
   */
  readonly fuel: number;
  /**
   * The linear memory of the module, in bytes, rounded down to pages of 64 KiB: for its data (about 12 times the length
   * of its JSON text), the input, and what the evaluation makes. Only what is used takes real memory.
   */
  readonly memoryBytes: number;
  /** Memory beyond the data that is kept after an evaluation that used it, in bytes; more is given back. */
  readonly retainedBytes: number;
  /** The longest input, in bytes of its JSON text in UTF-8. */
  readonly inputBytes: number;
  /** How many arrays and objects of the input may be nested in each other. */
  readonly inputDepth: number;
}

export const defaultLimits: PolicyLimits = {
  fuel: 50_000_000,
  memoryBytes: 256 * 1024 * 1024,
  retainedBytes: 32 * 1024 * 1024,
  inputBytes: 1024 * 1024,
  inputDepth: 64,
};

/** @throws RangeError for a limit that is not a whole number above zero, or too large to enforce. */
export function completeLimits(limits: Partial<PolicyLimits>): PolicyLimits {
  const complete = { ...defaultLimits, ...limits };
  for (const [name, value] of Object.entries(complete)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`the limit ${name} must be a whole number above 0`);
  }
  if (complete.fuel > maximumFuel) throw new RangeError(`the limit fuel must be at most ${maximumFuel}`);
  if (complete.memoryBytes > 0x1_0000_0000) throw new RangeError('the limit memoryBytes must be at most 4 GiB');
  if (complete.memoryBytes < 1024 * 1024) throw new RangeError('the limit memoryBytes must be at least 1 MiB');
  return complete;
}
