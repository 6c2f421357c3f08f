import { RE2JS } from 're2js';
import { BoundedCache } from './bounded-cache.ts';
import { arrayOperand, stringOperand } from './operands.ts';
import { quoteMeta } from './regex-template.ts';
import { type Builtin, type BuiltinContext, BuiltinError, type RegoValue } from './value.ts';

/**
 * `glob.match` (OPA v1/topdown/glob.go) as the library github.com/gobwas/glob has it, by a regular expression of RE2.
 * The policy module's own takes what is no sign of a glob for one of a regular expression: "a+b" matches "aab" there.
 *
 * `*` is a run of characters that are no delimiter, `**` of any, `?` one that is no delimiter; `[abc]`, `[a-z]` and
 * `[!…]` are one character, delimiters included; `{a,b*}` is either; `\` takes the meaning from what follows.
 */
const patterns = new BoundedCache<RE2JS>(256);

/** The characters without a delimiter: null for none, an empty array for a point. */
function delimitersOf(operands: readonly RegoValue[]): string[] {
  if (operands[1] === null) return [];
  const delimiters = arrayOperand(operands, 1).map((delimiter) => {
    if (typeof delimiter === 'string' && Array.from(delimiter).length === 1) return delimiter;
    throw new BuiltinError('operand 2 must be array of single-character strings');
  });
  return delimiters.length === 0 ? ['.'] : delimiters;
}

function match(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const [pattern, text] = [stringOperand(operands, 0), stringOperand(operands, 2)];
  const delimiters = delimitersOf(operands);
  context.charge(pattern.length * 50);
  const key = JSON.stringify([pattern, delimiters]);
  const compiled = patterns.get(key, () => RE2JS.compile(new GlobReader(pattern, delimiters).read(), RE2JS.DOTALL));
  context.charge(Math.max(compiled.programSize(), 8) * (text.length + 8));
  return compiled.matcher(text).matches();
}

/** Reads a glob and writes the regular expression that means the same. */
class GlobReader {
  readonly #characters: readonly string[];
  /** One character that is no delimiter. */
  readonly #single: string;
  #position = 0;
  #depth = 0;

  constructor(pattern: string, delimiters: readonly string[]) {
    this.#characters = Array.from(pattern);
    this.#single = delimiters.length === 0 ? '.' : `[^${delimiters.map(inClass).join('')}]`;
  }

  read(): string {
    let expression = '';
    for (let next = this.#take(); next !== undefined; next = this.#take()) expression += this.#term(next);
    if (this.#depth > 0) throw new BuiltinError('glob: unclosed `{`');
    return expression;
  }

  #take(): string | undefined {
    const character = this.#characters[this.#position];
    if (character !== undefined) this.#position += 1;
    return character;
  }

  #term(character: string): string {
    switch (character) {
      case '*':
        if (this.#characters[this.#position] !== '*') return `${this.#single}*`;
        this.#position += 1;
        return '.*';
      case '?':
        return this.#single;
      case '[':
        return this.#class();
      case '{':
        this.#depth += 1;
        return '(?:';
      case ',':
        return this.#depth > 0 ? '|' : ',';
      case '}':
        if (this.#depth === 0) return '\\}';
        this.#depth -= 1;
        return ')';
      case '\\':
        return quoteMeta(this.#escaped());
      default:
        return quoteMeta(character);
    }
  }

  #escaped(): string {
    const character = this.#take();
    if (character === undefined) throw new BuiltinError('glob: trailing backslash');
    return character;
  }

  /** After `[`: a range of two characters, or a list up to `]`. */
  #class(): string {
    const negated = this.#characters[this.#position] === '!';
    if (negated) this.#position += 1;
    const members = this.#characters[this.#position + 1] === '-' ? this.#range() : this.#list();
    return `[${negated ? '^' : ''}${members}]`;
  }

  #range(): string {
    const [low = '', , high, close] = this.#characters.slice(this.#position, this.#position + 4);
    this.#position += 4;
    if (high === undefined || close !== ']' || (high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) {
      throw new BuiltinError('glob: not a range');
    }
    return `${inClass(low)}-${inClass(high)}`;
  }

  #list(): string {
    let members = '';
    for (let next = this.#take(); next !== ']'; next = this.#take()) {
      if (next === undefined) throw new BuiltinError('glob: unclosed `[`');
      members += inClass(next === '\\' ? this.#escaped() : next);
    }
    if (members === '') throw new BuiltinError('glob: empty class');
    return members;
  }
}

/** A character inside of brackets, by its number: no sign means anything then. */
function inClass(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

export const globBuiltins: readonly (readonly [string, Builtin])[] = [['glob.match', match]];
