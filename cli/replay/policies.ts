import { stat } from 'node:fs/promises';
import { readBundleArchive } from '../../engine/bundle-archive.ts';
import type { Bundle } from '../../engine/bundle.ts';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { InspectedRule } from '../../engine/compiler/protocol.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { loadBundle } from '../../engine/load.ts';
import { readPolicySources } from '../../engine/policy-sources.ts';
import { shownPath } from '../policy-project.ts';
import { REPLAY_ENTRYPOINT } from './judge.ts';

/** A rule with a say in decisions, by the ids under which its word may appear. */
export interface PolicyRule {
  /** The first of its ids: METADATA's, or `policy.shop.deny`. */
  readonly id: string;
  readonly ids: readonly string[];
  /** `deny`, `allow`, `mask`, … */
  readonly effect: string;
  readonly title?: string;
  /** Relative to the working directory; within a bundle, the module's name. */
  readonly file: string;
  readonly row: number;
}

export interface ReplayPolicy {
  readonly bundle: Bundle;
  /** By file and row. Empty where the bundle does not carry its sources. */
  readonly rules: readonly PolicyRule[];
}

/**
 * Loads what a replay judges with: policies, which are compiled, or a bundle.
 *
 * @throws SallyportError as loadBundle
 */
export async function loadReplayPolicy(
  places: readonly string[],
  options: {
    readonly compiler: PolicyCompiler;
    readonly dialects: readonly Dialect[];
  },
): Promise<ReplayPolicy> {
  const bundle = await loadBundle(places, { ...options, entrypoints: [REPLAY_ENTRYPOINT] });
  const { modules, shown } = await modulesOf(places);
  const { result } = await options.compiler.inspect({ modules, entrypoints: [] });
  return { bundle, rules: (result?.rules ?? []).flatMap((rule) => policyRule(rule, shown)) };
}

async function modulesOf(
  places: readonly string[],
): Promise<{ readonly modules: Record<string, string>; readonly shown: (module: string) => string }> {
  const [bundle] = places;
  if (bundle === undefined || places.length > 1 || !(await isBundle(bundle))) {
    const { modules, files } = await readPolicySources(places);
    return { modules, shown: (module) => shownPath(files[module] ?? module) };
  }
  const { files } = await readBundleArchive(bundle);
  const rego = [...files].filter(([name]) => name.endsWith('.rego'));
  return {
    modules: Object.fromEntries(rego.map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')])),
    shown: (module) => module,
  };
}

/** What loadBundle reads as a bundle: a file that is no Rego. */
async function isBundle(place: string): Promise<boolean> {
  const entry = await stat(place).catch(() => undefined);
  return entry?.isFile() === true && !place.endsWith('.rego');
}

function policyRule(rule: InspectedRule, shown: (module: string) => string): PolicyRule[] {
  const { effect, custom, title, package: own, name, row, file } = rule;
  if (effect === undefined || rule.library === true) return [];
  const id = custom?.['id'];
  const unnamed = `${own}.${name}`;
  const ids = typeof id === 'string' ? [id, unnamed] : [unnamed];
  return [{ id: ids[0] ?? unnamed, ids, effect, ...(title === undefined ? {} : { title }), file: shown(file), row }];
}
