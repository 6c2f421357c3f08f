import { createHash } from 'node:crypto';
import { SallyportError } from '../../engine/errors.ts';
import { nameMatcher } from './glob.ts';

/** One of several equal parts: `i` of `of`, from 1. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/** Which commands a replay is about. Plain data: workers are handed it. */
export interface Selection {
  readonly shard?: Share;
  /** The share of sessions that is looked at, from 0 to 1. */
  readonly sample?: number;
  /** Milliseconds since the epoch; from the first to before the second. */
  readonly since?: number;
  readonly until?: number;
  /** Globs of subjects' ids. */
  readonly subjects?: readonly string[];
  /** Globs of resources' names. */
  readonly resources?: readonly string[];
}

/**
 * Chooses whole sessions by a hash of their id, so that every process that is asked chooses the same ones, whatever files
 * it sees. Shards, samples and the parts of one file are independent of each other: each hashes with a word of its own.
 */
export class SessionChoice {
  readonly #selection: Selection;
  readonly #subjects: (id: string) => boolean;
  readonly #resources: (name: string) => boolean;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#subjects = nameMatcher(selection.subjects);
    this.#resources = nameMatcher(selection.resources);
  }

  /** Whether this shard speaks for a session, or for a file where there is none. */
  isOurs(key: string): boolean {
    const { shard } = this.#selection;
    return shard === undefined || inShare(key, 'shard', shard);
  }

  isSampled(session: string): boolean {
    const { sample } = this.#selection;
    return sample === undefined || fraction(session, 'sample') < sample;
  }

  isAsked(subject: string, resource: string): boolean {
    return this.#subjects(subject) && this.#resources(resource);
  }

  /** @param time RFC 3339 */
  isInTime(time: string): boolean {
    const { since, until } = this.#selection;
    if (since === undefined && until === undefined) return true;
    const at = Date.parse(time);
    return (since === undefined || at >= since) && (until === undefined || at < until);
  }
}

export function inShare(key: string, word: string, { part, of }: Share): boolean {
  return Math.floor(fraction(key, word) * of) === part - 1;
}

/** From 0 to below 1, evenly spread. */
function fraction(key: string, word: string): number {
  return createHash('sha256').update(`${word}\n${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** `2/8`. @throws SallyportError SP_USAGE */
export function readShard(text: string): Share {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [part, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && part >= 1 && part <= of) return { part, of };
  throw new SallyportError('SP_USAGE', `--shard ${text} is not a shard.`, {
    help: 'Give its number and how many there are, such as 2/8; the first is 1/8.',
  });
}

/** `5%` or `1/20`, as a fraction. @throws SallyportError SP_USAGE */
export function readSample(text: string): number {
  const percent = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text);
  const share = /^1\/(\d{1,9})$/.exec(text);
  const value = percent !== null ? Number(percent[1]) / 100 : share !== null ? 1 / Number(share[1]) : NaN;
  if (value > 0 && value <= 1) return value;
  throw new SallyportError('SP_USAGE', `--sample ${text} is not a share of the sessions.`, {
    help: 'Give percent or one of how many: 5% or 1/20.',
  });
}

/** A date or an RFC 3339 date-time. @throws SallyportError SP_USAGE */
export function readMoment(option: string, text: string): number {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new SallyportError('SP_USAGE', `${option} ${text} is not a moment.`, {
    help: 'Give a date (its beginning, in UTC) or a date-time: 2026-11-01 or 2026-11-01T08:00:00Z.',
  });
}
