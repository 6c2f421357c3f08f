import { readFileSync } from 'node:fs';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import { shownPath } from '../policy-project.ts';
import type { ExpectationFile } from './expectations.ts';
import type { PolicyRule } from './policies.ts';
import type { Share } from './selection.ts';
import { Tally, type TallyState } from './tally.ts';
import { messageOf } from '../../engine/message-of.ts';

/** What a report says of a replay besides what was counted. The same for every shard. */
export interface RunFacts {
  readonly bundle: { readonly places: readonly string[]; readonly revision: string };
  readonly baseline: 'recorded' | { readonly places: readonly string[]; readonly revision: string };
  /** Whether statements were parsed again, or taken as they were recorded. */
  readonly parsed: 'again' | 'recorded';
  /** The options that leave something out, as they were written. */
  readonly selection: Readonly<Record<string, string | readonly string[]>>;
  /** As it was written. */
  readonly fail_on: string | null;
  readonly expectations: ExpectationFile | null;
  readonly limit_groups: number;
  readonly rules: readonly PolicyRule[];
}

/** What one shard hands to `replay merge`, in the `details` of its JSON report. */
export interface ReplayPart {
  /** Version of this shape. */
  readonly version: 1;
  readonly shard: Share;
  readonly run: RunFacts;
  readonly tally: TallyState;
}

/**
 * Puts the shards of one replay together.
 *
 * @param files JSON reports of `sallyport replay --shard`
 * @throws SallyportError SP_USAGE when one cannot be read, is of another replay, is there twice, or is missing
 */
export function mergeParts(files: readonly string[]): { readonly run: RunFacts; readonly tally: TallyState } {
  const parts = files.map((file) => ({ file: shownPath(file), part: readPart(file) }));
  const [first] = parts;
  if (first === undefined) throw new SallyportError('SP_USAGE', 'There is nothing to merge.');
  const { run, shard } = first.part;
  const seen = new Map<number, string>();
  const tally = new Tally();
  for (const { file, part } of parts) {
    const different = differenceOf(run, part.run) ?? (part.shard.of === shard.of ? undefined : 'the number of shards');
    if (different !== undefined) {
      throw new SallyportError('SP_USAGE', `${file} is of another replay than ${first.file}: ${different} differs.`);
    }
    const twin = seen.get(part.shard.part);
    if (twin !== undefined) {
      throw new SallyportError('SP_USAGE', `${twin} and ${file} are both shard ${part.shard.part}/${shard.of}.`);
    }
    seen.set(part.shard.part, file);
    tally.merge(part.tally);
  }
  const missing = Array.from({ length: shard.of }, (_, index) => index + 1).filter((number) => !seen.has(number));
  if (missing.length > 0) {
    throw new SallyportError(
      'SP_USAGE',
      `Shards are missing: ${missing.map((one) => `${one}/${shard.of}`).join(', ')}.`,
      {
        help: 'A part of the traffic is not the whole: give the JSON report of every shard.',
      },
    );
  }
  return { run, tally: tally.state() };
}

function differenceOf(a: RunFacts, b: RunFacts): string | undefined {
  const keys = Object.keys(a) as (keyof RunFacts)[];
  return keys.find((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]));
}

function readPart(file: string): ReplayPart {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = messageOf(cause);
    throw new SallyportError('SP_USAGE', `${file} cannot be read: ${why}`, { cause });
  }
  const details = isObject(report) ? report['details'] : undefined;
  const part = isObject(details) ? details['part'] : undefined;
  if (isPart(part)) return part;
  throw new SallyportError('SP_USAGE', `${file} is no JSON report of a shard.`, {
    help: 'Run the shards with --shard i/n --report json=FILE, by the same version of Sallyport.',
  });
}

/** Who hands in a part that only looks like one harms nobody else's report. */
function isPart(value: unknown): value is ReplayPart {
  return (
    isObject(value) &&
    value['version'] === 1 &&
    isObject(value['run']) &&
    isObject(value['tally']) &&
    isObject(value['shard']) &&
    Number.isInteger(value['shard']['part']) &&
    Number.isInteger(value['shard']['of'])
  );
}
