import { foldAscii } from '../../protocols/postgres/identifier-list.ts';

/** What one entry of `data.labels` names. */
export interface LabelPath {
  readonly resource: string;
  readonly schema: string;
  readonly relation: string;
  /** undefined: every column (`*`). */
  readonly column: string | undefined;
}

/**
 * Reads `resource.schema.relation.column`. Parts are written as SQL writes identifiers: folded to lower case, unless they stand
 * in double quotes, where `""` is a quote. The resource's name is taken as it stands; one that holds a dot or a quote is
 * quoted, too. The column may be `*`.
 *
 * @returns undefined: it is no such path
 */
export function readLabelPath(text: string): LabelPath | undefined {
  const parts = partsOf(text);
  if (parts?.length !== 4) return undefined;
  const [resource, schema, relation, column] = parts;
  if (resource === undefined || schema === undefined || relation === undefined || column === undefined)
    return undefined;
  if ([resource, schema, relation].some(({ text: part, quoted }) => part === '*' && !quoted)) return undefined;
  return {
    resource: resource.text,
    schema: folded(schema),
    relation: folded(relation),
    column: column.text === '*' && !column.quoted ? undefined : folded(column),
  };
}

/** Writes a path so that it reads back the same. */
export function writeLabelPath({ resource, schema, relation, column }: LabelPath): string {
  return [
    plainResource.test(resource) ? resource : quote(resource),
    ...[schema, relation].map(identifier),
    column === undefined ? '*' : identifier(column),
  ].join('.');
}

interface Part {
  readonly text: string;
  readonly quoted: boolean;
}

const plainResource = /^[^."\s*]+$/;

function folded({ text, quoted }: Part): string {
  return quoted ? text : foldAscii(text);
}

function identifier(name: string): string {
  return /^[a-z0-9_$\u0080-\uffff]+$/.test(name) ? name : quote(name);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function partsOf(text: string): Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; ; at += 1) {
    const quoted = text[at] === '"';
    const end = quoted ? endOfQuoted(text, at) : endOfPlain(text, at);
    if (end === undefined) return undefined;
    const part = quoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end);
    if (part === '') return undefined;
    parts.push({ text: part, quoted });
    if (end === text.length) return parts;
    if (text[end] !== '.') return undefined;
    at = end;
  }
}

/** @returns where the part ends, behind its last quote */
function endOfQuoted(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] !== '"') continue;
    if (text[at + 1] !== '"') return at + 1;
    at += 1;
  }
  return undefined;
}

function endOfPlain(text: string, start: number): number | undefined {
  let end = start;
  while (end < text.length && text[end] !== '.') {
    if (text[end] === '"' || /\s/.test(text[end] ?? '')) return undefined;
    end += 1;
  }
  return end;
}
