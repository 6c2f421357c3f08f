/**
 * The form in which OPA hashes JSON (its `v1/bundle/hash.go`): without white space, keys in the order of their UTF-8
 * bytes, strings as Go's encoder writes them, numbers by their own letters (`1.0` is not `1`). So a signature does not
 * depend on how a document was laid out.
 *
 * @param text JSON
 * @throws SyntaxError when it is not JSON; RangeError when it is nested too deeply
 */
export function structuralForm(text: string): string {
  // What passes here is made of these tokens and nothing else; JSON.parse itself would lose the numbers' letters.
  JSON.parse(text);
  return new Writer(text.match(tokens) ?? []).value();
}

const tokens = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[[\]{},:]/g;

class Writer {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(list: readonly string[]) {
    this.#tokens = list;
  }

  value(): string {
    const token = this.#next();
    if (token === '{') return this.#object();
    if (token === '[') return this.#array();
    return token.startsWith('"') ? string(text(token)) : token;
  }

  #object(): string {
    // Of a key that stands twice the last value counts, in Go as here.
    const members = new Map<string, string>();
    while (this.#tokens[this.#at] !== '}') {
      const key = text(this.#next());
      this.#expect(':');
      members.set(key, this.value());
      this.#skipComma();
    }
    this.#expect('}');
    const keys = [...members.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${keys.map((key) => `${string(key)}:${members.get(key) ?? ''}`).join(',')}}`;
  }

  #array(): string {
    const items: string[] = [];
    while (this.#tokens[this.#at] !== ']') {
      items.push(this.value());
      this.#skipComma();
    }
    this.#expect(']');
    return `[${items.join(',')}]`;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new SyntaxError('The document ends too early.');
    this.#at += 1;
    return token;
  }

  #expect(token: string): void {
    if (this.#next() !== token) throw new SyntaxError(`${token} is missing.`);
  }

  #skipComma(): void {
    if (this.#tokens[this.#at] === ',') this.#at += 1;
  }
}

/** The text that a token stands for. Go replaces surrogates without a partner. */
function text(token: string): string {
  return String(JSON.parse(token)).replace(/\p{Cs}/gu, '\ufffd');
}

/** Go's encoder without HTML escaping differs from JSON.stringify in two characters. */
function string(value: string): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
