/**
 * Whether a text holds so much of what costs tree-sitter more than its length (pipes, here-documents, openings) that it
 * is not read at all. A count of characters, quoted ones too: no script that people write comes near.
 */
export function isTooMuch(text: string): boolean {
  return count(text, /\|/g) > 1_000 || count(text, /<</g) > 100 || count(text, /\$[{(]|[(`]/g) > 2_000;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
