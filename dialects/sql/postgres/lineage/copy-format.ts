import type { CopyStmt, Node } from '@pgsql/types';
import type { CopyFormat } from '../../../../engine/lineage.ts';

/** How COPY … TO STDOUT writes its rows: its options, and PostgreSQL's defaults of the format. */
export function copyFormat(copy: CopyStmt): CopyFormat {
  const options = new Map<string, Node | undefined>();
  for (const node of copy.options ?? []) {
    if ('DefElem' in node) options.set(node.DefElem.defname ?? '', node.DefElem.arg);
  }
  const text = (name: string): string | undefined => {
    const node = options.get(name);
    return node !== undefined && 'String' in node ? (node.String.sval ?? '') : undefined;
  };
  const named = text('format');
  const format = named === 'csv' || named === 'binary' ? named : 'text';
  const csv = format === 'csv';
  const quote = text('quote') ?? '"';
  return {
    format,
    delimiter: text('delimiter') ?? (csv ? ',' : '\t'),
    null: text('null') ?? (csv ? '' : '\\N'),
    quote,
    escape: text('escape') ?? quote,
    header: options.has('header') && isOn(options.get('header')),
  };
}

/** HEADER without a value is on. */
function isOn(node: Node | undefined): boolean {
  if (node === undefined) return true;
  if ('Boolean' in node) return node.Boolean.boolval === true;
  if ('Integer' in node) return (node.Integer.ival ?? 0) !== 0;
  if ('String' in node) return !['off', 'false'].includes((node.String.sval ?? '').toLowerCase());
  return true;
}
