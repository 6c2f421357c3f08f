import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suppliedBuiltins } from './builtins/host-builtins.ts';
import { readBundle, type Bundle } from './bundle.ts';
import type { PolicyCompiler } from './compiler/compiler.ts';
import type { BuildRequest } from './compiler/protocol.ts';
import type { Diagnostic } from './contract.ts';
import type { Dialect } from './dialect.ts';
import { createEngine, DECISION_ENTRYPOINT, type Engine, type EngineOptions } from './engine.ts';
import { packageRoot } from './package-root.ts';
import { SallyportError } from './errors.ts';
import { digestOf, readPolicyFolder, type PolicySources } from './policy-folder.ts';
import { readPolicySources } from './policy-sources.ts';
import { PolicyError } from './policy-error.ts';
import { contractSchema } from './schema/input-schema.ts';
import type { BundleVerification } from './signing/verify.ts';

/** Begins the names of the library's modules. */
export const LIBRARY_PREFIX = 'sallyport:';

export interface LoadOptions extends EngineOptions {
  readonly compiler: PolicyCompiler;
  /** The dialects whose attributes policies may read; without any, attributes are not checked. */
  readonly dialects?: readonly Pick<Dialect, 'name' | 'attributesSchema'>[];
  /** Entrypoints besides `sallyport/decision`, as `package/rule` paths. Only for folders; a bundle has its own. */
  readonly entrypoints?: readonly string[];
  /** Whom the policies must be signed by: nothing but a bundle with such a signature is then loaded. */
  readonly verification?: BundleVerification | undefined;
  /** Told of warnings in policies that compile. */
  readonly onWarning?: (diagnostic: Diagnostic) => void;
}

/**
 * Loads an engine from Rego (compiled here) or an OPA bundle (`.tar.gz`).
 *
 * @param places one bundle, or any number of folders, `.rego` files and packs (see readPolicySources)
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_BUNDLE_INVALID, SP_BUNDLE_UNSIGNED, SP_BUNDLE_SIGNATURE_INVALID;
 * PolicyError (SP_POLICY_INVALID) with the diagnostics
 */
export async function loadEngine(places: string | readonly string[], options: LoadOptions): Promise<Engine> {
  return createEngine(await loadBundle(places, options), options);
}

/** As loadEngine, without making an engine of it. */
export async function loadBundle(places: string | readonly string[], options: LoadOptions): Promise<Bundle> {
  const list = typeof places === 'string' ? [places] : places;
  const bundle = await findBundle(list);
  const { verification } = options;
  if (bundle !== undefined) return readBundle(bundle, verification === undefined ? {} : { verification });
  if (verification !== undefined && verification.required !== false) {
    throw new SallyportError(
      'SP_BUNDLE_UNSIGNED',
      `${list.join(', ')} is no bundle, and only signed bundles are taken.`,
      {
        help: 'Build one and sign it: sallyport build … --signing-key FILE.',
      },
    );
  }
  const sources = await readPolicySources(list);
  const request = await buildRequest(sources, options);
  const { result, diagnostics } = await options.compiler.build(request);
  if (result === undefined) throw new PolicyError(diagnostics);
  for (const diagnostic of diagnostics) options.onWarning?.(diagnostic);
  const { wasm, reads, stages, lineage } = result;
  return { revision: request.revision, wasm, data: sources.data, reads, stages, lineage };
}

/**
 * @returns the bundle's path, or undefined where policies are given as Rego
 * @throws SallyportError SP_BUNDLE_INVALID when a bundle stands beside others: it is compiled, and cannot be merged
 */
export async function findBundle(places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const entry = await stat(place).catch(() => undefined);
    if (entry?.isFile() !== true || place.endsWith('.rego')) continue;
    if (places.length === 1) return place;
    throw new SallyportError('SP_BUNDLE_INVALID', `${place} is a bundle, and a bundle stands alone.`, {
      help: 'Give the folders that it was built of, or build one bundle of all of them.',
    });
  }
  return undefined;
}

/** What the compiler is asked to build of a folder's sources: with the library, the schema and this runtime's builtins. */
export async function buildRequest(
  sources: Pick<PolicySources, 'modules' | 'data'>,
  options: Pick<LoadOptions, 'dialects' | 'entrypoints'>,
): Promise<BuildRequest> {
  const library = await readLibrary();
  const modules = { ...library.modules, ...sources.modules };
  return {
    modules,
    data: sources.data,
    schema: contractSchema('Input', options.dialects),
    builtins: suppliedBuiltins,
    entrypoints: [DECISION_ENTRYPOINT, ...(options.entrypoints ?? []).filter((name) => name !== DECISION_ENTRYPOINT)],
    revision: digestOf(library, sources),
  };
}

let library: Promise<PolicySources> | undefined;

/** policies/lib: the decision entrypoint and the helpers, under names that no folder's own file has. */
export async function readLibrary(): Promise<PolicySources> {
  const rename = (record: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [`${LIBRARY_PREFIX}${name}`, value]));
  library ??= readPolicyFolder(join(packageRoot(), 'policies', 'lib')).then(({ modules, files, data }) => ({
    modules: rename(modules),
    files: rename(files),
    data,
  }));
  return library;
}
