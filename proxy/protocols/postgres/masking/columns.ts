import type { MaskCounts } from '../../../masking/counts.ts';
import type { MaskPlan, MaskWay } from '../../../masking/plan.ts';
import { hintsOf, NO_HINTS, type Hints } from '../../../masking/detectors/index.ts';
import type { ResultField } from './fields.ts';
import { OPAQUE, typeOf, type MaskType } from './types.ts';

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
 * @param types names of the columns' types where lineage knows them, for those whose OID says nothing
 */
export function maskedColumns(
  fields: readonly ResultField[],
  plan: MaskPlan,
  counts: MaskCounts,
  types: readonly (string | undefined)[] = [],
): readonly MaskedColumn[] {
  const known = foreseen(fields, plan);
  if (!known && plan.otherwise !== undefined) counts.unforeseen += 1;
  return fields.map((field, i) => {
    const type = typeOf(field.type, types[i]);
    const way = known ? plan.columns?.[i] : plan.otherwise;
    const hints = plan.detect.length === 0 ? NO_HINTS : hintsOf(field.name);
    return { way, type, format: field.format, hints, scan: scanOf(field, type, plan, hints) };
  });
}

function foreseen(fields: readonly ResultField[], plan: MaskPlan): boolean {
  if (plan.columns?.length !== fields.length) return false;
  return fields.every(({ relation, attribute }, i) => {
    const origin = plan.origins[i];
    return origin === undefined ? relation === 0 : origin.relation === relation && origin.attribute === attribute;
  });
}

function scanOf(field: ResultField, type: MaskType, plan: MaskPlan, hints: Hints): MaskedColumn['scan'] {
  if (plan.detect.length === 0 || NOTHING_TO_FIND.has(field.type)) return 'none';
  switch (type.kind) {
    case 'text':
    case 'json':
    case 'xml':
      return type.array === true && field.format === 'binary' ? 'array' : 'text';
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
