import { eachName, qualifiedName, uniteVersions, type Versions } from './groups.ts';
import { OPERATORS } from './operators.generated.ts';

export interface CatalogueOperator {
  readonly name: string;
  readonly versions: Versions;
  /** The extension that brings it, where no built-in operator has the name. */
  readonly extension?: string;
}

const builtin = new Map<string, CatalogueOperator>();
const extensions = new Map<string, CatalogueOperator>();

eachName(OPERATORS, (name, versions, [, extension = '']) => {
  const target = extension === '' ? builtin : extensions;
  const known = target.get(name);
  target.set(
    name,
    Object.freeze({
      name,
      versions: uniteVersions(versions, known?.versions ?? []),
      ...(extension === '' ? {} : { extension }),
    }),
  );
});

/**
 * Finds an operator by name (`=`, `->>`) or by path (`OPERATOR(pg_catalog.=)`). Operators take their effects from their
 * functions; those of every built-in one and of every extension that PostgreSQL ships are immutable or stable.
 */
export function lookupOperator(name: string | readonly string[]): CatalogueOperator | undefined {
  const named = qualifiedName(typeof name === 'string' ? [name] : name);
  if (named === undefined) return undefined;
  if (named.schema === undefined) return builtin.get(named.name) ?? extensions.get(named.name);
  return named.schema === 'pg_catalog' ? builtin.get(named.name) : extensions.get(named.name);
}
