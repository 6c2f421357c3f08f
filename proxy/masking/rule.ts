import type { Obligation } from '../../engine/contract.ts';
import { isDetector, type DetectorName } from './detectors/names.ts';
import { MASK_WAYS, type MaskWay } from './plan.ts';

/** One `mask` obligation, read. */
export interface MaskRule {
  /** Last parts of qualified names, in lower case: `email`, `customers.email`, `public.customers.email`. */
  readonly columns: readonly string[];
  readonly labels: readonly string[];
  readonly detect: readonly DetectorName[];
  readonly with: MaskWay;
}

const LISTS = ['columns', 'labels', 'detect'] as const;
const KNOWN: ReadonlySet<string> = new Set(['kind', 'with', ...LISTS]);

/**
 * Reads a `mask` obligation. What is not understood is not guessed: a mask that is half put on is none.
 *
 * @returns a sentence that says what is wrong with it
 */
export function readMaskRule(obligation: Obligation): MaskRule | string {
  const way = MASK_WAYS.find((one) => one === obligation['with']);
  if (way === undefined) {
    return `a mask's "with" is one of ${MASK_WAYS.join(', ')}, and this is ${shown(obligation['with'])}`;
  }
  const unknown = Object.keys(obligation).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) return `a mask has no ${shown(unknown)}`;
  const lists = LISTS.map((key) => names(obligation[key]));
  const wrong = lists.findIndex((list) => list === undefined);
  if (wrong >= 0) return `a mask's "${LISTS[wrong] ?? ''}" is a list of names`;
  const [columns = [], labels = [], detect = []] = lists;
  const detectors = detect.filter(isDetector);
  const other = detect.find((name) => !isDetector(name));
  if (other !== undefined) return `there is no detector ${shown(other)}`;
  if (columns.length + labels.length + detectors.length === 0) return 'a mask names columns, labels or detectors';
  return { columns: columns.map((name) => name.toLowerCase()), labels, detect: detectors, with: way };
}

function names(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((one): one is string => typeof one === 'string' && one !== '');
  return texts.length === value.length ? texts : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

/** The more private of two ways. */
export function morePrivate(one: MaskWay | undefined, other: MaskWay | undefined): MaskWay | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return MASK_WAYS.indexOf(one) >= MASK_WAYS.indexOf(other) ? one : other;
}
