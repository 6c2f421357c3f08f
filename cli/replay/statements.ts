import type { Command, JsonObject } from '../../engine/contract.ts';
import type { Dialect, ParseResult } from '../../engine/dialect.ts';
import { isBeyondRecording, recordedSettings } from '../../proxy/protocols/postgres/recorded-settings.ts';
import type { CommandInput } from './event-reader.ts';

/**
 * Why a recorded command is taken as it stands, although statements are parsed again:
 *
 * - `secrets`: its secrets were cut out of its text before it was written, so the text is no longer what was parsed;
 * - `prepared`: it runs what the session prepared under a name, which the recording does not hold;
 * - `dialect`: nobody here knows its dialect.
 */
export type Kept = 'secrets' | 'prepared' | 'dialect';

/** How a protocol's recorded messages are parsed again: the settings it gave to the dialect, by the recording. */
interface ProtocolReading {
  readonly settings: (
    message: readonly { session: CommandInput['session']; command: Command }[],
  ) => JsonObject | undefined;
  readonly isBeyondRecording: (command: Command) => boolean;
}

/** By `resource.protocol`. Others give their dialect no settings. */
const readings: Readonly<Record<string, ProtocolReading>> = {
  postgres: { settings: recordedSettings, isBeyondRecording },
};

export type Reread = { readonly parsed: ParseResult } | { readonly kept: Kept };

/** Parses recorded commands with the dialects of today, as the gateway would. */
export class StatementReader {
  readonly #dialects: ReadonlyMap<string, Dialect>;

  constructor(dialects: readonly Dialect[]) {
    this.#dialects = new Map(dialects.map((dialect) => [dialect.name, dialect]));
  }

  /** @param message all commands of the message in which the command came, for one can change how all are read */
  read(input: CommandInput, message: readonly CommandInput[]): Reread {
    const { command, resource } = input;
    const dialect = this.#dialects.get(command.dialect);
    if (dialect === undefined) return { kept: 'dialect' };
    if (command.secrets.length > 0) return { kept: 'secrets' };
    const reading = Object.hasOwn(readings, resource.protocol) ? readings[resource.protocol] : undefined;
    if (reading?.isBeyondRecording(command) === true) return { kept: 'prepared' };
    const settings = reading?.settings(message);
    const { text } = command;
    return { parsed: dialect.parse(settings === undefined ? { text } : { text, settings }) };
  }
}

/** What a difference between two readings of one text is noted for, in this order. */
const compared = ['verb', 'effects', 'targets', 'functions', 'complete'] as const;
/** Of these the values are short enough to be told. */
const told: readonly string[] = ['verb', 'effects', 'complete'];

/** Finds what today's dialect reads in another way than was recorded. */
export class ReadingComparison {
  /** By the targets of both sides, which commands of one shape share. */
  readonly #known = new WeakMap<object, WeakMap<object, Compared>>();

  /** @returns undefined where nothing differs, else what: `effects: read → execute, read; targets` */
  difference(recorded: Command, { commands }: ParseResult): string | undefined {
    const [other] = commands;
    if (other === undefined || commands.length > 1) return `commands: 1 → ${commands.length}`;
    let byOther = this.#known.get(recorded.targets);
    if (byOther === undefined) this.#known.set(recorded.targets, (byOther = new WeakMap()));
    const known = byOther.get(other.targets);
    if (known !== undefined && sameParts(known.recorded, recorded) && sameParts(known.other, other)) {
      return known.difference;
    }
    const difference = differenceBetween(recorded, other);
    byOther.set(other.targets, { recorded, other, difference });
    return difference;
  }
}

interface Compared {
  readonly recorded: Command;
  readonly other: Command;
  readonly difference: string | undefined;
}

function sameParts(a: Command, b: Command): boolean {
  return compared.every((name) => a[name] === b[name]);
}

function differenceBetween(recorded: Command, now: Command): string | undefined {
  const words = compared.flatMap((name) => {
    // Mostly they are written alike.
    if (JSON.stringify(recorded[name]) === JSON.stringify(now[name])) return [];
    const before = textOf(recorded[name]);
    const after = textOf(now[name]);
    if (before === after) return [];
    return [told.includes(name) ? `${name}: ${before} → ${after}` : name];
  });
  return words.length === 0 ? undefined : words.join('; ');
}

/** The order of a list says nothing; neither does that of an object's keys, which the dialect always writes the same. */
function textOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value
    .map((item) => (typeof item === 'string' ? item : sortedJson(item)))
    .sort()
    .join(', ');
}

function sortedJson(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : JSON.stringify(value);
}
