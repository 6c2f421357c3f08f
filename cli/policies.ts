import { createPolicyCompiler } from '../engine/compiler/compiler.ts';
import type { Diagnostic } from '../engine/contract.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Engine } from '../engine/engine.ts';
import { loadEngine } from '../engine/load.ts';
import type { BundleVerification } from '../engine/signing/verify.ts';

/** Makes engines of what stands at a path now, with the compiler kept warm between two loads. */
export interface PolicyLoader {
  readonly load: () => Promise<Engine>;
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
  return {
    load: async () => loadEngine(places, { compiler, dialects, onWarning, verification: await verification() }),
    close: () => compiler.close(),
  };
}
