import { dirname, resolve } from 'node:path';
import type { BundleReads } from '../../engine/bundle.ts';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import { createEngine, DECISION_ENTRYPOINT, type Engine } from '../../engine/engine.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { digestOf } from '../../engine/policy-folder.ts';
import { isPack } from '../../engine/policy-sources.ts';
import type { PlannedFile } from '../cases/read.ts';
import { shownPath, type PolicyProject } from '../policy-project.ts';

/** Policies that judge case files: read and compiled once for all the files that name the same ones. */
export interface Judge {
  /** As `sallyport explain` takes them. */
  readonly places: readonly string[];
  readonly project: PolicyProject;
  readonly engine: Engine;
  /** What its decisions depend on. */
  readonly reads: BundleReads;
  readonly warnings: readonly Diagnostic[];
}

/** @throws PolicyError (SP_POLICY_INVALID) with diagnostics that carry the paths to show; SallyportError SP_BUNDLE_INVALID */
export async function createJudge(
  places: readonly string[],
  project: PolicyProject,
  compiler: PolicyCompiler,
): Promise<Judge> {
  const { request, sources, locate } = project;
  const revision = digestOf({ modules: request.modules, data: request.data });
  const { result, diagnostics } = await compiler.build({ ...request, entrypoints: [DECISION_ENTRYPOINT], revision });
  if (result === undefined) throw new PolicyError(diagnostics.map(locate));
  const { wasm, reads } = result;
  return {
    places,
    project,
    engine: createEngine({ revision, wasm, data: sources.data, reads }),
    reads,
    warnings: diagnostics.map(locate),
  };
}

/** The places whose policies judge a case file: those that it names, seen from its folder, or all that are under test. */
export function placesOf({ path, policies }: PlannedFile, underTest: readonly string[]): readonly string[] {
  if (policies === undefined) return underTest;
  return policies.map((place) => (isPack(place) ? place : shownPath(resolve(dirname(path), place))));
}

/** The same places give the same key. */
export function keyOf(places: readonly string[]): string {
  return JSON.stringify([...new Set(places.map((place) => (isPack(place) ? place : resolve(place))))].sort());
}
