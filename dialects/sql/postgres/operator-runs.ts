/** Operator characters of PostgreSQL's lexer (scan.l, op_chars). An operator's name has at most 63. */
const LONG_RUN = /[~!@#^&|`?+\-*/%<>=]{129,}/g;

/** About a quarter of a second: the sum of squares that one run of 8,000 characters makes. */
const COST_LIMIT = 64_000_000;

/**
 * Whether lexing a text would take time that grows with the square of its length. PostgreSQL's lexer takes a run of
 * operator characters as a whole, then gives all but one or two of them back, at every `/*` of the run and at every sign
 * that ends it: 256 KiB of `/*` take it 66 seconds (measured).
 *
 * Runs in strings and comments count as well, because who finds where those end has to lex the text.
 */
export function hasCostlyOperatorRuns(text: string): boolean {
  if (text.length ** 2 <= COST_LIMIT) return false;
  let cost = 0;
  for (const [run] of text.matchAll(LONG_RUN)) {
    cost += run.length ** 2;
    if (cost > COST_LIMIT) return true;
  }
  return false;
}

/** The same for the strings that a tree holds, in which escapes and continuations are resolved: bodies of functions. */
export function hasCostlyStrings(json: string): boolean {
  let costly = false;
  JSON.parse(json, (_, value: unknown) => {
    if (typeof value === 'string') costly ||= hasCostlyOperatorRuns(value);
    return undefined;
  });
  return costly;
}
