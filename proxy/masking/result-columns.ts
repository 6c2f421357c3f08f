import type { Result, ResultColumn } from '../../engine/contract.ts';
import { deepFreeze } from '../../engine/decision.ts';
import type { CommandLineage, OutputColumn } from '../../engine/lineage.ts';

const results = new WeakMap<CommandLineage, Result>();

/**
 * What policy sees of a command's result before it runs (`input.result`). Frozen, and the same object for the same
 * lineage: the engine's memo then knows it by identity.
 */
export function resultOf(lineage: CommandLineage): Result {
  let result = results.get(lineage);
  if (result === undefined) {
    const { columns } = lineage;
    // Of a result of which not even the number of columns is known one unknown column stands for all.
    result = deepFreeze({ columns: 'unknown' in columns ? [UNKNOWN] : columns.map(columnOf) });
    results.set(lineage, result);
  }
  return result;
}

const UNKNOWN: ResultColumn = { name: '', type: '', labels: [], provenance: 'unknown' };

function columnOf({ name, type, kind, sources }: OutputColumn): ResultColumn {
  const labels = [...new Set(sources.flatMap((source) => source.labels))].sort();
  const provenance = kind !== 'unknown' && labels.length === 0 ? 'clean' : kind;
  return { name, type, labels, provenance };
}
