import { daysIn, dayNames, isLeap, monthNames, toSeconds } from './calendar.ts';
import { type Chunk, type Element, parseLayout } from './time-layout.ts';

/** Go's time.Parse (Go source: time/format.go), in UTC. */

export class TimeParseError extends Error {
  override readonly name = 'TimeParseError';
}

/** Nanoseconds since the Unix epoch. @throws TimeParseError when the value does not follow the layout. */
export function parseTime(layout: string, value: string): bigint {
  return new TimeParser(value).parse(parseLayout(layout));
}

class TimeParser {
  readonly #value: string;
  #rest: string;
  #year = 0;
  #month: number | undefined;
  #day: number | undefined;
  #dayOfYear: number | undefined;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #nanoseconds = 0;
  #half: 'am' | 'pm' | undefined;
  /** Seconds east of UTC. */
  #offset = 0;

  constructor(value: string) {
    this.#value = value;
    this.#rest = value;
  }

  parse(chunks: readonly Chunk[]): bigint {
    for (const [index, chunk] of chunks.entries()) {
      if (chunk.kind === 'literal') this.#literal(chunk.text);
      else if (chunk.kind === 'fraction') this.#fraction(chunk.digits, chunk.exact);
      else this.#element(chunk.element, chunks[index + 1]);
    }
    if (this.#rest !== '') throw this.#fail('extra text');
    if (this.#half === 'pm' && this.#hour < 12) this.#hour += 12;
    if (this.#half === 'am' && this.#hour === 12) this.#hour = 0;
    const { month, day } = this.#date();
    const seconds = toSeconds({
      year: this.#year,
      month,
      day,
      hour: this.#hour,
      minute: this.#minute,
      second: this.#second,
    });
    return BigInt(seconds - this.#offset) * 1_000_000_000n + BigInt(this.#nanoseconds);
  }

  #fail(why: string): TimeParseError {
    return new TimeParseError(`parsing time "${this.#value}": ${why}`);
  }

  /** A run of blanks in the layout stands for any run of blanks, even an empty one at the end. */
  #literal(text: string): void {
    for (let index = 0; index < text.length;) {
      if (text[index] === ' ') {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) throw this.#fail('a blank is missing');
        while (text[index] === ' ') index += 1;
        this.#rest = this.#rest.replace(/^ +/, '');
      } else {
        const expected = text[index] ?? '';
        if (!this.#rest.startsWith(expected)) throw this.#fail(`"${expected}" is missing`);
        this.#rest = this.#rest.slice(1);
        index += 1;
      }
    }
  }

  #take(count: number): string {
    if (this.#rest.length < count) throw this.#fail('it ends early');
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return taken;
  }

  #digits(minimum: number, maximum: number): number {
    let count = 0;
    while (count < maximum && isDigit(this.#rest[count])) count += 1;
    if (count < minimum) throw this.#fail('a number is missing');
    return Number(this.#take(count));
  }

  #inRange(value: number, low: number, high: number, what: string): number {
    if (value < low || value > high) throw this.#fail(`${what} out of range`);
    return value;
  }

  #name(names: readonly string[]): number {
    const index = names.findIndex((name) => this.#rest.slice(0, name.length).toLowerCase() === name.toLowerCase());
    const name = names[index];
    if (name === undefined) throw this.#fail('a name is missing');
    this.#take(name.length);
    return index;
  }

  #element(element: Element, next: Chunk | undefined): void {
    switch (element) {
      case '06': {
        const year = this.#digits(2, 2);
        this.#year = year + (year >= 69 ? 1900 : 2000);
        break;
      }
      case '2006':
        this.#year = this.#digits(4, 4);
        break;
      case 'Jan':
        this.#month = this.#name(monthNames.map((name) => name.slice(0, 3))) + 1;
        break;
      case 'January':
        this.#month = this.#name(monthNames) + 1;
        break;
      case '1':
      case '01':
        this.#month = this.#inRange(this.#digits(element.length, 2), 1, 12, 'month');
        break;
      case 'Mon':
        this.#name(dayNames.map((name) => name.slice(0, 3)));
        break;
      case 'Monday':
        this.#name(dayNames);
        break;
      case '_2':
        if (this.#rest.startsWith(' ')) this.#take(1);
        this.#day = this.#digits(1, 2);
        break;
      case '2':
      case '02':
        this.#day = this.#digits(element.length, 2);
        break;
      case '__2':
        for (let blanks = 0; blanks < 2; blanks += 1) if (this.#rest.startsWith(' ')) this.#take(1);
        this.#dayOfYear = this.#digits(1, 3);
        break;
      case '002':
        this.#dayOfYear = this.#digits(3, 3);
        break;
      case '15':
        this.#hour = this.#inRange(this.#digits(1, 2), 0, 23, 'hour');
        break;
      case '3':
      case '03':
        this.#hour = this.#inRange(this.#digits(element.length, 2), 0, 12, 'hour');
        break;
      case '4':
      case '04':
        this.#minute = this.#inRange(this.#digits(element.length, 2), 0, 59, 'minute');
        break;
      case '5':
      case '05':
        this.#second = this.#inRange(this.#digits(element.length, 2), 0, 59, 'second');
        // A fraction may follow the seconds even when the layout has none.
        if (next?.kind !== 'fraction' && /^[.,][0-9]/.test(this.#rest)) this.#fraction(0, false);
        break;
      case 'PM':
        this.#half = this.#halfOfDay('AM', 'PM');
        break;
      case 'pm':
        this.#half = this.#halfOfDay('am', 'pm');
        break;
      case 'MST':
        this.#zoneName();
        break;
      default:
        this.#numericZone(element);
    }
  }

  #halfOfDay(am: string, pm: string): 'am' | 'pm' {
    const text = this.#take(2);
    if (text !== am && text !== pm) throw this.#fail(`${am} or ${pm} is missing`);
    return text === am ? 'am' : 'pm';
  }

  #fraction(digits: number, exact: boolean): void {
    let text: string;
    if (exact) {
      text = this.#take(digits + 1);
      if (!/^[.,][0-9]+$/.test(text)) throw this.#fail('a fraction is missing');
    } else {
      text = /^[.,][0-9]+/.exec(this.#rest)?.[0] ?? '';
      if (text === '') return;
      this.#take(text.length);
    }
    this.#nanoseconds = Number(text.slice(1, 10).padEnd(9, '0'));
  }

  #numericZone(element: Element): void {
    if (element.startsWith('Z') && this.#rest.startsWith('Z')) {
      this.#take(1);
      return;
    }
    const text = this.#take(element.length);
    const shape = element.slice(1).replace(/[0-9]/g, '[0-9]');
    if (!new RegExp(`^[+-]${shape}$`).test(text)) throw this.#fail('a zone offset is missing');
    const digits = text.slice(1).replaceAll(':', '').padEnd(6, '0');
    const hours = this.#inRange(Number(digits.slice(0, 2)), 0, 24, 'time zone offset hour');
    const minutes = this.#inRange(Number(digits.slice(2, 4)), 0, 60, 'time zone offset minute');
    const seconds = this.#inRange(Number(digits.slice(4, 6)), 0, 60, 'time zone offset second');
    this.#offset = ((hours * 60 + minutes) * 60 + seconds) * (text.startsWith('-') ? -1 : 1);
  }

  /** An abbreviation, even GMT+3, does not move the time: Go notes it and takes the rest for UTC. */
  #zoneName(): void {
    const rest = this.#rest;
    if (rest.startsWith('UTC')) {
      this.#take(3);
    } else if (/^(?:ChST|MeST)/.test(rest)) {
      this.#take(4);
    } else if (rest.startsWith('GMT')) {
      this.#take(3);
      const signed = signedOffset(this.#rest);
      this.#take(signed);
    } else if (/^[+-]/.test(rest)) {
      const signed = signedOffset(rest);
      if (signed === 0 || rest.length < 3) throw this.#fail('a zone is missing');
      this.#take(signed);
    } else {
      const upper = /^[A-Z]{0,6}/.exec(rest)?.[0] ?? '';
      const known =
        upper.length === 3 ||
        (upper.length === 4 && (upper.endsWith('T') || upper === 'WITA')) ||
        (upper.length === 5 && upper.endsWith('T'));
      if (!known) throw this.#fail('a zone is missing');
      this.#take(upper.length);
    }
  }

  #date(): { month: number; day: number } {
    let { month, day } = { month: this.#month ?? 1, day: this.#day ?? 1 };
    if (this.#dayOfYear !== undefined) {
      this.#inRange(this.#dayOfYear, 1, isLeap(this.#year) ? 366 : 365, 'day-of-year');
      month = 1;
      day = this.#dayOfYear;
      for (let days = daysIn(this.#year, month); day > days; days = daysIn(this.#year, month)) {
        day -= days;
        month += 1;
      }
      if (this.#month !== undefined && this.#month !== month) throw this.#fail('day-of-year does not match month');
      if (this.#day !== undefined && this.#day !== day) throw this.#fail('day-of-year does not match day');
    }
    this.#inRange(day, 1, daysIn(this.#year, month), 'day');
    return { month, day };
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

/** The length of `+n` or `-n` at the beginning, n at most 23, else 0. */
function signedOffset(text: string): number {
  const match = /^[+-][0-9]+/.exec(text)?.[0] ?? '';
  return Math.abs(Number(match)) <= 23 ? match.length : 0;
}
