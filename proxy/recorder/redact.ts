import type { Command, JsonObject, Parameter, Span } from '../../engine/contract.ts';

/** What stands in a secret's place. */
export const REDACTED = '***';

/** Shorter texts than this are not looked for on their own: they would blot out half of every message. */
const SHORTEST = 3;

/** Most secrets that one session remembers; after that its free texts are withheld altogether. */
const MOST_SECRETS = 256;

/** The command as it may be written down: each secret span of its text is `***`, and so is every echo of it. */
export function redactCommand(command: Command): Command {
  if (command.secrets.length === 0) return command;
  const scrubber = new Scrubber();
  scrubber.learn(command, undefined);
  const secrets: Span[] = [];
  let text = '';
  let from = 0;
  for (const span of sorted(command.secrets)) {
    if (span.end <= from) continue;
    text += command.text.slice(from, Math.max(span.start, from));
    secrets.push({ start: text.length, end: text.length + REDACTED.length });
    text += REDACTED;
    from = span.end;
  }
  text += command.text.slice(from);
  return { ...command, text, secrets, attributes: scrubber.scrubObject(command.attributes) };
}

/** Bound values of a command that takes a secret: which of them it is cannot be told, so none is written down. */
export function redactParameters(parameters: readonly Parameter[]): Parameter[] {
  return parameters.map(({ format, is_null }) => {
    if (is_null) return { format, is_null };
    return format === 'text'
      ? { format, is_null, text: REDACTED }
      : { format, is_null, base64: Buffer.from(REDACTED).toString('base64') };
  });
}

/** Takes one session's secrets out of texts that others word: the target's errors, a policy's messages. */
export class Scrubber {
  #secrets = new Set<string>();
  #overflowed = false;

  get empty(): boolean {
    return this.#secrets.size === 0 && !this.#overflowed;
  }

  /** Remembers the secrets of a command, and its bound values if it has any secret. */
  learn(command: Command, parameters: readonly Parameter[] | undefined): void {
    if (command.secrets.length === 0) return;
    for (const { start, end } of command.secrets) this.#learnLiteral(command.text.slice(start, end));
    for (const parameter of parameters ?? []) {
      if (parameter.text !== undefined) this.#add(parameter.text);
      if (parameter.base64 !== undefined) this.#add(parameter.base64);
    }
  }

  scrub(text: string): string {
    if (this.empty) return text;
    if (this.#overflowed) return REDACTED;
    let result = text;
    // Longest first, so that a secret inside another one does not leave the rest of it standing.
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length)) {
      result = result.replaceAll(secret, REDACTED);
    }
    return result;
  }

  /** A copy of a JSON object with every string in it scrubbed. */
  scrubObject(value: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, this.scrubValue(part)]));
  }

  scrubValue(value: unknown): unknown {
    if (typeof value === 'string') return this.scrub(value);
    if (Array.isArray(value)) return value.map((part: unknown) => this.scrubValue(part));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, this.scrubValue(part)]));
    }
    return value;
  }

  /** The literal as written, and what it stands for: without its quotes, doubled quotes undone. */
  #learnLiteral(literal: string): void {
    this.#add(literal);
    const open = literal.search(/['"]/);
    const quote = literal.charAt(open);
    if (open >= 0 && literal.length > open + 1 && literal.endsWith(quote)) {
      const inner = literal.slice(open + 1, -1);
      this.#add(inner);
      this.#add(inner.replaceAll(quote + quote, quote));
    }
    if (literal.startsWith('$')) {
      const tagEnd = literal.indexOf('$', 1) + 1;
      const tag = literal.slice(0, tagEnd);
      if (tagEnd > 0 && literal.endsWith(tag)) this.#add(literal.slice(tagEnd, -tagEnd));
    }
  }

  #add(secret: string): void {
    if (secret.length < SHORTEST) return;
    if (this.#secrets.size >= MOST_SECRETS && !this.#secrets.has(secret)) this.#overflowed = true;
    else this.#secrets.add(secret);
  }
}

function sorted(spans: readonly Span[]): Span[] {
  return [...spans].sort((a, b) => a.start - b.start);
}
