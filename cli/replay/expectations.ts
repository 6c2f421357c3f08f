import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import { suggestion } from '../config/suggest.ts';
import { shownPath } from '../policy-project.ts';
import { globToRegExp } from './glob.ts';
import { changeKinds, measuresOf, measureWords, type ChangeKind } from './measures.ts';

/** A change that was looked at and is meant. Plain data; globs are `*` and `?`. */
export interface Expectation {
  /** The word of the file, such as `allow->deny`. */
  readonly transition: string;
  readonly kinds: readonly ChangeKind[];
  readonly rule?: string;
  readonly subject?: string;
  readonly resource?: string;
  readonly fingerprint?: string;
  /** `mask column email`, for changes of obligations. */
  readonly obligation?: string;
  /** How many times it must happen; 1 by default, so that an expectation that nothing needs any more is told. */
  readonly min: number;
  readonly max?: number;
  readonly reason: string;
  readonly row: number;
}

export interface ExpectationFile {
  readonly file: string;
  readonly expectations: readonly Expectation[];
}

/** One change, as expectations see it. */
export interface ObservedChange {
  readonly kind: ChangeKind;
  readonly rules: readonly string[];
  readonly subject: string;
  readonly resource: string;
  readonly fingerprint: string;
  readonly obligation?: string;
}

const textKeys = ['rule', 'subject', 'resource', 'fingerprint', 'obligation'] as const;
const knownKeys = ['transition', ...textKeys, 'count', 'reason'];

/** Finds the first expectation that speaks of a change. */
export class ExpectationMatcher {
  readonly #patterns: readonly {
    readonly kinds: readonly ChangeKind[];
    readonly matches: (change: ObservedChange) => boolean;
  }[];

  constructor(expectations: readonly Expectation[]) {
    this.#patterns = expectations.map((expectation) => ({ kinds: expectation.kinds, matches: matcher(expectation) }));
  }

  /** @returns its index, or -1 */
  find(change: ObservedChange): number {
    return this.#patterns.findIndex(({ kinds, matches }) => kinds.includes(change.kind) && matches(change));
  }
}

function matcher(expectation: Expectation): (change: ObservedChange) => boolean {
  const patterns = textKeys.flatMap((key) => {
    const glob = expectation[key];
    return glob === undefined ? [] : [[key, globToRegExp(glob, { path: false })] as const];
  });
  return (change) =>
    patterns.every(([key, pattern]) =>
      key === 'rule' ? change.rules.some((rule) => pattern.test(rule)) : pattern.test(change[key] ?? ''),
    );
}

/**
 * Reads accepted changes from YAML or JSON:
 *
 *     expect:
 *       - transition: allow->deny     # or *->review, obligations-gained, any, …
 *         rule: SP-AR-006             # these five are optional, and globs
 *         subject: agent-*
 *         count: {min: 1, max: 40}    # or a number: exactly that many
 *         reason: Agents read production in portions (SEC-142)
 *
 * @throws SallyportError SP_USAGE with file and row
 */
export function readExpectations(path: string): ExpectationFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SallyportError('SP_USAGE', `--expect ${path} cannot be read.`, { cause });
  }
  const file = shownPath(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const rowOf = (place: readonly (string | number)[]): number => {
    const node: unknown = document.getIn(place, true);
    const range = isObject(node) ? node['range'] : undefined;
    const start: unknown = Array.isArray(range) ? range[0] : 0;
    return typeof start === 'number' ? lines.linePos(start).line : 1;
  };
  const fail = (place: readonly (string | number)[], why: string): never => {
    throw new SallyportError('SP_USAGE', `${file}:${rowOf(place)}: ${why}`);
  };
  const [error] = document.errors;
  if (error !== undefined) fail([], error.message);
  const list = listOf(document);
  if (list === undefined) return fail([], 'it must hold `expect:` with a list.');
  return { file, expectations: list.map((value, index) => readOne(value, index, rowOf, fail)) };
}

function listOf(document: Document): readonly unknown[] | undefined {
  const value: unknown = document.toJS();
  const list = isObject(value) ? value['expect'] : undefined;
  return Array.isArray(list) ? list : undefined;
}

type Fail = (place: readonly (string | number)[], why: string) => never;

function readOne(
  value: unknown,
  index: number,
  rowOf: (place: (string | number)[]) => number,
  fail: Fail,
): Expectation {
  const place = ['expect', index];
  if (!isObject(value)) return fail(place, 'an expectation is a mapping.');
  const unknown = Object.keys(value).find((key) => !knownKeys.includes(key));
  if (unknown !== undefined) fail([...place, unknown], `${unknown}: ${suggestion(unknown, knownKeys)}`);
  const { transition, reason } = value;
  const word = typeof transition === 'string' ? transition.replaceAll(/\s/g, '').replaceAll('→', '->') : '';
  const kinds = (measuresOf(word) ?? []).filter((measure) => isChangeKind(measure));
  if (kinds.length === 0) {
    fail(
      [...place, 'transition'],
      `transition: ${suggestion(
        word,
        measureWords.filter((one) => (measuresOf(one) ?? []).every(isChangeKind)),
      )}`,
    );
  }
  if (typeof reason !== 'string' || reason.trim() === '')
    return fail(place, 'it needs a reason: why is the change meant?');
  const texts: { [key in (typeof textKeys)[number]]?: string } = {};
  for (const key of textKeys) {
    const text = value[key];
    if (typeof text === 'string') texts[key] = text;
    else if (text !== undefined) fail([...place, key], `${key} must be a text.`);
  }
  return {
    transition: word,
    kinds,
    ...texts,
    ...readCount(value['count'], [...place, 'count'], fail),
    reason,
    row: rowOf(place),
  };
}

function readCount(value: unknown, place: readonly (string | number)[], fail: Fail): Pick<Expectation, 'min' | 'max'> {
  if (value === undefined) return { min: 1 };
  if (isCount(value)) return { min: value, max: value };
  if (!isObject(value)) return fail(place, 'count is a number, or {min, max}.');
  const { min = 1, max, ...others } = value;
  if (!isCount(min) || (max !== undefined && !isCount(max)) || Object.keys(others).length > 0) {
    return fail(place, 'count is a number, or {min, max} of whole numbers.');
  }
  return { min, ...(max === undefined ? {} : { max }) };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isChangeKind(measure: string): measure is ChangeKind {
  return changeKinds.some((kind) => kind === measure);
}

/** How an expectation is called in a report. */
export function titleOf({ transition, rule, subject, resource, fingerprint, obligation }: Expectation): string {
  const parts = { rule, subject, resource, fingerprint, obligation };
  const words = Object.entries(parts).flatMap(([key, text]) => (text === undefined ? [] : [`${key} ${text}`]));
  return [transition, ...words].join(', ');
}
