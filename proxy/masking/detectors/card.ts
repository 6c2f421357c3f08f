import creditCardType from 'credit-card-type';
import { MIXED, type NumberGroups } from './number-groups.ts';

/** First six digits of the numbers of a brand, and how many digits they have. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly lengths: ReadonlySet<number>;
  /** Those of them that a number has to have if nothing else says that it is a card's. */
  readonly usual: ReadonlySet<number>;
}

const PREFIX = 6;

const RANGES: readonly Range[] = Object.values(creditCardType.types).flatMap((brand) => {
  const { patterns, lengths } = creditCardType.getTypeInfo(brand);
  return patterns.map((pattern) => {
    const [from = 0, to = from] = typeof pattern === 'number' ? [pattern] : pattern;
    const padding = PREFIX - String(from).length;
    // Of patterns of more than six digits, six tell enough.
    const widen = (prefix: number, digit: string): number =>
      Number(String(prefix).slice(0, PREFIX) + digit.repeat(Math.max(0, padding)));
    // Maestro has numbers of any length, nearly all of them of 16 or 19 digits.
    const usual = brand === 'maestro' ? [16, 19] : lengths.filter((length) => length >= 14);
    return { from: widen(from, '0'), to: widen(to, '9'), lengths: new Set(lengths), usual: new Set(usual) };
  });
});

/**
 * How many of the first groups are a card's number: digits in one group, or as cards show them, in a brand's range and of its length, with
 * Luhn's check digit. 0: none.
 */
export function cardGroups(bytes: Buffer, groups: NumberGroups, hinted: boolean): number {
  for (let to = Math.min(groups.count, 5); to >= 1; to--) {
    const total = groups.totals[to - 1] ?? 0;
    if (total < 12 || total > 19) continue;
    if (to > 1 && !cardShaped(groups, to)) continue;
    const digits = groups.digits(bytes, 0, to);
    if (inRange(digits, hinted) && luhn(digits)) return to;
  }
  return 0;
}

function cardShaped(groups: NumberGroups, to: number): boolean {
  if (groups.separatorOf(to) === MIXED) return false;
  // Fours with a rest; 4-6-5 and 4-6-4 of American Express and Diners Club.
  if (to === 3) return groups.length(0) === 4 && groups.length(1) === 6 && groups.length(2) >= 4;
  for (let i = 0; i < to - 1; i++) if (groups.length(i) !== 4) return false;
  return to > 3 && groups.length(to - 1) <= 4;
}

function inRange(digits: string, hinted: boolean): boolean {
  const prefix = Number(digits.slice(0, PREFIX));
  return RANGES.some(
    ({ from, to, lengths, usual }) => prefix >= from && prefix <= to && (hinted ? lengths : usual).has(digits.length),
  );
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, doubled = false; i >= 0; i--, doubled = !doubled) {
    const digit = digits.charCodeAt(i) - 0x30;
    const counted = doubled ? digit * 2 : digit;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}
