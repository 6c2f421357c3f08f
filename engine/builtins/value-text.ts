import { sortedEntries, sortedItems } from './compare.ts';
import { quote } from './go/quote.ts';
import { numberOfText, textOfNumber } from './number.ts';
import { Decimal, isArray, isNumber, isObject, RegoSet, type RegoValue } from './value.ts';

/**
 * The text form of values that crosses the WASM ABI (`opa_value_dump`, `opa_value_parse`): JSON, with sets as `{1,2}`
 * and `set()`, and with object keys of any type.
 */

/**
 * Reads what `opa_value_dump` wrote, or any JSON. The text is trusted to be well-formed: it comes out of the policy
 * module, or has been checked.
 * @throws RangeError for values nested deeper than {@link maximumDepth}.
 */
export function parseValue(text: string): RegoValue {
  return new ValueParser(text).value(0);
}

/** Deeper values would depend on how much stack the process has left, and a decision may not. */
export const maximumDepth = 500;

class ValueParser {
  readonly #text: string;
  #position = 0;
  /** Where the next backslash is, so that texts without any are searched once. */
  #backslash = -1;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): RegoValue {
    if (depth > maximumDepth) throw new RangeError(`a value is nested deeper than ${maximumDepth} levels`);
    this.#blanks();
    switch (this.#text.charCodeAt(this.#position)) {
      case 0x22:
        return this.#string();
      case 0x5b:
        return this.#array(depth + 1);
      case 0x7b:
        return this.#objectOrSet(depth + 1);
      case 0x74:
        this.#position += 4;
        return true;
      case 0x66:
        this.#position += 5;
        return false;
      case 0x6e:
        this.#position += 4;
        return null;
      case 0x73:
        this.#position += 5; // set()
        return new RegoSet([]);
      default:
        return this.#number();
    }
  }

  /** The module writes one blank after a comma or a colon; JSON may have more, and anywhere. */
  #blanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#position))) this.#position += 1;
  }

  /** The next character that is no blank. */
  #peek(): number {
    this.#blanks();
    return this.#text.charCodeAt(this.#position);
  }

  #string(): string {
    const start = this.#position;
    const end = this.#text.indexOf('"', start + 1);
    if (this.#backslash < start) {
      const found = this.#text.indexOf('\\', start + 1);
      this.#backslash = found < 0 ? this.#text.length : found;
    }
    if (this.#backslash > end) {
      this.#position = end + 1;
      return this.#text.slice(start + 1, end);
    }
    let index = this.#backslash;
    for (; this.#text.charCodeAt(index) !== 0x22; index += 1) {
      if (this.#text.charCodeAt(index) === 0x5c) index += 1;
      if (index >= this.#text.length) throw new SyntaxError('the policy module wrote an unterminated string');
    }
    this.#position = index + 1;
    return String(JSON.parse(this.#text.slice(start, this.#position)));
  }

  #number(): RegoValue {
    const start = this.#position;
    let index = start;
    for (; index < this.#text.length; index += 1) {
      const unit = this.#text.charCodeAt(index);
      // Digits, sign, point and exponent: everything up to a separator.
      if (unit === 0x2c || unit === 0x5d || unit === 0x7d || unit === 0x3a || isBlank(unit)) break;
    }
    if (index === start) throw new SyntaxError(`the policy module wrote an unknown value at ${start}`);
    this.#position = index;
    return numberOfText(this.#text.slice(start, index));
  }

  #array(depth: number): RegoValue[] {
    const items: RegoValue[] = [];
    this.#position += 1;
    while (this.#peek() !== 0x5d) {
      items.push(this.value(depth));
      if (this.#peek() === 0x2c) this.#position += 1;
    }
    this.#position += 1;
    return items;
  }

  #objectOrSet(depth: number): RegoValue {
    this.#position += 1;
    if (this.#peek() === 0x7d) {
      this.#position += 1;
      return new Map();
    }
    const first = this.value(depth);
    return this.#peek() === 0x3a ? this.#object(first, depth) : this.#set(first, depth);
  }

  #object(first: RegoValue, depth: number): RegoValue {
    const entries = new Map<RegoValue, RegoValue>();
    let key = first;
    for (;;) {
      if (this.#peek() !== 0x3a) throw new SyntaxError('the policy module wrote an unknown value');
      this.#position += 1;
      entries.set(key, this.value(depth));
      if (!this.#next()) return entries;
      key = this.value(depth);
    }
  }

  #set(first: RegoValue, depth: number): RegoValue {
    const items = [first];
    while (this.#next()) items.push(this.value(depth));
    return new RegoSet(items);
  }

  /** Steps over a comma (true) or the closing brace (false). */
  #next(): boolean {
    const unit = this.#peek();
    if (unit !== 0x2c && unit !== 0x7d) throw new SyntaxError('the policy module wrote an unknown value');
    this.#position += 1;
    return unit === 0x2c;
  }
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** Writes what `opa_value_parse` reads. */
export function formatValue(value: RegoValue): string {
  if (typeof value === 'string') return JSON.stringify(wellFormed(value));
  if (isNumber(value)) return textOfNumber(value);
  if (isArray(value)) return `[${value.map(formatValue).join(',')}]`;
  if (value instanceof RegoSet)
    return value.items.length === 0 ? 'set()' : `{${value.items.map(formatValue).join(',')}}`;
  if (isObject(value)) {
    return `{${Array.from(value, ([key, item]) => `${formatValue(key)}:${formatValue(item)}`).join(',')}}`;
  }
  return String(value);
}

/** Replaces lone surrogates, which the module cannot read, by U+FFFD, as Go does. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A value as OPA prints it, for example in `sprintf("%v", …)`: sorted, with a blank after `,` and `:`. */
export function printValue(value: RegoValue): string {
  if (typeof value === 'string') return quote(value);
  if (isArray(value)) return `[${value.map(printValue).join(', ')}]`;
  if (value instanceof RegoSet) {
    return value.items.length === 0 ? 'set()' : `{${sortedItems(value).map(printValue).join(', ')}}`;
  }
  if (isObject(value)) {
    const entries = sortedEntries(value).map(([key, item]) => `${printValue(key)}: ${printValue(item)}`);
    return `{${entries.join(', ')}}`;
  }
  return formatValue(value);
}

/**
 * A value as the JSON that OPA answers with: sets as sorted arrays, object keys sorted and printed. An integer beyond
 * 2^53 is a `bigint`; other numbers are doubles.
 * @throws RangeError for a number that no double holds (1e400).
 */
export function toJson(value: RegoValue): unknown {
  if (value instanceof Decimal) {
    const double = Number(value.text);
    if (!Number.isFinite(double)) throw new RangeError(`the number ${value.text} is out of range`);
    return double;
  }
  if (isArray(value)) return value.map(toJson);
  if (value instanceof RegoSet) return sortedItems(value).map(toJson);
  if (isObject(value)) {
    // A null prototype would surprise callers; a key named __proto__ must still be a plain key.
    return Object.fromEntries(sortedEntries(value).map(([key, item]) => [keyText(key), toJson(item)]));
  }
  return value;
}

/** An object key in JSON: OPA writes a key that is no string as JSON itself. */
export function keyText(key: RegoValue): string {
  if (typeof key === 'string') return key;
  return isNumber(key) ? textOfNumber(key) : JSON.stringify(toJson(key));
}

/** The Rego value of a JSON value (numbers that are not safe integers become decimals). */
export function fromJson(json: unknown): RegoValue {
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json;
  if (typeof json === 'number') return numberOfText(JSON.stringify(json));
  if (typeof json === 'bigint') return numberOfText(json.toString());
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === 'object') return new Map(Object.entries(json).map(([key, item]) => [key, fromJson(item)]));
  throw new TypeError(`a ${typeof json} is not a JSON value`);
}
