import type { KeyedHash } from './keyed-hash.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
/** Longer texts are free text: what of them is no longer shaped like it is cut. */
const LONGEST = 4096;

/**
 * A text of the same shape with nothing of the value left in it: digits for digits, letters for letters of the same case, all
 * else as it stands. A number that is valid by Luhn's check (cards) stays so; an e-mail address becomes one that nobody can have (RFC 2606).
 * The same value gives the same fake, wherever it stands.
 */
export function fakeText(text: string, key: KeyedHash): string {
  const at = text.lastIndexOf('@');
  if (at > 0 && at < text.length - 1 && !/\s/.test(text)) return `${key.hex(text).slice(0, 12)}@example.com`;
  const characters = Array.from(text.slice(0, LONGEST));
  const chance = key.bytes(text, characters.length * 2);
  const fake = characters.map((character, i) => {
    const number = ((chance[2 * i] ?? 0) << 8) | (chance[2 * i + 1] ?? 0);
    return fakeCharacter(character, number);
  });
  if (luhnOf(characters) === 0) correctLuhn(fake);
  return fake.join('');
}

function fakeCharacter(character: string, number: number): string {
  if (character >= '0' && character <= '9') return String(number % 10);
  if (character >= 'a' && character <= 'z') return LOWER.charAt(number % 26);
  if (character >= 'A' && character <= 'Z') return UPPER.charAt(number % 26);
  // Letters of other alphabets would be shown as they are: any letter hides them as well.
  if (character > '\u007f' && /\p{L}|\p{N}|\p{M}|\p{So}|\p{Co}/u.test(character)) {
    return /\p{Lu}/u.test(character) ? UPPER.charAt(number % 26) : LOWER.charAt(number % 26);
  }
  return character;
}

/** Luhn's sum modulo 10 of a text that is one written number of 12 digits or more, else -1. */
export function luhnOf(characters: readonly string[]): number {
  let sum = 0;
  let digits = 0;
  for (let i = characters.length - 1; i >= 0; i--) {
    const character = characters[i] ?? '';
    if (character === ' ' || character === '-') continue;
    if (character < '0' || character > '9') return -1;
    const digit = Number(character);
    const doubled = digits % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
    digits += 1;
  }
  return digits >= 12 ? sum % 10 : -1;
}

/** Changes the last digit, which counts once, so that the sum is a multiple of ten. */
function correctLuhn(characters: string[]): void {
  const sum = luhnOf(characters);
  for (let i = characters.length - 1; i >= 0; i--) {
    const character = characters[i] ?? '';
    if (character < '0' || character > '9') continue;
    characters[i] = String((Number(character) + 10 - sum) % 10);
    return;
  }
}
