/** Shown in the place of each run that is hidden; its length says nothing of what was there. */
const HIDDEN = '***';
const ASCII = /^[\0-\x7f]*$/;
/** What stands in a written number beside its digits. */
const NUMERIC = ' -+./()';

/**
 * A value of which a reader recognizes his own, and nobody learns another's: of an e-mail address the first letters of its parts and the
 * last part of its domain, of a card or telephone number its last digits, of all else a quarter of the characters from its end.
 * Never more than a quarter of what identifies, and nothing of a value of three characters or fewer.
 */
export function partialText(text: string): string {
  const at = text.lastIndexOf('@');
  if (at > 0 && isEmail(text, at)) return partialEmail(text, at);
  if (ASCII.test(text)) return partialAscii(text);
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

/** The same as for other texts, without the cost of cutting them into characters. */
function partialAscii(text: string): string {
  const digits = text.length > 64 ? 0 : numberDigits(text);
  const shown = Math.min(4, (digits >= 7 ? digits : Math.min(64, text.length)) >> 2);
  if (shown === 0) return HIDDEN;
  if (digits < 7) return HIDDEN + text.slice(-shown);
  let last = '';
  for (let i = text.length - 1; last.length < shown; i--) if (isDigit(text.charAt(i))) last = text.charAt(i) + last;
  return HIDDEN + last;
}

function numberDigits(text: string): number {
  let digits = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x30 && unit <= 0x39) digits += 1;
    else if (!NUMERIC.includes(text.charAt(i))) return 0;
  }
  return digits;
}

/** `a***@e***.com`. */
function partialEmail(text: string, at: number): string {
  const dot = text.lastIndexOf('.');
  const top = text.slice(dot + 1);
  // A last part that is no top-level domain could be anything.
  const suffix = /^[a-z]{2,6}$/i.test(top) ? `.${top}` : '';
  return `${firstOf(text, 0, at)}${HIDDEN}@${firstOf(text, at + 1, dot)}${HIDDEN}${suffix}`;
}

/** The first character of a part that has more than three others. */
function firstOf(text: string, start: number, end: number): string {
  const unit = text.charCodeAt(start);
  const length = unit >= 0xd800 && unit <= 0xdbff ? 2 : 1;
  // Of a part with surrogates, half of the units may be none of the characters.
  return end - start >= 4 * length ? text.slice(start, start + length) : '';
}

function lastDigits(characters: readonly string[], count: number): string {
  return characters.filter(isDigit).slice(-count).join('');
}

function countDigits(characters: readonly string[]): number {
  let digits = 0;
  for (const character of characters) {
    if (isDigit(character)) digits += 1;
    // Something else than a written number.
    else if (!NUMERIC.includes(character)) return 0;
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
