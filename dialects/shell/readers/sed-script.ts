export interface SedScript {
  /** False: it runs programs, or is not understood. */
  readonly known: boolean;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Reads a sed script for the files it names and the programs it runs. */
export function scanSed(text: string): SedScript {
  const scanner = new Scanner(text);
  return { known: scanner.script(), reads: scanner.reads, writes: scanner.writes };
}

class Scanner {
  readonly reads: string[] = [];
  readonly writes: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  script(): boolean {
    while (this.#at < this.#text.length) {
      this.#skip(/[\s;}]/);
      if (this.#at >= this.#text.length) return true;
      if (!this.#address() || !this.#command()) return false;
    }
    return true;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #skip(set: RegExp): void {
    while (this.#at < this.#text.length && set.test(this.#peek())) this.#at++;
  }

  #address(): boolean {
    if (!this.#oneAddress()) return false;
    this.#skip(/[ \t]/);
    if (this.#peek() === ',') {
      this.#at++;
      this.#skip(/[ \t]/);
      if (/[+~]/.test(this.#peek())) this.#at++;
      if (!this.#oneAddress()) return false;
    }
    this.#skip(/[ \t!]/);
    return true;
  }

  #oneAddress(): boolean {
    const first = this.#peek();
    if (/[\d$]/.test(first)) {
      this.#at++;
      this.#skip(/[\d~]/);
      return true;
    }
    if (first === '\\') this.#at++;
    else if (first !== '/') return true;
    const delimiter = this.#peek();
    this.#at++;
    if (!this.#delimited(delimiter)) return false;
    this.#skip(/[IM]/);
    return true;
  }

  /** Up to and with the delimiter; an escaped one belongs to the text. */
  #delimited(delimiter: string): boolean {
    if (delimiter === '' || delimiter === '\n' || delimiter === '\\') return false;
    while (this.#at < this.#text.length) {
      const unit = this.#text.charAt(this.#at++);
      if (unit === delimiter) return true;
      if (unit === '\\') this.#at++;
    }
    return false;
  }

  #command(): boolean {
    const command = this.#peek();
    this.#at++;
    switch (command) {
      case '':
      case '{':
      case '}':
        return true;
      case '#':
        this.#line();
        return true;
      case 's':
        return this.#substitute();
      case 'y': {
        const delimiter = this.#text.charAt(this.#at++);
        return this.#delimited(delimiter) && this.#delimited(delimiter) && this.#end();
      }
      case 'a':
      case 'i':
      case 'c':
        this.#inserted();
        return true;
      case ':':
      case 'b':
      case 't':
      case 'T':
        this.#skip(/[^;\n}]/);
        return true;
      case 'r':
      case 'R':
        return this.#file(this.reads);
      case 'w':
      case 'W':
        return this.#file(this.writes);
      default:
        if (!/[=dDgGhHlnNpPqQxzF]/.test(command)) return false;
        this.#skip(/[ \t\d]/);
        return this.#end();
    }
  }

  #substitute(): boolean {
    const delimiter = this.#text.charAt(this.#at++);
    if (!this.#delimited(delimiter) || !this.#delimited(delimiter)) return false;
    this.#skip(/[gpiIM\d]/);
    if (this.#peek() !== 'w') return this.#end();
    this.#at++;
    return this.#file(this.writes);
  }

  /** What may follow a command: its end, a closing brace, a comment. */
  #end(): boolean {
    this.#skip(/[ \t]/);
    return this.#at >= this.#text.length || /[;\n}#]/.test(this.#peek());
  }

  #line(): string {
    const end = this.#text.indexOf('\n', this.#at);
    const line = this.#text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#text.length : end;
    return line;
  }

  /** Text of a, i and c: to the end of a line that does not end with a backslash. */
  #inserted(): void {
    let line = this.#line();
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(line) && this.#at < this.#text.length) {
      this.#at++;
      line = this.#line();
    }
  }

  #file(list: string[]): boolean {
    const path = this.#line().trim();
    if (path === '') return false;
    if (!/^\/dev\/std(?:out|err|in)$/.test(path)) list.push(path);
    return true;
  }
}
