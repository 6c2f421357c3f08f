import type { CommandLineage } from '../../engine/lineage.ts';
import { Cover } from './cover.ts';
import type { DetectorName } from './detectors/names.ts';
import { carriesAway } from './flow.ts';
import type { DetectorMask, MaskPlan, MaskWay } from './plan.ts';
import { morePrivate, type MaskRule } from './rule.ts';

/**
 * Applies the masks of one decision to one command: which columns of its result are masked and how, and what of the
 * target's words about it may be told.
 *
 * @returns undefined where nothing can be in the result that is masked; a sentence where the command would carry a
 *   masked column to where no mask is put on
 */
export function planMasks(rules: readonly MaskRule[], lineage: CommandLineage): MaskPlan | string | undefined {
  const cover = new Cover(rules);
  const away = carriesAway(lineage.flows, cover);
  if (away !== undefined) return away;
  const detect = detectors(rules);
  const columns = 'unknown' in lineage.columns ? undefined : lineage.columns;
  const ways = columns?.map((column) => cover.ofColumn(column));
  const withholdTexts = exposes(lineage, cover);
  const returns = columns === undefined || columns.length > 0;
  // A result that is as it was foreseen is shown: the protocol sees whether it is.
  if (detect.length === 0 && !withholdTexts && (cover.most === undefined || !returns)) return undefined;
  return Object.freeze({
    columns: ways,
    otherwise: cover.most,
    origins: columns?.map(({ origin }) => origin) ?? [],
    types: columns?.map(({ type }) => type) ?? [],
    ...(lineage.copy !== undefined && { copy: lineage.copy }),
    detect,
    withholdTexts,
  });
}

function exposes({ exposed }: CommandLineage, cover: Cover): boolean {
  if (cover.most === undefined) return false;
  return 'unknown' in exposed || exposed.some((source) => cover.ofSource(source) !== undefined);
}

function detectors(rules: readonly MaskRule[]): DetectorMask[] {
  const ways = new Map<DetectorName, MaskWay>();
  for (const { detect, with: way } of rules) {
    for (const detector of detect) ways.set(detector, morePrivate(ways.get(detector), way) ?? way);
  }
  return [...ways].map(([detector, way]) => ({ detector, with: way }));
}
