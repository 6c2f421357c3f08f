import type { CaseResult } from '../reporters/report.ts';
import { titleOf } from './expectations.ts';
import { changeKinds, type Measure } from './measures.ts';
import type { RunFacts } from './part.ts';
import type { TallyState } from './tally.ts';
import { exceeds, readThresholds, type Threshold } from './thresholds.ts';

/** What a replay is held to, and how it came out. */
export interface Verdicts {
  readonly cases: readonly CaseResult[];
  /** Measures of the thresholds that were exceeded. */
  readonly exceeded: ReadonlySet<Measure>;
}

/**
 * Holds the counts to the thresholds and the expectations. Changes that an expectation accepts count for no threshold;
 * with expectations and without --fail-on, no change may be left.
 */
export function judgeTally(run: RunFacts, tally: TallyState): Verdicts {
  const exceeded = new Set<Measure>();
  const thresholds = readThresholdsOf(run);
  const judged = tally.counters['judged'] ?? 0;
  const cases = thresholds.map((threshold): CaseResult => {
    const count = threshold.measures.reduce((sum, measure) => sum + countOf(tally, measure), 0);
    const failed = exceeds(threshold, count, judged);
    if (failed) for (const measure of threshold.measures) if (countOf(tally, measure) > 0) exceeded.add(measure);
    return {
      suite: 'thresholds',
      name: threshold.text,
      status: failed ? 'failed' : 'passed',
      ...(failed ? { message: `${count} of ${judged} commands` } : {}),
    };
  });
  return { cases: [...cases, ...expectationCases(run, tally)], exceeded };
}

/** The cases of a shard: only the whole can be judged. */
export function unjudged(run: RunFacts): CaseResult[] {
  const message = 'judged by sallyport replay merge';
  return [
    ...readThresholdsOf(run).map(({ text }) => ({
      suite: 'thresholds',
      name: text,
      status: 'skipped' as const,
      message,
    })),
    ...(run.expectations?.expectations ?? []).map((one) => ({
      suite: 'expectations',
      name: titleOf(one),
      status: 'skipped' as const,
      message,
    })),
  ];
}

function readThresholdsOf({ fail_on, expectations }: RunFacts): Threshold[] {
  if (fail_on !== null) return readThresholds(fail_on);
  return expectations === null ? [] : readThresholds('any>0');
}

function countOf({ changes, counters }: TallyState, measure: Measure): number {
  const kind = changeKinds.find((one) => one === measure);
  if (kind !== undefined) return (changes[kind]?.count ?? 0) - (changes[kind]?.accepted ?? 0);
  return measure === 'errors'
    ? (counters['errors'] ?? 0) - (counters['errors_before'] ?? 0)
    : (counters['parsed_differently'] ?? 0);
}

function expectationCases({ expectations }: RunFacts, { accepted }: TallyState): CaseResult[] {
  if (expectations === null) return [];
  return expectations.expectations.map((expectation, index): CaseResult => {
    const { min, max, reason, row } = expectation;
    const count = accepted[String(index)] ?? 0;
    const message =
      count < min
        ? count === 0
          ? 'nothing of the kind happens: take the expectation out, or give it a count with min 0'
          : `it happens ${count} times, and at least ${min} are expected`
        : max !== undefined && count > max
          ? `it happens ${count} times, and at most ${max} are expected`
          : undefined;
    return {
      suite: 'expectations',
      name: titleOf(expectation),
      status: message === undefined ? 'passed' : 'failed',
      file: expectations.file,
      row,
      ...(message === undefined ? {} : { message, explanation: `Expected because: ${reason}` }),
    };
  });
}
