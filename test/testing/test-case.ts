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

/** A value in a message: JSON on one line, cut where it is long. */
export function show(value: unknown, length = 300): string {
  // JSON.stringify gives undefined for a function or undefined, whatever its type says.
  const text = (JSON.stringify(value) as string | undefined) ?? String(value);
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
