import type { MaskCounts } from '../../../masking/counts.ts';
import type { MaskPlan, MaskWay } from '../../../masking/plan.ts';
import { hintsOf, NO_HINTS, type Hints } from '../../../masking/detectors/index.ts';
import type { ResultField } from './fields.ts';
import { OPAQUE, typeNamed, typeOf, type MaskType } from './types.ts';

/** What is done with one column's values. */
export interface MaskedColumn {
  /** Undefined: they are shown. */
  readonly way: MaskWay | undefined;
  readonly type: MaskType;
  readonly format: 'text' | 'binary';
  /** How values that are shown are looked through: not at all, for parts, as a whole, as an array. */
  readonly scan: 'none' | 'text' | 'whole' | 'array';
  readonly hints: Hints;
}

/** Types whose values hold no number or text that a detector knows: bool, "char", oid, time, interval, bit, macaddr, … */
const NOTHING_TO_FIND = new Set([
  16, 18, 26, 28, 29, 27, 1083, 1266, 1186, 1560, 1562, 829, 774, 3220, 2278, 24, 2205, 2206,
]);

/**
 * What is done with each column of a result. Where the target's own description is not what lineage foresaw (another number of
 * columns, another origin), all are masked by the plan's `otherwise`.
 */
export function maskedColumns(
  fields: readonly ResultField[],
  plan: MaskPlan,
  counts: MaskCounts,
): readonly MaskedColumn[] {
  const known = foreseen(fields, plan);
  if (!known && plan.otherwise !== undefined) counts.unforeseen += 1;
  return fields.map((field, i) => {
    const type = typeOf(field.type, plan.types?.[i]);
    const way = known ? plan.columns?.[i] : plan.otherwise;
    const hints = plan.detect.length === 0 ? NO_HINTS : hintsOf(field.name);
    return { way, type, format: field.format, hints, scan: scanOf(field.type, field.format, type, plan, hints) };
  });
}

/** The columns of a COPY, of which the target tells no more than how many they are. */
export function copiedColumns(
  count: number,
  format: 'text' | 'binary',
  plan: MaskPlan,
  counts: MaskCounts,
): readonly MaskedColumn[] {
  const ways = plan.columns?.length === count ? plan.columns : undefined;
  if (ways === undefined && plan.otherwise !== undefined) counts.unforeseen += 1;
  return Array.from({ length: count }, (_, i) => {
    const type = ways === undefined ? OPAQUE : typeNamed(plan.types?.[i] ?? '');
    const way = ways === undefined ? plan.otherwise : ways[i];
    return { way, type, format, hints: NO_HINTS, scan: scanOf(0, format, type, plan, NO_HINTS) };
  });
}

/** A column of which nothing is known, not even its type. */
export function unknownColumn(plan: MaskPlan): MaskedColumn {
  const scan = plan.detect.length === 0 ? 'none' : 'whole';
  return { way: plan.otherwise, type: OPAQUE, format: 'text', hints: NO_HINTS, scan };
}

function foreseen(fields: readonly ResultField[], plan: MaskPlan): boolean {
  if (plan.columns?.length !== fields.length) return false;
  return fields.every(({ relation, attribute }, i) => {
    const origin = plan.origins[i];
    if (relation === 0 && (origin === undefined || origin.uncertain === true)) return true;
    return origin?.relation === relation && origin.attribute === attribute;
  });
}

function scanOf(
  oid: number,
  format: 'text' | 'binary',
  type: MaskType,
  plan: MaskPlan,
  hints: Hints,
): MaskedColumn['scan'] {
  if (plan.detect.length === 0 || NOTHING_TO_FIND.has(oid)) return 'none';
  switch (type.kind) {
    case 'text':
    case 'json':
    case 'xml':
      return type.array === true && format === 'binary' ? 'array' : 'text';
    case 'int64':
    case 'decimal':
    case 'bytes':
      return 'whole';
    case 'int32':
      // Too short for a card's number; what else it might be is told by its column's name alone.
      return hints === NO_HINTS ? 'none' : 'whole';
    case 'opaque':
      return type === OPAQUE ? 'whole' : 'none';
    default:
      return 'none';
  }
}
