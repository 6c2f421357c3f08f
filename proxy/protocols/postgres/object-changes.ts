import type { Catalogue } from '../../../engine/catalogue.ts';
import type { Command, FunctionUse } from '../../../engine/contract.ts';
import { isTemporarySchema } from './session-values.ts';

/** Kinds of targets whose change concerns all that is in them. */
const CONTAINERS: ReadonlySet<string> = new Set(['schema', 'database', 'extension', 'type', 'language', 'server']);

/**
 * Names of the objects that commands may change, by their last parts: what is known of them holds no longer.
 *
 * @returns undefined where they change none
 */
export function changedNames(
  commands: readonly Command[],
  catalogue: Catalogue | undefined,
): readonly string[] | 'anything' | undefined {
  const names = new Set<string>();
  for (const command of commands) {
    const changes = namesOf(command, catalogue);
    if (changes === 'anything') return changes;
    for (const name of changes) names.add(name);
  }
  return names.size === 0 ? undefined : [...names];
}

const NONE: readonly string[] = [];

function namesOf(command: Command, catalogue: Catalogue | undefined): readonly string[] | 'anything' {
  const { effects, targets, attributes } = command;
  let changes = false;
  for (const effect of effects) {
    if (effect === 'create' || effect === 'alter' || effect === 'drop') changes = true;
    else if (effect === 'unknown' && runsAnything(command, catalogue)) return 'anything';
  }
  // A DO block, or a procedure: nobody reads what it does.
  if (!changes && effects.includes('procedural')) return 'anything';
  if (!changes) return NONE;
  if (attributes['temporary'] === true) return NONE;
  if (attributes['cascade'] === true) return 'anything';
  const touched = targets.filter(
    ({ access, path }) =>
      (access === 'create' || access === 'alter' || access === 'drop') && !isTemporarySchema(path[0]),
  );
  if (touched.some(({ kind, access }) => CONTAINERS.has(kind) && access !== 'create')) return 'anything';
  return touched.map(({ kind, path }) => (kind === 'column' ? path.at(-2) : path.at(-1)) ?? '');
}

/** It calls functions that nobody knows, and that may change things; those that the target says cannot are left out. */
function runsAnything({ functions, complete }: Command, catalogue: Catalogue | undefined): boolean {
  const unknown = functions.filter(({ known }) => !known);
  if (catalogue === undefined || (unknown.length === 0 && !complete)) return true;
  return unknown.some((use) => mayChange(use, catalogue));
}

function mayChange({ path }: FunctionUse, catalogue: Catalogue): boolean {
  const name = path.at(-1) ?? '';
  const schemas = path.length > 1 ? [path.at(-2) ?? ''] : catalogue.searchPath;
  const found = schemas.flatMap((schema) => catalogue.functions(schema, name));
  return found.length === 0 || found.some(({ volatility }) => volatility === 'volatile');
}
