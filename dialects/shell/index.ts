import type { Command } from '../../engine/contract.ts';
import { defineDialect, incompleteCommand, type Dialect, type ParseResult, type Statement } from '../define.ts';
import { attributesSchema } from './attributes-schema.ts';
import { finish } from './finish.ts';
import { knownPrograms } from './programs/index.ts';
import type { ProgramTable } from './programs/spec.ts';
import { Reading, Unreadable, type Context, type Surroundings } from './reading.ts';
import { runWords } from './run.ts';
import { createSecondReader, type SecondReader } from './second-reading.ts';
import { readSettings, settingsSchema, type Settings } from './settings.ts';
import { statementSource, type Source } from './source.ts';
import { parseText } from './syntax.ts';
import { isTooMuch } from './volume.ts';
import { walkScript } from './walk.ts';

export type { Meaning, ProgramSpec, ProgramTable } from './programs/spec.ts';
export { reasons, type ReasonName } from './reasons.ts';

export interface ShellDialectOptions {
  /** Dialects for texts inside: `postgres` for psql, `mysql` for mysql. Without one such a command is not complete. */
  readonly dialects?: Readonly<Record<string, Dialect>>;
  /** What further programs do; an entry takes the place of a known one. */
  readonly programs?: ProgramTable;
  /** Largest text in UTF-16 code units; 32,768 by default. */
  readonly textLength?: number;
  /** Most commands in a statement; 1,000 by default. */
  readonly commands?: number;
  /** How many texts within texts (sh -c, eval, ssh) are read; 8 by default. */
  readonly depth?: number;
}

const NAME = 'shell';
export const DEFAULT_TEXT_LENGTH = 32_768;

/**
 * The shell's dialect: text that bash or a POSIX sh reads, mapped to commands.
 *
 * What it vouches for is the text, read by two parsers that must agree, and programs by what is known of them. What
 * their configuration makes them do (hooks, profiles, filters, scripts of packages) is not in the text.
 */
export async function createShellDialect(options: ShellDialectOptions = {}): Promise<Dialect> {
  const second = await createSecondReader();
  const programs = knownPrograms(options.programs);
  const textLength = options.textLength ?? DEFAULT_TEXT_LENGTH;
  const limits = { commands: options.commands ?? 1_000, depth: options.depth ?? 8 };

  function surroundings({ aliases, terminal }: Settings): Surroundings {
    return {
      programs,
      dialects: options.dialects ?? {},
      aliases,
      terminal,
      limits,
      runWords,
      readText: (reading, source, context) => {
        readText(reading, source, context, second);
      },
    };
  }

  function parse({ text, settings: given }: Statement): ParseResult {
    const settings = readSettings(given);
    try {
      if (text.length > textLength)
        throw new Unreadable('too_large', `The text is longer than ${textLength} characters.`);
      const reading = new Reading(surroundings(settings));
      const source = statementSource(text);
      reading.readText(source, outermost(source, settings));
      if (settings.unsupported) reading.doubt('unsupported_setting');
      const commands = finish(reading, text, NAME);
      return { complete: commands.every(({ complete }) => complete), commands, diagnostics: [] };
    } catch (error) {
      if (error instanceof Unreadable) return refused(text, error);
      if (error instanceof RangeError)
        return refused(text, new Unreadable('too_deep', 'The text is nested too deeply.'));
      throw error;
    }
  }

  return defineDialect({
    name: NAME,
    attributesSchema,
    settingsSchema,
    nested: Object.values(options.dialects ?? {}),
    parse,
  });
}

function readText(reading: Reading, source: Source, context: Context, second: SecondReader): void {
  const script = parseText(source.text);
  if (isTooMuch(source.text))
    throw new Unreadable('too_large', 'The text holds too many pipes, brackets or here-documents.');
  walkScript(reading, script, context);
  if (!second.agrees(source.text, script)) reading.doubt('parser_disagreement');
}

function outermost(source: Source, { posix }: Settings): Context {
  return {
    source,
    parent: undefined,
    within: [],
    wrappers: [],
    pipeline: undefined,
    background: false,
    input: { from: 'terminal' },
    redirected: false,
    posix,
    depth: 0,
    functions: new Set(),
    direct: true,
  };
}

function refused(text: string, { reason, message, position }: Unreadable): ParseResult {
  const place = position === undefined ? undefined : Math.min(position, text.length);
  const command: Command = {
    ...incompleteCommand(NAME, text, reason),
    attributes: { error: { code: reason, message, ...(place === undefined ? {} : { position: place }) } },
  };
  return {
    complete: false,
    commands: [command],
    diagnostics: [
      {
        severity: 'error',
        code: reason,
        message,
        ...(place === undefined ? {} : { span: { start: place, end: place } }),
      },
    ],
  };
}
