import type { WindowDef } from '@pgsql/types';
import type { Analysis } from './analysis.ts';
import type { Scope } from './scope.ts';
import { CLEAN, union, unionAll, unknownTaint, type Taint } from './taint.ts';

/** What partitions and orders the rows of a window. */
export function windowTaint(window: WindowDef, scope: Scope, analysis: Analysis): Taint {
  const base = window.refname ?? '';
  const inherited = base === '' ? CLEAN : (scope.windows?.get(base) ?? unknownTaint('unknown_window'));
  const own = [...(window.partitionClause ?? []), ...(window.orderClause ?? [])];
  for (const node of [window.startOffset, window.endOffset]) if (node !== undefined) own.push(node);
  return union(inherited, unionAll(own.map((node) => analysis.walk.evaluate(node, scope, analysis).taint)));
}
