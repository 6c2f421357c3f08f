import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { DECISION_ENTRYPOINT } from '../../engine/engine.ts';
import { readProject } from '../policy-project.ts';
import { readsOf, sizes, type Inspection } from './inspection.ts';
import { readManifests } from './manifest.ts';

/**
 * Describes policies before they are a bundle. Policies that do not compile are described as far as they parse.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_POLICY_INVALID, SP_COMPILER_*
 */
export async function inspectSources(
  places: readonly string[],
  dialects: readonly Dialect[],
  compiler: PolicyCompiler,
): Promise<Inspection> {
  const project = await readProject(places, dialects);
  const { roots = [''], revision } = await readManifests(places);
  const checked = await compiler.check(project.request);
  const collected = checked.result?.collected;
  const { result } = await compiler.inspect({
    // The decision reads the policies through the generated module.
    modules: {
      ...project.request.modules,
      ...(collected === undefined ? {} : { 'sallyport/collected.rego': collected }),
    },
    entrypoints: [DECISION_ENTRYPOINT],
  });
  const reads = collected === undefined ? undefined : result?.reads;
  return {
    path: places.join(', '),
    ...(revision === undefined ? {} : { revision }),
    roots,
    entrypoints: [DECISION_ENTRYPOINT],
    ...(reads === undefined ? {} : { reads: readsOf(reads) }),
    data: sizes(project.sources.data),
    files: Object.entries(project.sources.modules).map(([name, text]) => ({
      name: project.shownFile(name),
      bytes: Buffer.byteLength(text),
    })),
    rules: (result?.rules ?? [])
      .filter(({ library }) => library !== true)
      .map((rule) => ({ ...rule, file: project.shownFile(rule.file) })),
    untold: reads === undefined ? ['what it reads: the policies do not compile, and `sallyport check` says why'] : [],
  };
}
