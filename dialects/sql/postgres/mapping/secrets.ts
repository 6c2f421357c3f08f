import type { Span } from '../../../../engine/contract.ts';
import type { OffsetMap } from '../offsets.ts';
import type { Mapping } from './mapping.ts';
import { findStringLiterals } from './string-literals.ts';

/** Spans, in the command's own text, of the literals that the mapping found to be secret. */
export function secretSpans(mapping: Mapping, command: string, start: number, toUtf16: OffsetMap): Span[] {
  if (mapping.secretsAt.length === 0 && !mapping.holdsNestedSecret) return [];
  const literals = findStringLiterals(command);
  if (mapping.holdsNestedSecret) return literals.map(({ content }) => content);
  const spans = new Map<number, Span>();
  for (const byteOffset of mapping.secretsAt) {
    const offset = Math.max(0, toUtf16(byteOffset) - start);
    let index = literals.findIndex(({ content }) => content.start > offset);
    // A string that is written in several parts is one secret.
    do {
      const literal = literals[index];
      if (literal === undefined) break;
      spans.set(literal.content.start, literal.content);
      index++;
    } while (literals[index]?.continues === true);
  }
  return [...spans.values()].sort((left, right) => left.start - right.start);
}

/** For a text that does not parse: what is quoted may be secret, the rest shows the operator what it was. */
export function quotedSpans(text: string): Span[] {
  return findStringLiterals(text).map(({ content }) => content);
}

const BLOT = '***';

/** A text without its secrets. What is left still parses, and means the same but for them. */
export function blot(text: string, secrets: readonly Span[]): string {
  let blotted = '';
  let end = 0;
  for (const secret of secrets) {
    blotted += text.slice(end, secret.start) + BLOT;
    end = secret.end;
  }
  return blotted + text.slice(end);
}

/** An error's message without what it quotes from the text's literals (`syntax error at or near "'…'"`). */
export function blotMessage(message: string, text: string): string {
  let blotted = message;
  for (const { start, end } of quotedSpans(text)) {
    if (end > start) blotted = blotted.replaceAll(text.slice(start, end), BLOT);
  }
  return blotted;
}
