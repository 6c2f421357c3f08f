/** Longest label; what is longer is no word that a policy compares with. */
const LONGEST = 100;

/** Whether a text is a label's name: letters, digits, `_`, `-`, `.`, `:` and `/`, at most 100 of them. */
export function isLabel(text: string): boolean {
  return text.length <= LONGEST && /^[\p{L}\p{N}_][\p{L}\p{N}_.:/-]*$/u.test(text);
}
