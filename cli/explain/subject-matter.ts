import type { Catalogue } from '../../engine/catalogue.ts';
import type { Command, Diagnostic, Input } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { SallyportError } from '../../engine/errors.ts';
import type { CommandLineage } from '../../engine/lineage.ts';
import { contextOf, openingOf, parseInput, type ContextArguments } from '../eval/arguments.ts';
import { createInputCheck, inputsOf } from '../eval/inputs.ts';
import { readFollowed } from '../masking/followed-session.ts';
import { shownPath } from '../policy-project.ts';
import { RecordedColumns } from '../replay/recorded-values.ts';
import { StatementReader } from '../replay/statements.ts';
import type { ExplainedSource } from './explanation.ts';
import { findRecordedCommand } from './recorded-event.ts';

/** What is explained: one input for each command of a statement, or the one that was given. */
export interface SubjectMatter {
  readonly source: ExplainedSource;
  readonly inputs: readonly Input[];
  /** Whether the dialect vouches for the whole of it. */
  readonly complete: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** By input, where values were followed. */
  readonly lineage?: readonly CommandLineage[];
}

/**
 * @param catalogueOf gives the catalogue to follow values by, for a resource; absent: they are not followed
 * @throws SallyportError SP_USAGE, SP_EVAL_INPUT_INVALID
 */
export function readStatement(
  text: string,
  dialect: Dialect,
  dialects: readonly Dialect[],
  context: ContextArguments,
  catalogueOf?: (resource: string) => Catalogue,
): SubjectMatter {
  const surroundings = createInputCheck(dialects)(contextOf(dialect.name, context));
  const followed = readFollowed(dialect, { text }, surroundings, catalogueOf?.(surroundings.resource.name));
  const { parsed, commands } = followed;
  return {
    source: { kind: 'statement', dialect: dialect.name, text },
    inputs: inputsOf(surroundings, parsed, commands),
    complete: parsed.complete,
    diagnostics: parsed.diagnostics,
    ...(commands === undefined ? {} : { lineage: commands }),
  };
}

/** @throws SallyportError SP_EVAL_INPUT_INVALID */
export function readInput(text: string, dialects: readonly Dialect[], now: string | undefined): SubjectMatter {
  const value = parseInput(text);
  const input = createInputCheck(dialects)(now === undefined ? value : { ...value, now });
  return { source: { kind: 'input' }, inputs: [input], complete: input.command?.complete ?? true, diagnostics: [] };
}

/** @throws SallyportError SP_USAGE, SP_EVAL_INPUT_INVALID */
export function readOpening(
  dialect: string | undefined,
  dialects: readonly Dialect[],
  context: ContextArguments,
): SubjectMatter {
  const input = createInputCheck(dialects)(openingOf(dialect, context));
  return { source: { kind: 'input' }, inputs: [input], complete: true, diagnostics: [] };
}

export interface RecordedOptions {
  /** Parse the recorded text again instead of taking the recorded command. */
  readonly reparse: boolean;
  /** RFC 3339; the recorded moment when left out. */
  readonly now?: string;
}

/** @throws SallyportError SP_USAGE, SP_RECORDING_DAMAGED */
export async function readRecorded(
  file: string,
  seq: number,
  dialects: readonly Dialect[],
  options: RecordedOptions,
): Promise<SubjectMatter> {
  const recorded = await findRecordedCommand(file, seq);
  const { row, session, decision, findings } = recorded;
  const input = options.now === undefined ? recorded.input : { ...recorded.input, now: options.now };
  const source: ExplainedSource = {
    kind: 'recording',
    file: shownPath(file),
    row,
    seq: recorded.seq,
    session,
    reparsed: options.reparse,
    ...(decision === undefined ? {} : { decision }),
  };
  if (!options.reparse) {
    return { source, inputs: [input], complete: input.command?.complete ?? true, diagnostics: findings };
  }
  const again = parseAgain(input, dialects);
  const { command } = input;
  // What was recorded of the target's columns holds: no catalogue is at hand.
  const parsed =
    command === undefined
      ? again
      : { ...again, commands: new RecordedColumns().placed({ ...input, command }, again.commands) };
  return {
    source,
    inputs: inputsOf(input, parsed),
    complete: parsed.complete,
    diagnostics: [...findings, ...parsed.diagnostics],
  };
}

const whyKept = {
  secrets: 'its secrets were cut out of its text before it was written',
  prepared: 'it runs what the session prepared under a name, which its event does not hold',
  dialect: 'its dialect is not known here',
} as const;

function parseAgain(input: Input, dialects: readonly Dialect[]) {
  const { command } = input;
  if (command === undefined) throw new SallyportError('SP_USAGE', 'The recorded input has no command to parse again.');
  const whole: Input & { command: Command } = { ...input, command };
  const read = new StatementReader(dialects).read(whole, [whole]);
  if ('parsed' in read) return read.parsed;
  throw new SallyportError('SP_USAGE', `The recorded command cannot be parsed again: ${whyKept[read.kept]}.`, {
    help: `Leave --reparse out to explain the command as it was recorded${read.kept === 'dialect' ? ', or give its dialect with --dialect' : ''}.`,
  });
}
