import {
  type Flags,
  formatBigInteger,
  formatDouble,
  formatFlags,
  formatInteger,
  formatText,
  noFlags,
} from './printf-verbs.ts';

/**
 * Go's fmt.Sprintf (Go source: fmt/print.go, doPrintf), for the four argument types that OPA's `sprintf` passes:
 * `int64`, `*big.Int`, `float64` and `string`.
 */
export type Argument =
  | { readonly type: 'int64'; readonly value: bigint }
  | { readonly type: '*big.Int'; readonly value: bigint }
  | { readonly type: 'float64'; readonly value: number }
  | { readonly type: 'string'; readonly value: string };

/** Widths, precisions and argument indexes beyond this are errors, as in Go. */
const tooLarge = 1_000_000;

/** @param charge told of the width and precision of each directive before its text is made. */
export function sprintf(format: string, args: readonly Argument[], charge: (characters: number) => void): string {
  return new Printer(format, args, charge).run();
}

class Printer {
  readonly #format: string;
  readonly #args: readonly Argument[];
  readonly #charge: (characters: number) => void;
  #index = 0;
  #argument = 0;
  #reordered = false;
  #goodArgument = true;
  #flags: Flags = noFlags;
  #output = '';

  constructor(format: string, args: readonly Argument[], charge: (characters: number) => void) {
    this.#format = format;
    this.#args = args;
    this.#charge = charge;
  }

  run(): string {
    while (this.#index < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#index);
      const end = percent < 0 ? this.#format.length : percent;
      this.#output += this.#format.slice(this.#index, end);
      this.#index = end + 1;
      if (percent >= 0) this.#directive();
    }
    if (!this.#reordered && this.#argument < this.#args.length) this.#extra();
    return this.#output;
  }

  /** One directive, after its percent sign. */
  #directive(): void {
    this.#begin();
    this.#readFlags();
    let afterIndex = this.#argumentIndex();
    afterIndex = this.#width(afterIndex);
    if (this.#format[this.#index] === '.' && this.#index + 1 < this.#format.length) {
      afterIndex = this.#precision(afterIndex);
    }
    if (!afterIndex) this.#argumentIndex();
    const point = this.#format.codePointAt(this.#index);
    if (point === undefined) {
      this.#output += '%!(NOVERB)';
      return;
    }
    const verb = String.fromCodePoint(point);
    this.#index += verb.length;
    const argument = this.#args[this.#argument];
    if (verb === '%') this.#output += '%';
    else if (!this.#goodArgument) this.#output += `%!${verb}(BADINDEX)`;
    else if (argument === undefined) this.#output += `%!${verb}(MISSING)`;
    else {
      this.#charge((this.#flags.width ?? 0) + (this.#flags.precision ?? 0));
      if (verb === 'v' || verb === 'w') {
        const { sharp, plus } = this.#flags;
        this.#flags = { ...this.#flags, sharpV: sharp, sharp: false, plusV: plus, plus: false };
      }
      this.#output += print(argument, verb, this.#flags);
      this.#argument += 1;
    }
  }

  #begin(): void {
    this.#goodArgument = true;
    this.#flags = formatFlags();
  }

  #readFlags(): void {
    for (; ; this.#index += 1) {
      switch (this.#format[this.#index]) {
        case '#':
          this.#flags.sharp = true;
          break;
        case '0':
          this.#flags.zero = true;
          break;
        case '+':
          this.#flags.plus = true;
          break;
        case '-':
          this.#flags.minus = true;
          break;
        case ' ':
          this.#flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  #width(afterIndex: boolean): boolean {
    if (this.#format[this.#index] === '*') {
      this.#index += 1;
      const width = this.#integerArgument();
      if (width === undefined) this.#output += '%!(BADWIDTH)';
      else if (width < 0) {
        this.#flags.minus = true;
        this.#flags.zero = false;
      }
      this.#flags.width = width === undefined ? undefined : Math.abs(width);
      return false;
    }
    this.#flags.width = this.#number();
    if (afterIndex && this.#flags.width !== undefined) this.#goodArgument = false; // "%[3]2d"
    return afterIndex;
  }

  #precision(afterIndex: boolean): boolean {
    this.#index += 1;
    if (afterIndex) this.#goodArgument = false; // "%[3].2d"
    const indexed = this.#argumentIndex();
    if (this.#format[this.#index] === '*') {
      this.#index += 1;
      const precision = this.#integerArgument();
      this.#flags.precision = precision !== undefined && precision >= 0 ? precision : undefined;
      if (this.#flags.precision === undefined) this.#output += '%!(BADPREC)';
      return false;
    }
    this.#flags.precision = this.#number() ?? 0;
    return indexed;
  }

  #number(): number | undefined {
    let value: number | undefined;
    for (; ; this.#index += 1) {
      const digit = this.#format.charCodeAt(this.#index) - 48;
      if (!(digit >= 0 && digit <= 9)) return value;
      if ((value ?? 0) > tooLarge) {
        this.#index = this.#format.length;
        return undefined;
      }
      value = (value ?? 0) * 10 + digit;
    }
  }

  #integerArgument(): number | undefined {
    const argument = this.#args[this.#argument];
    if (argument === undefined) return undefined;
    this.#argument += 1;
    if (argument.type !== 'int64') return undefined;
    const value = Number(argument.value);
    return Math.abs(value) > tooLarge ? undefined : value;
  }

  /** Reads `[n]`, if there is one: the index of the next argument, counted from one. */
  #argumentIndex(): boolean {
    if (this.#format[this.#index] !== '[') return false;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#index + 1);
    if (close < 0 || this.#format.length - this.#index < 3) {
      this.#goodArgument = false;
      this.#index += 1;
      return false;
    }
    const text = this.#format.slice(this.#index + 1, close);
    this.#index = close + 1;
    const wellFormed = /^[0-9]+$/.test(text) && Number(text) <= tooLarge * 10;
    const index = Number(text) - 1;
    if (wellFormed && index >= 0 && index < this.#args.length) {
      this.#argument = index;
      return true;
    }
    this.#goodArgument = false;
    return wellFormed;
  }

  #extra(): void {
    const rest = this.#args.slice(this.#argument);
    this.#output += `%!(EXTRA ${rest.map((argument) => `${argument.type}=${print(argument, 'v', noFlags)}`).join(', ')})`;
  }
}

function print(argument: Argument, verb: string, flags: Flags): string {
  if (verb === 'T') return formatText(argument.type, 's', flags) ?? '';
  const text = printValue(argument, verb, flags);
  // The value in the complaint keeps the directive's flags, as in Go.
  return text ?? `%!${verb}(${argument.type}=${printValue(argument, 'v', flags) ?? ''})`;
}

function printValue(argument: Argument, verb: string, flags: Flags): string | undefined {
  switch (argument.type) {
    case 'int64':
      return formatInteger(argument.value, verb, flags);
    case '*big.Int':
      return formatBigInteger(argument.value, verb, flags);
    case 'float64':
      return formatDouble(argument.value, verb, flags);
    case 'string':
      return formatText(argument.value, verb, flags);
  }
}
