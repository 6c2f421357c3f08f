import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { suppliedBuiltins } from '../engine/builtins/host-builtins.ts';
import type { CompilerSources } from '../engine/compiler/protocol.ts';
import type { Diagnostic } from '../engine/contract.ts';
import type { Dialect } from '../engine/dialect.ts';
import { SallyportError } from '../engine/errors.ts';
import { readLibrary } from '../engine/load.ts';
import type { PolicySources } from '../engine/policy-folder.ts';
import { readPolicySources } from '../engine/policy-sources.ts';
import { contractSchema } from '../engine/schema/input-schema.ts';

/** The policies that a command was pointed at, read but not compiled. */
export interface PolicyProject {
  readonly sources: PolicySources;
  /** What the compiler is asked with: the library, the input's schema and this runtime's builtins are part of it. */
  readonly request: CompilerSources & { readonly modules: Readonly<Record<string, string>> };
  /** The path to show for a module: relative to the working directory where it stands below it. */
  readonly shownFile: (module: string) => string;
  /** A diagnostic with its module's name replaced by the path to show. */
  readonly locate: (diagnostic: Diagnostic) => Diagnostic;
}

/** Where policies are looked for when a command is not told. */
export function defaultPlaces(places: readonly string[]): readonly string[] {
  return places.length > 0 ? places : [existsSync('policies') ? 'policies' : '.'];
}

/**
 * Reads the policies at some places: folders, `.rego` files, `pack:NAME` (see readPolicySources).
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND when a place does not exist or none of them holds any Rego; SP_POLICY_INVALID
 */
export async function readProject(
  places: readonly string[],
  dialects: readonly Pick<Dialect, 'name' | 'attributesSchema'>[],
): Promise<PolicyProject> {
  const sources = await readPolicySources(places);
  if (Object.keys(sources.modules).length === 0) {
    throw new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no Rego in ${places.join(', ')}.`, {
      help: 'Policies are *.rego files. `sallyport init` makes a first one.',
    });
  }
  const library = await readLibrary();
  // Whoever works on the library itself gives its folder: its modules are then those of the folder, and no others.
  const own = new Set(Object.values(sources.files).map((file) => resolve(file)));
  const rest = Object.entries(library.modules).filter(([name]) => !own.has(resolve(library.files[name] ?? name)));
  const shownFile = (module: string): string => {
    const file = sources.files[module];
    return file === undefined ? module : shownPath(file);
  };
  return {
    sources,
    request: {
      modules: { ...Object.fromEntries(rest), ...sources.modules },
      data: sources.data,
      schema: contractSchema('Input', dialects),
      builtins: suppliedBuiltins,
    },
    shownFile,
    locate: (diagnostic) =>
      diagnostic.file === undefined ? diagnostic : { ...diagnostic, file: shownFile(diagnostic.file) },
  };
}

/** A path as an editor or a code host takes it: relative, with `/`, unless it stands outside the working directory. */
export function shownPath(file: string): string {
  const path = relative(process.cwd(), resolve(file));
  return path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/');
}
