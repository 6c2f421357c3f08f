import type { Effect, Obligation } from '../../engine/contract.ts';
import { parseDuration } from './duration.ts';

/** Some reviewers of which so many must agree. */
export interface Requirement {
  /** A reviewer is in one of these groups. */
  readonly approvers: readonly string[];
  /** How many different reviewers. */
  readonly minimum: number;
}

/** On what terms a policy lets something be approved. */
export interface ReviewTerms {
  /** Each must be met: one for each rule that asks for approval. */
  readonly requirements: readonly Requirement[];
  readonly ttlMs: number;
  /** `hold`: the client waits. `resubmit`: it is refused at once, and comes again when it is approved. */
  readonly mode: 'hold' | 'resubmit';
  /** The person who answers for the subject may not approve either. */
  readonly ownerBarred: boolean;
  /** An approval covers these effects on the resource for a while, not this command alone. */
  readonly window?: { readonly durationMs: number; readonly effects: readonly Effect[] };
}

/** How long a request waits where the policy does not say. */
const DEFAULT_TTL_MS = 15 * 60_000;
/** However long a policy says: what was asked for a week ago is asked for anew. */
const MOST_MS = 7 * 24 * 3_600_000;

/**
 * Reads the terms of all `review` obligations of a message's commands. Where they differ the stricter one counts: every
 * rule's reviewers, the shortest time, `resubmit` before `hold`, and a window only where each of them grants one.
 *
 * @returns a sentence that says what is wrong, for terms that nobody could meet
 */
export function readTerms(obligations: readonly Obligation[]): ReviewTerms | string {
  const reviews = obligations.filter(({ kind }) => kind === 'review');
  const requirements: Requirement[] = [];
  const ttls: number[] = [];
  const windows: (number | undefined)[] = [];
  for (const review of reviews) {
    const rule = typeof review['rule'] === 'string' ? review['rule'] : 'a rule';
    const requirement = readRequirement(review);
    if (typeof requirement === 'string') return `${rule}: ${requirement}`;
    requirements.push(requirement);
    const ttl = readTime(review['ttl'], DEFAULT_TTL_MS);
    if (ttl === undefined) return `${rule}: ttl is not a duration such as "15m"`;
    ttls.push(ttl);
    const window = review['window'] === undefined ? undefined : readTime(review['window'], 0);
    if (window === undefined && review['window'] !== undefined) return `${rule}: window is not a duration such as "1h"`;
    windows.push(window);
    if (!isMode(review['mode'])) return `${rule}: mode is neither "hold" nor "resubmit"`;
  }
  const durations = windows.filter((window) => window !== undefined);
  const effects = reviews.flatMap((review) => namesOf(review['effects']) ?? []) as Effect[];
  return {
    requirements: distinct(requirements),
    ttlMs: Math.min(...ttls),
    mode: reviews.some((review) => review['mode'] === 'resubmit') ? 'resubmit' : 'hold',
    ownerBarred: reviews.some((review) => review['owner'] === 'barred'),
    ...(durations.length === reviews.length && durations.length > 0
      ? { window: { durationMs: Math.min(...durations), effects: [...new Set(effects)] } }
      : {}),
  };
}

function readRequirement(review: Obligation): Requirement | string {
  const approvers = namesOf(review['approvers']);
  if (approvers === undefined || approvers.length === 0) return 'it names no approvers';
  const minimum = review['minimum'] ?? 1;
  if (typeof minimum !== 'number' || !Number.isInteger(minimum) || minimum < 1)
    return 'minimum is not a whole number above 0';
  return { approvers, minimum };
}

function namesOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) return undefined;
  return [...new Set(value)].sort();
}

function readTime(value: unknown, fallback: number): number | undefined {
  if (value === undefined) return fallback;
  const duration = typeof value === 'string' ? parseDuration(value) : undefined;
  return duration === undefined || duration <= 0 ? undefined : Math.min(duration, MOST_MS);
}

function isMode(value: unknown): boolean {
  return value === undefined || value === 'hold' || value === 'resubmit';
}

function distinct(requirements: readonly Requirement[]): Requirement[] {
  return [...new Map(requirements.map((one) => [JSON.stringify(one), one])).values()];
}
