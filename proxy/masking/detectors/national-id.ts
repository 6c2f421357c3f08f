import * as deIdnr from 'stdnum/lib/cjs/de/idnr.js';
import * as esDni from 'stdnum/lib/cjs/es/dni.js';
import * as esNie from 'stdnum/lib/cjs/es/nie.js';
import * as frNir from 'stdnum/lib/cjs/fr/nir.js';
import * as gbNino from 'stdnum/lib/cjs/gb/nino.js';
import * as itCodiceFiscale from 'stdnum/lib/cjs/it/codicefiscale.js';
import * as nlBsn from 'stdnum/lib/cjs/nl/bsn.js';
import * as plPesel from 'stdnum/lib/cjs/pl/pesel.js';
import * as chSsn from 'stdnum/lib/cjs/ch/ssn.js';
import * as usSsn from 'stdnum/lib/cjs/us/ssn.js';
import { classOf, UPPER, WORD } from './ascii.ts';
import { MIXED, type NumberGroups } from './number-groups.ts';

interface Validator {
  validate(value: string): { isValid: boolean };
}

/** Numbers of digits alone. */
interface NumberKind {
  readonly validator: Validator;
  /** Lengths of groups that are a number of this kind by themselves. */
  readonly shapes: readonly (readonly number[])[];
  /** Those that only surroundings make one: too many other numbers pass its check by chance. */
  readonly hinted: readonly (readonly number[])[];
}

const NUMBERS: readonly NumberKind[] = [
  { validator: usSsn, shapes: [[3, 2, 4]], hinted: [[9]] },
  { validator: frNir, shapes: [[1, 2, 2, 2, 3, 3, 2], [13, 2], [15]], hinted: [] },
  { validator: deIdnr, shapes: [[2, 3, 3, 3]], hinted: [[11]] },
  { validator: nlBsn, shapes: [[4, 2, 3]], hinted: [[9]] },
  { validator: plPesel, shapes: [], hinted: [[11]] },
  { validator: chSsn, shapes: [[3, 4, 4, 2], [13]], hinted: [] },
];

/** How many of the first groups are a national identification number; 0: none. */
export function nationalIdGroups(bytes: Buffer, groups: NumberGroups, hinted: () => boolean): number {
  for (let to = groups.count; to >= 1; to--) {
    const total = groups.totals[to - 1] ?? 0;
    if (total > 15) continue;
    if (total < 9) return 0;
    const separator = groups.separatorOf(to);
    if (separator === MIXED) continue;
    for (const { validator, shapes, hinted: weak } of NUMBERS) {
      const shaped = shapes.some((lengths) => groups.shaped(to, lengths));
      if (!shaped && !weak.some((lengths) => groups.shaped(to, lengths))) continue;
      // A social security number is written with hyphens; with spaces it could be any three numbers.
      const usual = shaped && (validator !== usSsn || separator !== SPACE);
      if (validator.validate(groups.digits(bytes, 0, to)).isValid && (usual || hinted())) return to;
    }
  }
  return 0;
}

const SPACE = 0x20;

/** Ids with letters: an expression over the next characters for their shape, digits of the first group, letters before it. */
const LETTERED: readonly {
  readonly validator: Validator;
  readonly shape: RegExp;
  readonly before: number;
  readonly digits: number;
}[] = [
  // QQ123456C, QQ 12 34 56 C
  { validator: gbNino, shape: /^[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]/, before: 2, digits: 6 },
  { validator: gbNino, shape: /^[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]/, before: 2, digits: 2 },
  { validator: gbNino, shape: /^[A-Z]{2} \d{2} ?\d{2} ?\d{2} ?[A-D]/, before: 3, digits: 2 },
  { validator: gbNino, shape: /^[A-Z]{2} \d{6} ?[A-D]/, before: 3, digits: 6 },
  { validator: esDni, shape: /^\d{8}-?[A-Z]/, before: 0, digits: 8 },
  { validator: esNie, shape: /^[XYZ]-?\d{7}-?[A-Z]/, before: 1, digits: 7 },
  { validator: esNie, shape: /^[XYZ]-\d{7}-?[A-Z]/, before: 2, digits: 7 },
  // Letters stand for digits where another person would have the same code.
  { validator: itCodiceFiscale, shape: /^[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]/, before: 6, digits: 2 },
];
const LONGEST_LETTERED = 17;

/** Bounds of an id with letters whose first digits, `digits` of them, begin at `at`. */
export function findLetteredId(
  bytes: Buffer,
  start: number,
  at: number,
  end: number,
  digits: number,
  bounds: Int32Array,
): boolean {
  if (digits !== 2 && (digits < 6 || digits > 8)) return false;
  for (const { validator, shape, before, digits: expected } of LETTERED) {
    const begin = at - before;
    if (digits !== expected || begin < start || (before > 0 && classOf(bytes[begin]) !== UPPER)) continue;
    if (begin > start && (classOf(bytes[begin - 1]) & WORD) !== 0) continue;
    const match = shape.exec(bytes.toString('latin1', begin, Math.min(end, begin + LONGEST_LETTERED)));
    if (match === null) continue;
    const behind = begin + match[0].length;
    if (behind < end && (classOf(bytes[behind]) & WORD) !== 0) continue;
    if (!validator.validate(match[0]).isValid) continue;
    bounds[0] = begin;
    bounds[1] = behind;
    return true;
  }
  return false;
}
