import { createPolicyCompiler } from '../engine/compiler/compiler.ts';
import type { Diagnostic } from '../engine/contract.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Engine } from '../engine/engine.ts';
import { findBundle, loadEngine } from '../engine/load.ts';
import type { BundleVerification } from '../engine/signing/verify.ts';
import { readProject } from './policy-project.ts';
import { requireReadableLabels } from './policy/label-findings.ts';
import { knownRequirements, type KnownRequirement } from './policy/review-requirements.ts';

/** Makes engines of what stands at a path now, with the compiler kept warm between two loads. */
export interface PolicyLoader {
  readonly load: () => Promise<Engine>;
  /** Whom the policies ask for approval, as far as their text tells. Of a bundle nothing is told: it was checked before. */
  readonly requirements: () => Promise<readonly KnownRequirement[]>;
  readonly close: () => Promise<void>;
}

/**
 * @param places folders of Rego, files and packs, or one bundle
 * @param dialects whose attributes policies may read; a name that none of them has is then a compile error
 * @param verification whom a bundle must be signed by; asked at each load, so that keys can be exchanged
 */
export function createPolicyLoader(
  places: string | readonly string[],
  dialects: readonly Dialect[],
  onWarning: (diagnostic: Diagnostic) => void,
  verification: () => Promise<BundleVerification | undefined> = () => Promise.resolve(undefined),
): PolicyLoader {
  const compiler = createPolicyCompiler();
  const list = typeof places === 'string' ? [places] : places;
  return {
    async load() {
      const engine = await loadEngine(places, { compiler, dialects, onWarning, verification: await verification() });
      requireReadableLabels({ labels: engine.labels });
      return engine;
    },
    async requirements() {
      if ((await findBundle(list)) !== undefined) return [];
      const { request, shownFile } = await readProject(list, dialects);
      return (await knownRequirements(request, compiler)).map((one) => ({ ...one, file: shownFile(one.file) }));
    },
    close: () => compiler.close(),
  };
}
