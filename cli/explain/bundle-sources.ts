import type { BundleArchive } from '../../engine/bundle-archive.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';

/** The Rego inside a bundle, fit to be compiled again. */
export interface BundleSources {
  /** By its name in the bundle. */
  readonly modules: Readonly<Record<string, string>>;
  /** Rules that the bundle holds only compiled. */
  readonly missing: readonly Diagnostic[];
}

/** What is generated again from the other modules. */
const generated = 'sallyport/collected.rego';

/** The one rule of policies/lib/decision.rego that is an entrypoint; the merge itself stays in the bundle. */
const decisionRule = `package sallyport

decision := {"effect": effect, "reasons": reasons, "obligations": obligations}
`;

/**
 * Takes the Rego out of a bundle. OPA takes the rules of entrypoints out of it when it compiles them to WASM, and puts
 * imports of their names in their place: the decision's is put back, others are reported.
 *
 * @throws SallyportError SP_BUNDLE_INVALID when the bundle has no Rego at all
 */
export function sourcesOf({ path, files }: BundleArchive): BundleSources {
  const sources = [...files].filter(([name]) => name.endsWith('.rego') && !name.endsWith(generated));
  if (sources.length === 0) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${path} holds no Rego, only what was compiled of it.`, {
      help: 'Its rules cannot be explained: give the folder that it was built of, or see its decision with `sallyport eval`.',
    });
  }
  const entrypoints = entrypointsOf(files.get('.manifest'));
  const missing = entrypoints.filter((entrypoint) => entrypoint.startsWith('policy/'));
  const modules: Record<string, string> = {};
  for (const [name, bytes] of sources) {
    const text = bytes.toString('utf8');
    // Where rules are missing there is no decision to make of the others, and the merge may be taken apart as well.
    if (!mergePackage.test(text)) modules[name] = text;
    else if (missing.length === 0) modules[name] = withoutImportsOf(entrypoints, text);
  }
  if (missing.length === 0 && entrypoints.includes('sallyport/decision')) {
    modules['sallyport:entrypoint.rego'] = decisionRule;
  }
  return { modules, missing: missing.map((entrypoint) => onlyCompiled(path, entrypoint)) };
}

const mergePackage = /^package sallyport$/m;

/** An import of a rule that stands there again would be in its way. Lines are emptied, for rows are what people are shown. */
function withoutImportsOf(entrypoints: readonly string[], text: string): string {
  const imports = new Set(entrypoints.map((entrypoint) => `import data.${entrypoint.replaceAll('/', '.')}`));
  return text
    .split('\n')
    .map((line) => (imports.has(line) ? '' : line))
    .join('\n');
}

function onlyCompiled(file: string, entrypoint: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'rules_only_compiled',
    message: `the rules ${entrypoint} are entrypoints of the bundle, so it holds them only compiled: they are not shown`,
    help: 'Give the folder that the bundle was built of.',
    file,
  };
}

function entrypointsOf(manifest: Buffer | undefined): string[] {
  if (manifest === undefined) return [];
  const value: unknown = JSON.parse(manifest.toString('utf8'));
  const list = isObject(value) && Array.isArray(value['wasm']) ? (value['wasm'] as readonly unknown[]) : [];
  return list.flatMap((one) => (isObject(one) && typeof one['entrypoint'] === 'string' ? [one['entrypoint']] : []));
}
