import { stat } from 'node:fs/promises';
import { readBundleArchive } from '../../engine/bundle-archive.ts';
import { bundleOf } from '../../engine/bundle.ts';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Condition, Explained, ExplainedRule, Outcome } from '../../engine/compiler/explanation.ts';
import type { CompilerSources } from '../../engine/compiler/protocol.ts';
import type { Diagnostic, Input } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { createEngine, DECISION_ENTRYPOINT, type Engine } from '../../engine/engine.ts';
import { SallyportError } from '../../engine/errors.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { digestOf } from '../../engine/policy-folder.ts';
import { nanoseconds } from '../../engine/time.ts';
import { readProject } from '../policy-project.ts';

/** A policy that decides as in a gateway, and whose rules can be asked why. */
export interface ExplainablePolicy {
  readonly engine: Engine;
  readonly warnings: readonly Diagnostic[];
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
    explain: (inputs) => explainInputs(compiler, request, inputs, shownFile),
  };
}

/** What is generated again from the other modules. */
const generated = 'sallyport/collected.rego';

/** A bundle is explained by the sources inside it, and decides by the module inside it. */
async function fromBundle(path: string, compiler: PolicyCompiler): Promise<ExplainablePolicy> {
  const archive = await readBundleArchive(path);
  const bundle = bundleOf(archive);
  const sources = [...archive.files].filter(([name]) => name.endsWith('.rego') && !name.endsWith(generated));
  if (sources.length === 0) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${path} holds no Rego, only what was compiled of it.`, {
      help: 'Its rules cannot be explained: give the folder that it was built of, or see its decision with `sallyport eval`.',
    });
  }
  const modules = Object.fromEntries(sources.map(([name, bytes]) => [name, bytes.toString('utf8')]));
  // Without a schema: the bundle was checked when it was built, by the dialects that there were.
  const request: CompilerSources = { modules, data: bundle.data };
  return {
    engine: createEngine(bundle),
    warnings: [],
    explain: (inputs) => explainInputs(compiler, request, inputs, (module) => `${path}:${module}`),
  };
}

async function explainInputs(
  compiler: PolicyCompiler,
  sources: CompilerSources,
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
