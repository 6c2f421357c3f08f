import type { CountryCode } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/metadata.min.json';
import { MIXED, type NumberGroups } from './number-groups.ts';

/** Where a country's entry in the metadata (version 4) holds what its national numbers look like. */
const NATIONAL_PATTERN = 2;

/** National numbers of a country: how they look without prefixes. */
const plans = new Map<string, RegExp | undefined>();

/** Where numbers without a country code are looked up whose first digit is the trunk prefix 0. */
const TRUNK_COUNTRIES: readonly CountryCode[] = [
  'GB',
  'FR',
  'DE',
  'NL',
  'BE',
  'CH',
  'AT',
  'SE',
  'FI',
  'IE',
  'AU',
  'JP',
  'IN',
];

const HYPHEN = 0x2d;
const DOT = 0x2e;
const SPACE = 0x20;

/**
 * How many of the first groups are a telephone number in international form, behind its `+`: a calling code and a number of one of its countries.
 * 0: none.
 */
export function internationalGroups(bytes: Buffer, groups: NumberGroups): number {
  for (let to = groups.count; to >= 1; to--) {
    const total = groups.totals[to - 1] ?? 0;
    if (total > 16) continue;
    if (total < 8) return 0;
    if (isInternational(groups.digits(bytes, 0, to))) return to;
    // +44 (0)20 …: the trunk prefix is shown, and not dialled.
    if (to > 2 && groups.length(1) === 1 && bytes[groups.starts[1] ?? 0] === 0x30) {
      if (isInternational(groups.digits(bytes, 0, 1) + groups.digits(bytes, 2, to))) return to;
    }
  }
  return 0;
}

/**
 * How many of the first groups are a telephone number as it is written within a country. What its separators do not tell, its column or
 * the words before it must: `hinted`.
 */
export function nationalGroups(bytes: Buffer, groups: NumberGroups, opened: boolean, hinted: () => boolean): number {
  for (let to = groups.count; to >= 1; to--) {
    const total = groups.totals[to - 1] ?? 0;
    if (total > 15) continue;
    if (total < 7) return 0;
    if (to > 1 && (isNorthAmerican(bytes, groups, to, opened) || isTrunk(bytes, groups, to))) return to;
    if (total >= (to > 1 ? 7 : 9) && hinted()) return to;
  }
  return 0;
}

/** 415-555-2671, (415) 555-2671, 1-415-555-2671, 415.555.2671. Divided by spaces alone it could be any three numbers. */
function isNorthAmerican(bytes: Buffer, groups: NumberGroups, to: number, opened: boolean): boolean {
  const prefixed = groups.shaped(to, [1, 3, 3, 4]) && bytes[groups.starts[0] ?? 0] === 0x31;
  if (!prefixed && !groups.shaped(to, [3, 3, 4])) return false;
  const last = groups.separators[to - 1];
  if (last !== HYPHEN && last !== DOT && !(last === SPACE && opened)) return false;
  if (!opened && groups.separatorOf(to) === MIXED && !prefixed) return false;
  return matches('US', groups.digits(bytes, prefixed ? 1 : 0, to));
}

/** 020 7946 0018, 06 12 34 56 78, 030/1234567: a trunk prefix and two groups or more. */
function isTrunk(bytes: Buffer, groups: NumberGroups, to: number): boolean {
  const total = groups.totals[to - 1] ?? 0;
  if (bytes[groups.starts[0] ?? 0] !== 0x30 || groups.length(0) < 2 || total < 9 || total > 12) return false;
  // A number with a fraction.
  if (to === 2 && groups.separators[1] === DOT) return false;
  // All but the first divided by the same.
  for (let i = 3; i < to; i++) if (groups.separators[i] !== groups.separators[2]) return false;
  const national = groups.digits(bytes, 0, to).slice(1);
  return TRUNK_COUNTRIES.some((country) => matches(country, national)) || matches('IT', `0${national}`);
}

function isInternational(digits: string): boolean {
  for (let length = 1; length <= 3; length++) {
    const code = digits.slice(0, length);
    const countries = countriesOf(code);
    if (countries === undefined) continue;
    const national = digits.slice(length);
    // No code begins with another one, so a number has one.
    return countries.length === 0
      ? national.length >= 6
      : countries.some(
          (country) => matches(country, national) || (national.startsWith('0') && matches(country, national.slice(1))),
        );
  }
  return false;
}

const codes = new Map(Object.entries(metadata.country_calling_codes));

/** Undefined: no such code; empty: one of no country. */
function countriesOf(code: string): readonly CountryCode[] | undefined {
  return codes.get(code) ?? (Object.hasOwn(metadata.nonGeographic, code) ? [] : undefined);
}

function matches(country: CountryCode, national: string): boolean {
  let plan = plans.get(country);
  if (plan === undefined && !plans.has(country)) {
    // The library's own parser takes tens of microseconds for a number: this is the pattern that it decides by.
    const pattern: unknown = metadata.countries[country]?.[NATIONAL_PATTERN];
    plan = typeof pattern === 'string' ? new RegExp(`^(?:${pattern})$`) : undefined;
    plans.set(country, plan);
  }
  return plan?.test(national) === true;
}
