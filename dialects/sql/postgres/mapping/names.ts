import type { Node } from '@pgsql/types';

/** PostgreSQL truncates identifiers to 63 bytes of UTF-8 (NAMEDATALEN - 1), at a character's boundary. */
const IDENTIFIER_BYTES = 63;

const encoder = new TextEncoder();

/**
 * A name as the target stores it. The grammar folds case and truncates identifiers itself, but not names that arrive as
 * string literals (`SET ROLE 'x'`, `nextval('x')`).
 */
export function truncateIdentifier(name: string): string {
  // 21 code units are at most 63 bytes.
  if (name.length <= 21 || encoder.encode(name).length <= IDENTIFIER_BYTES) return name;
  let bytes = 0;
  let end = 0;
  for (const character of name) {
    bytes += encoder.encode(character).length;
    if (bytes > IDENTIFIER_BYTES) break;
    end += character.length;
  }
  return name.slice(0, end);
}

/** The text of a String node. */
export function stringOf(node: Node | undefined): string | undefined {
  if (node === undefined || !('String' in node)) return undefined;
  return node.String.sval ?? '';
}

/** The texts of a list of String nodes, as qualified names are made of; other nodes are left out. */
export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  const names: string[] = [];
  for (const node of nodes ?? []) {
    const name = stringOf(node);
    if (name !== undefined) names.push(name);
  }
  return names;
}

/** A name or a list of names, as DROP, COMMENT and others hold their objects. */
export function nameOf(node: Node | undefined): string[] {
  if (node === undefined) return [];
  if ('String' in node) return [node.String.sval ?? ''];
  if ('List' in node) return stringsOf(node.List.items);
  if ('TypeName' in node) return stringsOf(node.TypeName.names);
  if ('ObjectWithArgs' in node) return stringsOf(node.ObjectWithArgs.objname);
  return [];
}

/**
 * A qualified name out of a string literal, as `regclass` and `nextval` read it: parts are folded to lower case unless
 * quoted. Undefined where the text is no such name.
 */
export function parseQualifiedName(text: string): string[] | undefined {
  const parts: string[] = [];
  let index = 0;
  while (index <= text.length) {
    while (text[index] === ' ') index++;
    const part = text[index] === '"' ? readQuoted(text, index + 1) : readPlain(text, index);
    if (part === undefined) return undefined;
    parts.push(truncateIdentifier(part.name));
    index = part.end;
    while (text[index] === ' ') index++;
    if (index >= text.length) return parts;
    if (text[index] !== '.') return undefined;
    index++;
  }
  return undefined;
}

interface NamePart {
  readonly name: string;
  readonly end: number;
}

function readQuoted(text: string, start: number): NamePart | undefined {
  let name = '';
  for (let index = start; index < text.length; index++) {
    const character = text.charAt(index);
    if (character !== '"') {
      name += character;
    } else if (text[index + 1] === '"') {
      name += '"';
      index++;
    } else {
      return name === '' ? undefined : { name, end: index + 1 };
    }
  }
  return undefined;
}

function readPlain(text: string, start: number): NamePart | undefined {
  let end = start;
  while (end < text.length && text[end] !== '.' && text[end] !== ' ' && text[end] !== '"') end++;
  return end === start ? undefined : { name: text.slice(start, end).toLowerCase(), end };
}
