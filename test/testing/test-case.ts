export { show } from '../../engine/differences.ts';

/** A case for any test runner: `test(name, run)`. */
export interface TestCase {
  readonly name: string;
  /** Throws an Error that says what is wrong. */
  readonly run: () => void;
}

/** @throws Error with the message when the condition does not hold */
export function demand(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new Error(typeof message === 'string' ? message : message());
}
