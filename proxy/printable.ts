/**
 * Text that somebody else wrote, fit for a terminal or a chat: control characters (which could move the cursor or
 * rewrite what was printed) and bidirectional overrides (which could show a text in another order) are written as
 * escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, escapeCharacter);
}

/** How a character that may not be printed is shown. */
export function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
