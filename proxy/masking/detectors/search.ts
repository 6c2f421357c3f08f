import { classOf, DIGIT, LOWER, UPPER, WORD, WORDLIKE } from './ascii.ts';
import { cardGroups } from './card.ts';
import { findEmail } from './email.ts';
import type { Found, Hints } from './found.ts';
import { HINT_CARD, HINT_NATIONAL, HINT_PHONE, hintsBefore } from './hints.ts';
import { ibanEnd } from './iban.ts';
import { jwtEnd } from './jwt.ts';
import { Keywords, stands } from './keywords.ts';
import type { DetectorName } from './names.ts';
import { findLetteredId, nationalIdGroups } from './national-id.ts';
import { continuesBehind, digitsEnd, NumberGroups } from './number-groups.ts';
import { internationalGroups, nationalGroups } from './phone.ts';
import { privateKeyEnd } from './private-key.ts';
import { SecretRules, TRIGGERS } from './secret.ts';

const NONE: readonly Found[] = [];

const NUMBER = 1;
const AT_SIGN = 2;
/** From here on: a slot of keywords. */
const KEYWORD = 3;

const PLUS = 0x2b;
const SPACE = 0x20;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const OPEN = 0x28;
const CLOSE = 0x29;

type Marked = 'jwt' | 'private_key' | number;

/**
 * One pass over the bytes: a table of pairs of bytes says where a value may begin, which is where a number begins, at an `@`, and at two bytes of a
 * keyword that are seldom seen together. Only there is anything verified, and how far a verification looks is bounded.
 */
export class Search {
  readonly #kinds: ReadonlySet<DetectorName>;
  readonly #pairs = new Uint8Array(65536);
  readonly #keywords = new Keywords<Marked>();
  readonly #rules: SecretRules | undefined;
  readonly #groups = new NumberGroups();
  readonly #bounds = new Int32Array(2);
  /** By rule, up to where its secrets have been found. */
  readonly #covered = new Float64Array(TRIGGERS.length);
  #found: Found[] | undefined;

  constructor(kinds: readonly DetectorName[]) {
    this.#kinds = new Set(kinds);
    const wants = (...names: readonly DetectorName[]): boolean => names.some((name) => this.#kinds.has(name));
    if (wants('jwt')) this.#keywords.add('eyJ', 'jwt');
    if (wants('private_key')) this.#keywords.add('-----BEGIN ', 'private_key');
    if (wants('secret')) {
      this.#rules = new SecretRules();
      for (const [i, { keywords }] of TRIGGERS.entries()) for (const word of keywords) this.#keywords.add(word, i);
    }
    for (const [pair, slot] of this.#keywords.pairs) this.#pairs[pair] = KEYWORD + slot;
    for (let before = 0; before < 256; before++) {
      if (wants('email')) this.#pairs[(before << 8) | 0x40] = AT_SIGN;
      // Behind a small letter, or another digit, no number begins.
      if (!wants('card', 'iban', 'phone', 'national_id')) continue;
      if ((classOf(before) & (DIGIT | LOWER | WORDLIKE)) !== 0) continue;
      for (let digit = 0x30; digit <= 0x39; digit++) this.#pairs[(before << 8) | digit] ||= NUMBER;
    }
  }

  find(bytes: Buffer, start: number, end: number, hints: Hints): readonly Found[] {
    const pairs = this.#pairs;
    this.#found = undefined;
    let before = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      const mark = pairs[(before << 8) | byte] ?? 0;
      if (mark === 0) {
        before = byte;
        continue;
      }
      at = this.#verify(mark, bytes, start, at, end, hints) - 1;
      before = bytes[at] ?? 0;
    }
    return this.#settle();
  }

  /** @returns where to go on, behind `at` */
  #verify(mark: number, bytes: Buffer, start: number, at: number, end: number, hints: Hints): number {
    if (mark === NUMBER) return this.#number(bytes, start, at, end, hints);
    if (mark === AT_SIGN) {
      if (findEmail(bytes, start, at, end, this.#bounds))
        this.#add('email', this.#bounds[0] ?? 0, this.#bounds[1] ?? 0);
      return at + 1;
    }
    let next = at + 1;
    for (const keyword of this.#keywords.at(mark - KEYWORD)) {
      if (!stands(keyword, bytes, start, at, end)) continue;
      next = Math.max(next, this.#marked(keyword.value, bytes, start, at - keyword.offset, end));
    }
    return next;
  }

  #marked(value: Marked, bytes: Buffer, start: number, at: number, end: number): number {
    if (typeof value === 'number') {
      this.#secret(value, bytes, start, at, end);
      return 0;
    }
    const behind = value === 'jwt' ? jwtEnd(bytes, start, at, end) : privateKeyEnd(bytes, at, end);
    if (behind > 0) this.#add(value, at, behind);
    return behind;
  }

  /** A piece of some lengths is searched at once, so that a text full of keywords is not searched again for each of them. */
  #secret(trigger: number, bytes: Buffer, start: number, at: number, end: number): void {
    if (this.#found === undefined) this.#begin();
    if (at < (this.#covered[trigger] ?? 0)) return;
    const longest = TRIGGERS[trigger]?.longest ?? 0;
    const covered = at + 3 * longest;
    this.#covered[trigger] = covered;
    for (const [from, to] of this.#rules?.find(trigger, bytes, start, at, end, 4 * longest) ?? []) {
      if (from < covered) this.#add('secret', from, to);
    }
  }

  #number(bytes: Buffer, start: number, at: number, end: number, hints: Hints): number {
    const kinds = this.#kinds;
    const groups = this.#groups;
    const before = at > start ? bytes[at - 1] : undefined;
    const second = at - 1 > start ? bytes[at - 2] : undefined;
    // Behind a capital, or behind one and a space or a hyphen, only what has letters itself can begin.
    const glued = classOf(before) === UPPER;
    const lettered = glued || ((before === SPACE || before === HYPHEN) && classOf(second) === UPPER);
    const continued = glued || ((before === HYPHEN || before === DOT) && (classOf(second) & WORD) !== 0);
    if (continued && !lettered) return digitsEnd(bytes, at, end);
    groups.read(bytes, at, end);
    const first = groups.ends[0] ?? at + 1;
    if (glued && kinds.has('iban') && first - at >= 2) {
      const behind = ibanEnd(bytes, start, at, end);
      if (behind > 0) return this.#add('iban', at - 2, behind);
    }
    if (kinds.has('national_id') && (lettered || first - at === 8)) {
      if (findLetteredId(bytes, start, at, end, first - at, this.#bounds)) {
        return this.#add('national_id', this.#bounds[0] ?? 0, this.#bounds[1] ?? 0);
      }
    }
    if (continued) return first;
    const total = groups.totals[groups.count - 1] ?? 0;
    if (total < 7) return first;
    // Days are everywhere: 2026-01-31
    if (groups.count >= 3 && groups.length(0) === 4 && groups.length(1) === 2 && groups.length(2) === 2)
      return groups.ends[2] ?? first;
    const hinted = (hint: Hints): boolean => ((hints | hintsBefore(bytes, start, at)) & hint) !== 0;
    const plus = before === PLUS;
    const opened = before === OPEN && bytes[first] === CLOSE;
    if (kinds.has('phone') && plus) {
      const to = internationalGroups(bytes, groups);
      if (to > 0 && this.#ends(bytes, to, end)) return this.#add('phone', at - 1, groups.ends[to - 1] ?? 0);
    }
    if (kinds.has('card') && total >= 12) {
      const to = cardGroups(bytes, groups, (hints & HINT_CARD) !== 0);
      if (to > 0 && this.#ends(bytes, to, end)) return this.#add('card', at, groups.ends[to - 1] ?? 0);
    }
    if (kinds.has('national_id') && total >= 9) {
      const to = nationalIdGroups(bytes, groups, () => hinted(HINT_NATIONAL));
      if (to > 0 && this.#ends(bytes, to, end)) return this.#add('national_id', at, groups.ends[to - 1] ?? 0);
    }
    if (kinds.has('phone') && !plus) {
      const to = nationalGroups(bytes, groups, opened, () => hinted(HINT_PHONE));
      if (to > 0 && this.#ends(bytes, to, end))
        return this.#add('phone', opened ? at - 1 : at, groups.ends[to - 1] ?? 0);
    }
    return first;
  }

  #ends(bytes: Buffer, to: number, end: number): boolean {
    return !continuesBehind(bytes, this.#groups.ends[to - 1] ?? 0, end);
  }

  #begin(): Found[] {
    this.#covered.fill(0);
    return (this.#found = []);
  }

  #add(detector: DetectorName, start: number, end: number): number {
    (this.#found ?? this.#begin()).push({ detector, start, end });
    return end;
  }

  /** In order, and what overlaps is one, of the kind that the longer one is. */
  #settle(): readonly Found[] {
    const found = this.#found;
    this.#found = undefined;
    if (found === undefined || found.length === 0) return NONE;
    found.sort((a, b) => a.start - b.start || b.end - a.end);
    const settled: Found[] = [];
    for (const one of found) {
      const last = settled.at(-1);
      if (last === undefined || one.start >= last.end) settled.push(one);
      else {
        const longer = one.end - one.start > last.end - last.start ? one : last;
        settled[settled.length - 1] = {
          detector: longer.detector,
          start: last.start,
          end: Math.max(last.end, one.end),
        };
      }
    }
    return settled;
  }
}
