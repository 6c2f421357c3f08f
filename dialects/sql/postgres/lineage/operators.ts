import type { Analysis } from './analysis.ts';
import { namedCall } from './functions.ts';
import { CLEAN, unionAll, unknownTaint, type Taint } from './taint.ts';

/**
 * What an operator adds to its operands: nothing where it is built in. One that users or extensions have made is its
 * function; where a name stands for several, all of them.
 */
export function operatorTaint(path: readonly string[], kind: string | undefined, analysis: Analysis): Taint {
  if (path.length === 0 || kind?.includes('BETWEEN') === true) return CLEAN;
  const own = analysis.resolver.operators(path);
  if (own.length === 0) return analysis.services.isOperator(path) ? CLEAN : unknownTaint('unknown_operator');
  return unionAll(own.map(({ procedure }) => namedCall([...procedure], [], analysis, true).taint));
}
