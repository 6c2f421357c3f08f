/**
 * Locations of the constants in a tree that stand in an expression and come from a literal of the text: A_Const nodes but
 * those in the modifiers of a type (`numeric(10, 2)`), which belong to the type. A location inside a type counts as
 * none even if an expression has a constant there too.
 */
export function constantLocations(tree: object): ReadonlySet<number> {
  const found = new Set<number>();
  const excluded = new Set<number>();
  // Iterative: trees can be thousands of nodes deep.
  const pending: { node: object; inType: boolean }[] = [{ node: tree, inType: false }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const children: [string, unknown][] = Object.entries(next.node);
    for (const [key, child] of children) {
      if (typeof child !== 'object' || child === null) continue;
      const inType = next.inType || key === 'typmods';
      if (key === 'A_Const') {
        const location = locationOf(child);
        if (location !== undefined && ('ival' in child || 'fval' in child || 'sval' in child)) {
          (inType ? excluded : found).add(location);
        }
      } else pending.push({ node: child, inType });
    }
  }
  for (const location of excluded) found.delete(location);
  return found;
}

function locationOf(node: object): number | undefined {
  return 'location' in node && typeof node.location === 'number' ? node.location : undefined;
}
