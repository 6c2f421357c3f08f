import type { Flow, OutputColumn } from '../../engine/lineage.ts';
import type { Cover } from './cover.ts';
import { morePrivate } from './rule.ts';

/**
 * The first masked column that a command would carry to where no mask is put on. A temporary table is no such place:
 * the session remembers what is in it. Nor is a column that is masked itself: what comes out of it is masked again.
 *
 * @returns a sentence that names the column and the place; undefined where there is none
 */
export function carriesAway(flows: readonly Flow[], cover: Cover): string | undefined {
  if (cover.most === undefined) return undefined;
  for (const flow of flows) {
    if (flow.into === 'temporary') continue;
    const column = flow.columns.find((one) => isCarried(one, flow, cover));
    if (column === undefined) continue;
    const what = sentenceFor(column, cover);
    return `${what} would go into ${placeOf(flow)}, where nothing masks it.`;
  }
  return undefined;
}

function isCarried(column: OutputColumn, flow: Flow, cover: Cover): boolean {
  if (column.kind === 'unknown') return true;
  // Of the name that a column gets nothing follows here: it holds what its sources hold.
  const sources = column.sources.filter((source) => cover.ofSource(source) !== undefined);
  if (sources.length === 0) return false;
  if (flow.into !== 'relation') return true;
  const into = [...flow.path, column.name];
  const own = cover.ofName(into);
  return sources.some((source) => {
    if (source.path.length === into.length && source.path.every((part, index) => part === into[index])) return false;
    const way = cover.ofSource(source);
    return own === undefined || morePrivate(own, way) !== own;
  });
}

function sentenceFor(column: OutputColumn, cover: Cover): string {
  const source = column.sources.find((one) => cover.ofSource(one) !== undefined);
  if (source !== undefined) return `The masked column ${source.path.join('.')}`;
  const named = column.name === '' ? 'A value' : `"${column.name}"`;
  return `${named}, of which nobody knows what is in it (${column.reason ?? 'unknown'}),`;
}

const PLACES: Readonly<Record<Flow['into'], string>> = {
  relation: 'the table',
  temporary: 'the temporary table',
  setting: 'the setting',
  channel: 'the channel',
  file: 'the file',
  program: 'the program',
  server: 'the server',
};

function placeOf({ into, path }: Flow): string {
  const place = PLACES[into];
  return path.length === 0 ? place.replace(/^the /, 'a ') : `${place} ${path.join('.')}`;
}
