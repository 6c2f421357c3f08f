import { skipToken } from './string-literals.ts';

/**
 * The statement that PREPARE keeps: what follows the first AS that stands neither in quotes, comments nor parentheses
 * (`PREPARE name [(types)] AS statement`; AS is reserved, so no name is it). The tree does not tell where it begins.
 *
 * @param text a PREPARE statement that parsed
 */
export function preparedText(text: string): string | undefined {
  let depth = 0;
  let index = 0;
  while (index < text.length) {
    const character = text.charAt(index);
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (isWordPart(character)) {
      const start = index;
      while (isWordPart(text.charAt(index))) index++;
      if (depth === 0 && text.slice(start, index).toLowerCase() === 'as') return text.slice(index).trim();
      continue;
    }
    index = skipToken(text, index);
  }
  return undefined;
}

function isWordPart(character: string): boolean {
  return /[A-Za-z0-9_$\u0080-\uffff]/.test(character);
}
