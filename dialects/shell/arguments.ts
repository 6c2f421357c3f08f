import { mayBeOption, type Argument } from './words.ts';
import type { ProgramSpec } from './programs/spec.ts';

export interface GivenOption {
  /** As the table names it, or as written where the table does not. */
  readonly name: string;
  /** Whether the table knows it. */
  readonly known: boolean;
  readonly value?: Argument;
}

export interface ParsedArguments {
  readonly options: readonly GivenOption[];
  readonly operands: readonly Argument[];
  /** For a program that runs another one: that one's words. */
  readonly command: readonly Argument[];
  /** Some word may be an option, and only the running shell knows which. */
  readonly doubtful: boolean;
}

/**
 * Reads arguments the way getopt_long does: bundled letters, values attached or in the next word, long options shortened
 * to any beginning that they alone have, `--`. Where several readings are possible, each leaves its mark.
 */
export function parseArguments(spec: ProgramSpec, given: readonly Argument[]): ParsedArguments {
  return new Parsing(spec, given).run();
}

class Parsing {
  readonly #spec: ProgramSpec;
  readonly #given: readonly Argument[];
  readonly #flags: ReadonlySet<string> | undefined;
  readonly #options: GivenOption[] = [];
  readonly #operands: Argument[] = [];
  #at = 0;
  #doubtful = false;

  constructor(spec: ProgramSpec, given: readonly Argument[]) {
    this.#spec = spec;
    this.#given = given;
    this.#flags = spec.flags === undefined ? undefined : new Set(spec.flags.split(' '));
  }

  run(): ParsedArguments {
    const commandAt = this.#spec.operands?.indexOf('command') ?? -1;
    let optionsEnd = false;
    while (this.#at < this.#given.length) {
      const argument = this.#given[this.#at++];
      if (argument === undefined) break;
      const { value } = argument;
      if (!optionsEnd && value === '--') {
        optionsEnd = true;
        // kubectl exec POD -- COMMAND
        if (commandAt >= 0 && this.#operands.length >= commandAt) return this.#result(this.#given.slice(this.#at));
        continue;
      }
      if (!optionsEnd && value === undefined && this.#namedOption(argument)) continue;
      if (!optionsEnd && value === undefined && mayBeOption(argument)) this.#doubtful = true;
      if (!optionsEnd && value !== undefined && mayBeOption(argument)) {
        this.#option(argument, value);
        continue;
      }
      if (commandAt >= 0 && this.#operands.length === commandAt) {
        const command = this.#given.slice(this.#at - 1);
        return this.#result(command);
      }
      this.#operands.push(argument);
      if (this.#spec.stopsAtOperand === true) optionsEnd = true;
    }
    return this.#result([]);
  }

  #result(command: readonly Argument[]): ParsedArguments {
    return { options: this.#options, operands: this.#operands, command, doubtful: this.#doubtful };
  }

  /** `--name=$value`: the name is known, and the value is one word. */
  #namedOption(argument: Argument): boolean {
    const name = /^--[A-Za-z][\w-]*=/.exec(argument.prefix)?.[0];
    if (name === undefined || !argument.single) return false;
    this.#long(argument, name);
    return true;
  }

  #option(argument: Argument, text: string): void {
    if (text.startsWith('--')) this.#long(argument, text);
    else if (this.#spec.longWithOneDash === true) this.#long(argument, text);
    else this.#bundle(argument, text);
  }

  #long(argument: Argument, text: string): void {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const names = this.#matching(name);
    if (names.length === 0) this.#options.push({ name, known: this.#flags === undefined });
    for (const known of names) {
      const takesValue = this.#takesValue(known);
      if (equals >= 0) this.#options.push({ name: known, known: true, value: rest(argument, equals + 1) });
      else if (takesValue) this.#withNext(known);
      else this.#options.push({ name: known, known: true });
      if (names.length > 1 && takesValue && equals < 0) this.#doubtful = true;
    }
  }

  #bundle(argument: Argument, text: string): void {
    for (let index = 1; index < text.length; index++) {
      const name = `-${text.charAt(index)}`;
      const known = this.#knows(name);
      if (index + 1 < text.length && Object.hasOwn(this.#spec.attached ?? {}, name)) {
        this.#options.push({ name, known: true, value: rest(argument, index + 1) });
        return;
      }
      // -5, -20: a number by itself.
      if (!known && /^-\d+$/.test(text)) {
        this.#options.push({ name: '-number', known: true });
        return;
      }
      if (!this.#takesValue(name)) {
        this.#options.push({ name, known: known || this.#flags === undefined });
        continue;
      }
      if (index + 1 < text.length) this.#options.push({ name, known: true, value: rest(argument, index + 1) });
      else this.#withNext(name);
      return;
    }
  }

  #withNext(name: string): void {
    const value = this.#given[this.#at++];
    if (value === undefined) this.#options.push({ name, known: true });
    else this.#options.push({ name, known: true, value });
    if (value !== undefined && !value.single) this.#doubtful = true;
  }

  /** Names in the table that a long option may stand for. */
  #matching(name: string): string[] {
    if (this.#knows(name)) return [name];
    if (this.#spec.longWithOneDash === true) return [];
    const { values = {}, adds = {}, refuses = {}, attached = {} } = this.#spec;
    const all = [
      ...Object.keys(attached),
      ...Object.keys(values),
      ...Object.keys(adds),
      ...Object.keys(refuses),
      ...(this.#flags ?? []),
    ];
    return [...new Set(all.filter((known) => known.startsWith(name) && name.length > 2))];
  }

  #knows(name: string): boolean {
    const { values = {}, adds = {}, refuses = {}, attached = {} } = this.#spec;
    return (
      Object.hasOwn(values, name) ||
      Object.hasOwn(attached, name) ||
      Object.hasOwn(adds, name) ||
      Object.hasOwn(refuses, name) ||
      this.#flags?.has(name) === true
    );
  }

  #takesValue(name: string): boolean {
    return Object.hasOwn(this.#spec.values ?? {}, name);
  }
}

/** What follows an option's name in the same word. */
export function rest(argument: Argument, from: number): Argument {
  const { value, contentAt, ...others } = argument;
  if (value === undefined) return { ...others, prefix: argument.prefix.slice(from) };
  const tail = value.slice(from);
  return {
    ...others,
    source: tail,
    value: tail,
    prefix: tail,
    ...(contentAt === undefined
      ? {}
      : { contentAt: contentAt + from, span: { start: contentAt + from, end: contentAt + value.length } }),
  };
}
