import { printable } from './terminal.ts';
import { oneLine, shorten } from './text.ts';

/**
 * Somebody else's text as Markdown that says just that text: no HTML, links, images, emphasis or table columns, no
 * @mention, #reference or bare address that GitHub would act on. Character references cannot be structure
 * (CommonMark 0.31, §2.5), and a zero-width space parts what GitHub looks for after rendering.
 */
export function markdownText(text: string, maximum = 500): string {
  return shorten(oneLine(text), maximum)
    .replace(/[&<>"'`*_~[\](){}\\|!^=+$]/g, reference)
    .replace(/[@#]/g, (character) => `${reference(character)}&#8203;`)
    .replace(/:(?=\/\/|[\w+-]+:)/g, `${reference(':')}&#8203;`)
    .replace(/\b(www)\./gi, '$1&#8203;.')
    .replace(/\b(GH)-(?=\d)/gi, '$1&#8203;-')
    .replace(/^([-.\d]+)/, (start) =>
      Array.from(start, (character) => (/\d/.test(character) ? character : reference(character))).join(''),
    );
}

/** The same within a code span, where GitHub looks for nothing. */
export function markdownCode(text: string, maximum = 300): string {
  const shown = shorten(oneLine(text), maximum).replace(/[^\p{L}\p{N} ]/gu, (character) =>
    character.length === 1 && character.charCodeAt(0) < 0x80 ? reference(character) : character,
  );
  return `<code>${shown}</code>`;
}

/** Several lines as they are, in a fence that none of them can close. */
export function markdownBlock(text: string, maximum = 4_000): string {
  const lines = shorten(text.replace(/\r?\n$/, ''), maximum)
    .split(/\r?\n/)
    .map((line) => printable(line.replaceAll('\t', '    ')));
  const longest = Math.max(2, ...lines.map((line) => /^ {0,3}(`{3,})/.exec(line)?.[1]?.length ?? 0));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${lines.join('\n')}\n${fence}\n`;
}

function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
