import type { Node } from '@pgsql/types';
import { nodeFields } from './node-fields.generated.ts';

type KeyOf<Union> = Union extends Union ? keyof Union : never;

/** Names of nodes, as they stand in the tree: `{"SelectStmt": {…}}`. */
export type Tag = KeyOf<Node>;

/** What stands under a tag. */
export type Struct<Name extends Tag> = Extract<Node, Readonly<Record<Name, unknown>>>[Name];

/** Which fields of a node hold other nodes; undefined for a node that the grammar cannot make. */
export const childFields: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries(nodeFields).map(([tag, fields]) => [tag, new Map(Object.entries(fields))]),
);

/** The node's tag, or undefined for the empty node that stands for NULL in a list. */
export function tagOf(node: Node): string | undefined {
  for (const tag in node) return tag;
  return undefined;
}

/** The integer of an A_Const or Integer node. Zero is left out of the tree. */
export function integerOf(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined;
  if ('Integer' in node) return node.Integer.ival ?? 0;
  if ('A_Const' in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0;
  return undefined;
}

/** Strips casts and COLLATE, which do not change what a literal says. */
export function withoutCasts(node: Node): Node {
  let current = node;
  for (;;) {
    if ('TypeCast' in current && current.TypeCast.arg !== undefined) current = current.TypeCast.arg;
    else if ('CollateClause' in current && current.CollateClause.arg !== undefined) current = current.CollateClause.arg;
    else return current;
  }
}
