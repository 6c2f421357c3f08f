import { printable } from './terminal.ts';
import { oneLine, shorten } from './text.ts';

/** What could be structure in Markdown, a table or HTML, as a character reference, which cannot (CommonMark 0.31, §2.5). */
const structural = /[&<>"'`*_~[\](){}\\|!^=+$]/;
/** A number, a dash or dots at the start of a line could begin a list or a rule. */
const listMarker = /^(?:\d+(?=[.)])|[-.])/;
/** What GitHub's parser makes an address of. */
const address = /:(?=\/\/)|\bw(?=ww\.)/i;
/** What GitHub looks for once the Markdown is HTML: @mentions, #references, GH-1, :emoji:. A space of no width parts it. */
const reference = /[@#]|:(?=[\w+-]+:)|\bGH(?=-\d)/i;

const inCode = anyOf(structural, address);
/** In the group stands what has to be parted from what follows. */
const inText = anyOf(new RegExp(`(${anyOf(reference, address).source})`), structural, listMarker);

/**
 * Somebody else's text as Markdown that says just that text: no HTML, links, images, emphasis, table columns, no @mention
 * and no #reference.
 */
export function markdownText(text: string, maximum = 500): string {
  return shorten(oneLine(text), maximum).replace(
    inText,
    (found, parted?: string) => asReferences(found) + (parted === undefined ? '' : '&#8203;'),
  );
}

/** The same as code, where GitHub looks for no mentions. */
export function markdownCode(text: string, maximum = 300): string {
  return `<code>${shorten(oneLine(text), maximum).replace(inCode, asReferences)}</code>`;
}

/** Several lines as they are, in a fence that none of them can close. */
export function markdownBlock(text: string, maximum = 4_000): string {
  const lines = shorten(text.replace(/\r?\n$/, ''), maximum)
    .split(/\r?\n/)
    .map((line) => printable(line.replaceAll('\t', '    ')));
  const longest = Math.max(2, ...lines.map((line) => /^ *(`{3,})/.exec(line)?.[1]?.length ?? 0));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${lines.join('\n')}\n${fence}\n`;
}

function asReferences(text: string): string {
  return Array.from(text, (character) => `&#${character.codePointAt(0) ?? 0};`).join('');
}

function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'), 'giu');
}
