import { classOf, DIGIT, LETTER } from './ascii.ts';
import { NO_HINTS, type Hints } from './found.ts';

export const HINT_CARD = 1;
export const HINT_PHONE = 2;
export const HINT_NATIONAL = 4;

/** Words, in lower case and without separators, that stand in names of columns and before numbers of a kind. */
const WORDS: readonly (readonly [hint: Hints, words: readonly string[]])[] = [
  [HINT_CARD, ['card', 'ccn', 'ccnum', 'pan', 'creditcard', 'karte', 'kreditkarte']],
  [
    HINT_PHONE,
    [
      'phone',
      'telephone',
      'tel',
      'mobile',
      'cell',
      'cellphone',
      'fax',
      'msisdn',
      'telefon',
      'handy',
      'mobil',
      'telefono',
      'portable',
      'sms',
      'whatsapp',
    ],
  ],
  [
    HINT_NATIONAL,
    [
      'ssn',
      'socialsecurity',
      'nationalid',
      'personalid',
      'nino',
      'nir',
      'insee',
      'steuerid',
      'steueridentifikationsnummer',
      'taxid',
      'idnr',
      'dni',
      'nie',
      'nif',
      'bsn',
      'burgerservicenummer',
      'pesel',
      'ahv',
      'codicefiscale',
      'sozialversicherungsnummer',
    ],
  ],
];

const BY_WORD = new Map(WORDS.flatMap(([hint, words]) => words.map((word) => [word, hint] as const)));
const SURROUNDING_BYTES = 40;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const NEWLINE = 0x0a;

/** What a name says of values below it: `customer_phone`, `mobileNo`, `SSN`, `tax_id`. */
export function hintsOf(name: string): Hints {
  const words = name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '');
  let hints = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    hints |= (BY_WORD.get(word) ?? 0) | (BY_WORD.get(word + (words[i + 1] ?? '')) ?? 0);
  }
  return hints;
}

/** Texts that were looked at before: names of members and columns come again and again. */
const remembered = new Map<string, Hints>();
const REMEMBERED = 1000;

/** What the text before `at`, of the same clause, says of the number that stands there. */
export function hintsBefore(bytes: Buffer, start: number, at: number): Hints {
  const earliest = Math.max(start, at - SURROUNDING_BYTES);
  let from = at;
  let letters = false;
  while (from > earliest) {
    const byte = bytes[from - 1] ?? 0;
    const kind = classOf(byte);
    if (kind === DIGIT || byte === COMMA || byte === SEMICOLON || byte === NEWLINE) break;
    letters ||= (kind & LETTER) !== 0;
    from -= 1;
  }
  if (!letters) return NO_HINTS;
  const text = bytes.toString('latin1', from, at);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const hints = hintsOf(text);
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(text, hints);
  return hints;
}
