import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** Puts a style on a text, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

/**
 * Colours only where a person looks at a terminal. NO_COLOR turns them off (https://no-color.org), FORCE_COLOR turns them
 * on, for CI logs that show them, or off with 0 or false; it goes first, as in Node.
 */
export function createPaint(
  stream: { readonly isTTY?: boolean },
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Paint {
  const forced = env['FORCE_COLOR'];
  const coloured = forced ? !['0', 'false'].includes(forced) : stream.isTTY === true && !env['NO_COLOR'];
  return coloured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/**
 * Text that somebody else wrote, fit for a terminal: control characters (which could move the cursor or rewrite what
 * was printed) and bidirectional overrides (which could show a text in another order) are written as escapes.
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
