import { isLabel } from './label-name.ts';

const MARK = '@labels';

/**
 * The labels in a comment: `@labels(pii, email)`, anywhere in it, as often as one likes.
 *
 * @returns undefined where `@labels` is written in another way: nobody knows then what was meant
 */
export function labelsInComment(text: string): string[] | undefined {
  const labels: string[] = [];
  for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at)) {
    at += MARK.length;
    // `@labelset` is another word.
    if (/[\p{L}\p{N}_]/u.test(text.charAt(at))) continue;
    const end = text.indexOf(')', at);
    if (text[at] !== '(' || end < 0) return undefined;
    const found = text
      .slice(at + 1, end)
      .split(',')
      .map((label) => label.trim());
    if (!found.every(isLabel)) return undefined;
    labels.push(...found);
    at = end;
  }
  return labels;
}

/** Longest part of a security label that is taken for a label. */
const LONGEST_PART = 256;

/** The labels in a security label of any provider: its text between commas. */
export function labelsInSecurityLabel(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim().slice(0, LONGEST_PART))
    .filter((part) => part !== '');
}
