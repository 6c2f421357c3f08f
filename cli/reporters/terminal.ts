import { styleText } from 'node:util';

export { escapeCharacter, printable } from '../../proxy/printable.ts';

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
