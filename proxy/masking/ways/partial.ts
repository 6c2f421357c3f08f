/** Shown in the place of each run that is hidden; its length says nothing of what was there. */
const HIDDEN = '***';

/**
 * A value of which a reader recognizes his own, and nobody learns another's: of an e-mail address the first letters of its parts and the
 * last part of its domain, of a card or telephone number its last digits, of all else a quarter of the characters from its end.
 * Never more than a quarter of what identifies, and nothing of a value of three characters or fewer.
 */
export function partialText(text: string): string {
  const at = text.lastIndexOf('@');
  if (at > 0 && isEmail(text, at)) return partialEmail(text, at);
  // Of a long text only the end is shown, so only the end is looked at; a character outside the basic plane is two units.
  const characters = Array.from(text.length > 64 ? text.slice(-64) : text);
  if (text.length > 64 && isLowSurrogate(characters[0] ?? '')) characters.shift();
  const digits = countDigits(characters);
  const shown = Math.min(4, Math.floor((digits >= 7 ? digits : characters.length) / 4));
  if (shown === 0) return HIDDEN;
  // In numbers, separators are not counted among the digits that are shown.
  if (digits >= 7) return HIDDEN + lastDigits(characters, shown);
  return HIDDEN + characters.slice(-shown).join('');
}

function isEmail(text: string, at: number): boolean {
  return text.length <= 320 && at < text.length - 3 && !/\s/.test(text) && text.indexOf('.', at) > at;
}

/** `a***@e***.com`. */
function partialEmail(text: string, at: number): string {
  const domain = Array.from(text.slice(at + 1));
  const local = Array.from(text.slice(0, at));
  const dot = domain.lastIndexOf('.');
  const top = domain.slice(dot + 1).join('');
  const first = (part: readonly string[]): string => (part.length >= 4 ? (part[0] ?? '') : '');
  // A last part that is no top-level domain could be anything.
  const suffix = /^[a-z]{2,6}$/i.test(top) ? `.${top}` : '';
  return `${first(local)}${HIDDEN}@${first(domain.slice(0, dot))}${HIDDEN}${suffix}`;
}

function lastDigits(characters: readonly string[], count: number): string {
  return characters.filter(isDigit).slice(-count).join('');
}

function countDigits(characters: readonly string[]): number {
  let digits = 0;
  for (const character of characters) {
    if (isDigit(character)) digits += 1;
    // Something else than a written number.
    else if (!' -+./()'.includes(character)) return 0;
  }
  return digits;
}

function isDigit(character: string): boolean {
  return character.length === 1 && character >= '0' && character <= '9';
}

function isLowSurrogate(character: string): boolean {
  const unit = character.charCodeAt(0);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
