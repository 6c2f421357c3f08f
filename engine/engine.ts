import { createHash, randomUUID } from 'node:crypto';
import type { Bundle } from './bundle.ts';
import type { Decision, Input } from './contract.ts';
import { denial, readRuling, type Ruling } from './decision.ts';
import { SallyportError } from './errors.ts';
import { isObject } from './is-object.ts';
import { Memo, type BoundedPath, type ComparedPath } from './memo.ts';
import { nanoseconds } from './time.ts';
import type { PolicyLimits } from './wasm/limits.ts';
import { createPolicyInstance, type PolicyInstance } from './wasm/policy-instance.ts';

/** The policy decision point (PDP): one bundle, ready to decide. */
export interface Engine {
  /** Id of the bundle. */
  readonly revision: string;
  /** SHA-256 of what decides, module and data: a revision is whatever somebody called it. */
  readonly digest: string;
  /** Entrypoints of the bundle, as `package/rule` paths. */
  readonly entrypoints: readonly string[];
  /** Whether its policies judge sessions when they open. Where they do not, every session opens. */
  readonly judgesSessions: boolean;
  /**
   * Whether decisions can depend on where values come from, so that lineage must be followed: its policies can mask, or read
   * `input.result` or `input.command.attributes.columns`. True where the bundle does not say.
   */
  readonly wantsLineage: boolean;
  /** `data.labels` of the bundle, as it is written there: labels of the targets' columns. Undefined: it has none. */
  readonly labels: unknown;
  /**
   * Decides on an input. Deterministic but for the decision's id: time comes from `input.now`. Never throws: whatever
   * goes wrong is a denial with the reason `sallyport.error`.
   *
   * Objects inside the input that are frozen are taken to be frozen all the way down.
   *
   * @param decisionId defaults to a random UUID
   */
  evaluate(input: Input, decisionId?: string): Decision;
  /**
   * The plain value of any entrypoint, or undefined where the policy leaves it undefined. `now` is RFC 3339.
   *
   * @throws SallyportError SP_EVAL_NO_ENTRYPOINT, SP_EVAL_* when the evaluation fails
   */
  query(entrypoint: string, input: unknown, now: string): unknown;
}

export interface EngineOptions {
  /** Bounds of one evaluation; see PolicyLimits for the defaults. */
  readonly limits?: Partial<PolicyLimits>;
  /** How many decisions are remembered; 0 switches the memo off. Default 10,000. */
  readonly memoEntries?: number;
  /**
   * Entrypoints that give the decision: an object with `effect`, `reasons` and `obligations`, whatever else it holds. The
   * first that the bundle has is asked. Default: sallyport/decision.
   */
  readonly decisionEntrypoints?: readonly string[];
  /** Told of each decision that no evaluation before has given, with all that the entrypoint gave. */
  readonly onRuling?: (ruling: Ruling, value: unknown) => void;
}

/** The entrypoint that merges every policy's word into one decision (policies/lib/decision.rego). */
export const DECISION_ENTRYPOINT = 'sallyport/decision';

/**
 * Makes an engine of a bundle.
 *
 * @throws SallyportError SP_BUNDLE_INVALID when the module is not one, or needs a builtin that is not supplied;
 * SP_EVAL_MEMORY_EXHAUSTED when its data does not fit the limits
 */
export function createEngine(bundle: Bundle, options: EngineOptions = {}): Engine {
  const instance = createPolicyInstance({ wasm: bundle.wasm, data: bundle.data, limits: options.limits ?? {} });
  const memo = createMemo(bundle, options.memoEntries ?? 10_000, instance);
  const decidedBy = options.decisionEntrypoints ?? [DECISION_ENTRYPOINT];
  const entrypoint = decidedBy.find((name) => instance.entrypoints.includes(name));

  // Most inputs that differ get the same answer, which is kept once.
  const rulings = new Map<string, Ruling>();

  /** `read`: what of the input is handed over, the whole of it where it is not known what is read. */
  function rule(input: Input, read: object = input): { value: Ruling; keep: boolean } {
    if (entrypoint === undefined) {
      return { value: denial('SP_EVAL_NO_ENTRYPOINT', `It lacks ${decidedBy.join(', ')}.`), keep: false };
    }
    try {
      const answer = instance.evaluate(read, entrypoint, { now: nanoseconds(input.now) });
      const text = textOf(answer);
      const known = text === undefined ? undefined : rulings.get(text);
      if (known !== undefined) return { value: known, keep: true };
      const value = readRuling(answer);
      if (value === undefined) return { value: denial('SP_EVAL_RESULT_INVALID'), keep: false };
      if (rulings.size >= MOST_RULINGS) rulings.clear();
      if (text !== undefined) rulings.set(text, value);
      options.onRuling?.(value, answer);
      return { value, keep: true };
    } catch (error) {
      return { value: denialFor(error), keep: false };
    }
  }

  function remembered(input: Input): Ruling {
    // What is remembered by are the paths that decisions on commands read.
    if (memo === undefined || input.stage === 'session') return rule(input).value;
    try {
      return memo.resolve(input, (read) => rule(input, read));
    } catch {
      // The input is no JSON (a bigint, a cycle), so it has no key: the evaluation refuses it by name.
      return rule(input).value;
    }
  }

  return {
    revision: bundle.revision,
    digest: digestOf(bundle),
    entrypoints: instance.entrypoints,
    judgesSessions: bundle.stages?.includes('session') ?? true,
    wantsLineage: bundle.lineage ?? true,
    labels: isObject(bundle.data) ? bundle.data['labels'] : undefined,
    evaluate(input, decisionId = randomUUID()) {
      const ruling = remembered(input);
      return { id: decisionId, revision: bundle.revision, ...ruling };
    },
    query(entrypoint, input, now) {
      return instance.evaluate(input, entrypoint, { now: nanoseconds(now) });
    },
  };
}

/** Different answers that are kept; a policy that quotes its input gives another one each time. */
const MOST_RULINGS = 2_000;

/** @returns undefined for what JSON cannot hold, an integer beyond 2^53 */
function textOf(answer: unknown): string | undefined {
  try {
    return JSON.stringify(answer);
  } catch {
    return undefined;
  }
}

/**
 * A bundle that does not say what it reads, or that reads the clock, is not remembered: `now` differs each time, so
 * nothing would be found again.
 */
function createMemo(bundle: Bundle, entries: number, instance: PolicyInstance): Memo<Ruling> | undefined {
  const { reads } = bundle;
  if (entries === 0 || reads === undefined || reads.clock) return undefined;
  if (reads.paths.some((path) => path.length === 0 || path[0] === 'now')) return undefined;
  return new Memo(reads.paths, entries, boundedPaths(reads.compared ?? [], instance));
}

/** Asks for the bounds that rules give. A path of which one is no whole number is remembered by its values. */
function boundedPaths(compared: readonly ComparedPath[], instance: PolicyInstance): BoundedPath[] {
  return compared.flatMap(({ path, bounds, bound_by }) => {
    const given = bound_by.map((rule) => numberOf(rule, instance));
    const all = [...bounds, ...given];
    return all.every((bound) => Number.isSafeInteger(bound)) ? [{ path, bounds: all.sort((a, b) => a - b) }] : [];
  });
}

function numberOf(rule: string, instance: PolicyInstance): number {
  try {
    const value = instance.evaluate(undefined, rule, { now: 0n });
    return typeof value === 'number' ? value : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function digestOf({ wasm, data }: Bundle): string {
  return createHash('sha256')
    .update(wasm)
    .update(JSON.stringify(data ?? null))
    .digest('hex');
}

function denialFor(error: unknown): Ruling {
  return error instanceof SallyportError ? denial(error.code, error.message) : denial('SP_EVAL_FAILED', String(error));
}
