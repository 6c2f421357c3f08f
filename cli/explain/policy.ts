import { stat } from 'node:fs/promises';
import { readBundleArchive } from '../../engine/bundle-archive.ts';
import { bundleOf } from '../../engine/bundle.ts';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type {
  Condition,
  Explained,
  ExplainedRule,
  ExplainRequest,
  Outcome,
} from '../../engine/compiler/explanation.ts';
import type { Diagnostic, Input } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { createEngine, DECISION_ENTRYPOINT, type Engine } from '../../engine/engine.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { digestOf } from '../../engine/policy-folder.ts';
import { nanoseconds } from '../../engine/time.ts';
import { readProject } from '../policy-project.ts';
import { sourcesOf } from './bundle-sources.ts';

/** A policy that decides as in a gateway, and whose rules can be asked why. */
export interface ExplainablePolicy {
  readonly engine: Engine;
  readonly warnings: readonly Diagnostic[];
  /** Whether all rules that decide can be asked. */
  readonly whole: boolean;
  /** What OPA's own evaluator makes of inputs, in their order. */
  readonly explain: (inputs: readonly Input[]) => Promise<readonly Explained[]>;
}

/**
 * @param places folders of Rego, `.rego` files and `pack:NAME`, or one bundle
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_BUNDLE_INVALID; PolicyError (SP_POLICY_INVALID) with the diagnostics
 */
export async function loadExplainablePolicy(
  places: readonly string[],
  dialects: readonly Dialect[],
  compiler: PolicyCompiler,
): Promise<ExplainablePolicy> {
  const [place] = places;
  if (places.length === 1 && place !== undefined && (await isBundle(place))) return fromBundle(place, compiler);
  return fromSources(places, dialects, compiler);
}

async function isBundle(place: string): Promise<boolean> {
  const entry = await stat(place).catch(() => undefined);
  return entry?.isFile() === true && !place.endsWith('.rego');
}

async function fromSources(
  places: readonly string[],
  dialects: readonly Dialect[],
  compiler: PolicyCompiler,
): Promise<ExplainablePolicy> {
  const { request, locate, shownFile, sources } = await readProject(places, dialects);
  const revision = digestOf({ modules: request.modules, data: sources.data });
  const { result, diagnostics } = await compiler.build({ ...request, entrypoints: [DECISION_ENTRYPOINT], revision });
  if (result === undefined) throw new PolicyError(diagnostics.map(locate));
  return {
    engine: createEngine({ revision, wasm: result.wasm, data: sources.data, reads: result.reads }),
    warnings: diagnostics.map(locate),
    whole: true,
    explain: (inputs) => explainInputs(compiler, request, inputs, shownFile),
  };
}

/** A bundle is explained by the sources inside it, and decides by the module inside it. */
async function fromBundle(path: string, compiler: PolicyCompiler): Promise<ExplainablePolicy> {
  const archive = await readBundleArchive(path);
  const bundle = bundleOf(archive);
  const { modules, missing } = sourcesOf(archive);
  // Without a schema: the bundle was checked when it was built, by the dialects that there were.
  const request = { modules, data: bundle.data, lenient: true };
  return {
    engine: createEngine(bundle),
    warnings: missing,
    whole: missing.length === 0,
    explain: (inputs) => explainInputs(compiler, request, inputs, (module) => `${path}:${module}`),
  };
}

async function explainInputs(
  compiler: PolicyCompiler,
  sources: Omit<ExplainRequest, 'cases'>,
  inputs: readonly Input[],
  shownFile: (module: string) => string,
): Promise<readonly Explained[]> {
  const cases = inputs.map((input) => ({ input, now: String(nanoseconds(input.now)) }));
  const { result, diagnostics } = await compiler.explain({ ...sources, cases });
  if (result === undefined) throw new PolicyError(diagnostics);
  return result.explanations.map((explained) => ({
    ...explained,
    rules: explained.rules.map((rule) => relocateRule(rule, shownFile)),
  }));
}

/** Modules are named as the compiler knows them; people are shown paths. */
function relocateRule(rule: ExplainedRule, shown: (module: string) => string): ExplainedRule {
  return { ...rule, file: shown(rule.file), conditions: rule.conditions.map((one) => relocate(one, shown)) };
}

function relocate(condition: Condition, shown: (module: string) => string): Condition {
  const { because } = condition;
  return {
    ...condition,
    file: shown(condition.file),
    ...(because === undefined ? {} : { because: because.map((one) => relocateOutcome(one, shown)) }),
  };
}

function relocateOutcome(outcome: Outcome, shown: (module: string) => string): Outcome {
  const { stopped } = outcome;
  return {
    ...outcome,
    file: shown(outcome.file),
    ...(stopped === undefined ? {} : { stopped: relocate(stopped, shown) }),
  };
}
