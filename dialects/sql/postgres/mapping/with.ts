import type { CommonTableExpr, Node, WithClause } from '@pgsql/types';
import type { Mapping } from './mapping.ts';
import { statementName } from './statement-names.ts';
import type { CteScope } from './scope.ts';

/**
 * Reads a WITH clause and gives the scope in which its names are known. Without RECURSIVE a CTE sees only those before
 * it; with it, all of them, itself too.
 */
export function visitWith(clause: WithClause | undefined, mapping: Mapping): CteScope | undefined {
  const outer = mapping.ctes;
  const ctes: CommonTableExpr[] = [];
  for (const node of clause?.ctes ?? []) if ('CommonTableExpr' in node) ctes.push(node.CommonTableExpr);
  if (ctes.length === 0) return outer;
  const names = new Set<string>();
  const scope: CteScope = { names, parent: outer };
  if (clause?.recursive === true) for (const cte of ctes) names.add(cte.ctename ?? '');
  for (const cte of ctes) {
    // What is projected inside reaches the result through the CTE's name, wherever that stands.
    mapping.within({ ctes: scope, primary: false, zone: 'other' }, () => {
      noteNested(cte.ctequery, mapping);
      mapping.visit(cte.ctequery);
      mapping.visitChildren('CommonTableExpr', cte, 'ctequery');
    });
    names.add(cte.ctename ?? '');
  }
  return scope;
}

/** Statements inside others are named where they do more than select. */
export function noteNested(node: Node | undefined, mapping: Mapping): void {
  const name = statementName(node);
  if (name !== undefined) mapping.command.nested(name);
}
