import { isObject } from '../../engine/is-object.ts';

/** A node of OPA's syntax tree, as `rego.parse_module` gives it. */
export type Term = Readonly<Record<string, unknown>>;

/** The rules of a parsed module that add entries to a set of this name (`name contains …`), in their order there. */
export function headsOf(module: unknown, name: string): readonly Term[] {
  const rules = isObject(module) ? module['rules'] : undefined;
  if (!Array.isArray(rules)) return [];
  return rules.filter(isObject).filter((rule) => {
    const head = rule['head'];
    return isObject(head) && head['name'] === name && head['key'] !== undefined;
  });
}

/** Each object literal below a node that has a member of this name: its members that are named by a string. */
export function membersOf(node: unknown, name: string): ReadonlyMap<string, Term>[] {
  return below(node).flatMap((term) => {
    if (term['type'] !== 'object' || !Array.isArray(term['value'])) return [];
    const members = new Map<string, Term>();
    for (const pair of term['value'] as readonly unknown[]) {
      const [key, value] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
      if (isObject(key) && key['type'] === 'string' && typeof key['value'] === 'string' && isObject(value)) {
        members.set(key['value'], value);
      }
    }
    return members.has(name) ? [members] : [];
  });
}

/** The names of all variables below a node. */
export function namesIn(node: unknown): ReadonlySet<string> {
  return new Set(
    below(node).flatMap(({ type, value }) => (type === 'var' && typeof value === 'string' ? [value] : [])),
  );
}

/** The strings of an array or set literal that holds nothing else. */
export function textsOf(term: Term | undefined): readonly string[] | undefined {
  if (term?.['type'] !== 'array' && term?.['type'] !== 'set') return undefined;
  const items: unknown = term['value'];
  if (!Array.isArray(items)) return undefined;
  const texts = items.filter(isObject).flatMap(({ type, value }) => {
    return type === 'string' && typeof value === 'string' ? [value] : [];
  });
  return texts.length === items.length ? texts : undefined;
}

export function wholeNumberOf(term: Term | undefined): number | undefined {
  const value = term?.['type'] === 'number' ? Number(term['value']) : NaN;
  return Number.isInteger(value) ? value : undefined;
}

/** A node and all that stands in it. */
function below(node: unknown): Term[] {
  if (Array.isArray(node)) return node.flatMap(below);
  if (!isObject(node)) return [];
  return [node, ...Object.values(node).flatMap(below)];
}
