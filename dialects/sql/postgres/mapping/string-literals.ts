import type { Span } from '../../../../engine/contract.ts';

/** A string literal: where its token starts, and what stands between its quotes. */
export interface StringLiteral {
  readonly token: number;
  readonly content: Span;
  /** Follows another one after white space with a line break: both are one string (SQL's continuation). */
  readonly continues: boolean;
}

/**
 * Finds the string literals and dollar-quoted bodies of a text, which need not parse. Equal to PostgreSQL's scanner in
 * what it takes for a string; used only to keep secrets out of recordings, never to decide.
 */
export function findStringLiterals(text: string): StringLiteral[] {
  const literals: StringLiteral[] = [];
  let index = 0;
  let previousEnd = -1;
  while (index < text.length) {
    const start = index;
    const content = literalAt(text, index);
    if (content !== undefined) {
      const gap = previousEnd >= 0 ? text.slice(previousEnd, start) : '';
      literals.push({
        token: start,
        content: { start: content.start, end: content.end },
        continues: gap.includes('\n') && gap.trim() === '',
      });
      index = content.after;
      previousEnd = content.after;
      continue;
    }
    index = skipOther(text, index);
  }
  return literals;
}

interface Found extends Span {
  readonly after: number;
}

function literalAt(text: string, index: number): Found | undefined {
  const character = text.charAt(index);
  if (character === "'") return quoted(text, index + 1, isEscapeString(text, index));
  if (character === '$' && !isIdentifier(text.charAt(index - 1))) return dollarQuoted(text, index);
  return undefined;
}

/** E'…' takes backslashes as escapes; N, B, X and U& do not. */
function isEscapeString(text: string, quote: number): boolean {
  const letter = text.charAt(quote - 1);
  return (letter === 'E' || letter === 'e') && !isIdentifier(text.charAt(quote - 2));
}

function quoted(text: string, start: number, escapes: boolean): Found {
  for (let index = start; index < text.length; index++) {
    const character = text.charAt(index);
    if (escapes && character === '\\') index++;
    else if (character === "'") {
      if (text[index + 1] !== "'") return { start, end: index, after: index + 1 };
      index++;
    }
  }
  return { start, end: text.length, after: text.length };
}

const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

function dollarQuoted(text: string, index: number): Found | undefined {
  dollarTag.lastIndex = index;
  const tag = dollarTag.exec(text)?.[0];
  if (tag === undefined) return undefined;
  const start = index + tag.length;
  const end = text.indexOf(tag, start);
  return end < 0 ? { start, end: text.length, after: text.length } : { start, end, after: end + tag.length };
}

/** Steps over a string, a comment, a quoted identifier, or one character. */
export function skipToken(text: string, index: number): number {
  return literalAt(text, index)?.after ?? skipOther(text, index);
}

function skipOther(text: string, index: number): number {
  if (text.startsWith('--', index)) {
    const end = text.indexOf('\n', index);
    return end < 0 ? text.length : end + 1;
  }
  if (text.startsWith('/*', index)) return afterComment(text, index + 2);
  if (text[index] !== '"') return index + 1;
  const end = text.indexOf('"', index + 1);
  return end < 0 ? text.length : end + 1;
}

function afterComment(text: string, start: number): number {
  let depth = 1;
  for (let index = start; index < text.length; index++) {
    if (text.startsWith('/*', index)) {
      depth++;
      index++;
    } else if (text.startsWith('*/', index)) {
      depth--;
      index++;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

function isIdentifier(character: string): boolean {
  return /[A-Za-z0-9_$\u0080-\uffff]/.test(character);
}
