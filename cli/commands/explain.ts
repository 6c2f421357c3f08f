import { Option, type Command as Program } from 'commander';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { SallyportError } from '../../engine/errors.ts';
import { catalogueFromFile } from '../catalogue/read.ts';
import { allDialects, builtInDialects, loadDialect } from '../dialects.ts';
import type { ContextArguments } from '../eval/arguments.ts';
import { readArguments, type ExplainArguments, type PlacingOptions } from '../explain/arguments.ts';
import { explain } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { loadExplainablePolicy } from '../explain/policy.ts';
import { renderExplanation } from '../explain/render.ts';
import { readInput, readOpening, readRecorded, readStatement, type SubjectMatter } from '../explain/subject-matter.ts';
import { repeated } from '../repeated.ts';
import { stageOption } from '../usage.ts';
import { createPaint } from '../reporters/terminal.ts';
import { BatchWriter, processStreams, readText, type Streams } from '../streams.ts';

export interface ExplainOptions extends ContextArguments, PlacingOptions {
  readonly dialect?: string;
  /** A file with the target's catalogue: values are followed. */
  readonly catalogue?: string;
  readonly reparse?: boolean;
  readonly all?: boolean;
  readonly format?: 'pretty' | 'json';
}

export function register(program: Program): void {
  program
    .command('explain')
    .summary('say why a policy decides as it does')
    .description(
      'Explains the decision on a statement, an engine input or an event of a recording: the normalized command, each\n' +
        'rule that fired or nearly fired with the values that decided, and the merged decision.',
    )
    .argument(
      '[text]',
      'the statement (with --dialect), the input as JSON, or FILE#N for event N of a recording; standard input when left out or -',
    )
    .argument('[paths...]', 'folders of Rego, .rego files, pack:NAME, or one bundle (default: policies, else .)')
    .option('-b, --bundle <path>', 'the same as a path; may be given more than once', repeated)
    .option('-d, --dialect <name>', `explain text: ${Object.keys(builtInDialects).join(', ')}, a module or a package`)
    .option('-s, --subject <subject>', 'who asks: id,kind,group… or JSON or @file (kind: human, agent, ci, service)')
    .option('-r, --resource <resource>', 'of what: name,protocol,environment or JSON or @file')
    .option('--session <session>', 'what differs from a new session: JSON or @file')
    .option('--client <client>', 'what differs from a local client with TLS: JSON or @file')
    .option(
      '--catalogue <file>',
      "the target's tables and labels (see README), to show what of a statement's result is masked",
    )
    .option('--now <time>', 'the moment of the decision, RFC 3339 (default: as the input says, or now)')
    .addOption(stageOption())
    .option(
      '--recording <file>',
      'explain an event of this recording (.jsonl, .jsonl.gz); all arguments are then paths',
    )
    .option('--seq <n>', "the event's number; a decision or result stands for its command")
    .option(
      '--reparse',
      "parse the recorded text with today's dialect; by default the recorded command is taken as it is",
    )
    .option('-a, --all', 'list the rules that were far from firing as well')
    .addOption(new Option('-f, --format <format>').choices(['pretty', 'json']).default('pretty'))
    .addHelpText(
      'after',
      `
A rule nearly fired when exactly one of its conditions failed and at least one other held ("some x in xs" and "x := …"
are no conditions); the five nearest are shown. Where nothing allows a command, the allow and review rules that came
nearest count as well, and where a command is incomplete, those that accept incomplete ones.

The decision is that of the WASM engine, as in a gateway; the rules are watched in OPA's own evaluator.

Exit codes:
  0  explained, whatever was decided
  1  explained, and something is wrong: the recorded event is damaged, or the two evaluators differ
  2  could not run: the policy does not compile, there is no such event, …

Examples:
  $ sallyport explain --dialect postgres --subject bot,agent 'DROP TABLE orders' policies
  $ sallyport explain --recording data/recordings/2026-01-01/4f….jsonl --seq 7 policies pack:destructive-sql
  $ sallyport explain 'data/recordings/2026-01-01/4f….jsonl#7' --bundle bundle.tar.gz --format json`,
    )
    .action(async (text: string | undefined, paths: string[], options: ExplainOptions) => {
      process.exitCode = await runExplain(text === undefined ? [] : [text, ...paths], options, processStreams);
    });
}

/**
 * @param positional what stands on the command line; see readArguments
 * @param warm a compiler to use and leave running; one of its own is made and closed otherwise
 * @returns the exit code: 0 or 1
 * @throws SallyportError SP_USAGE, SP_EVAL_*, SP_BUNDLE_*, SP_POLICY_INVALID, SP_RECORDING_DAMAGED, SP_STATEMENT_ENCODING
 */
export async function runExplain(
  positional: readonly string[],
  options: ExplainOptions,
  streams: Streams,
  warm?: PolicyCompiler,
): Promise<number> {
  const given = readArguments(positional, options);
  const dialects = await allDialects(options.dialect === undefined ? [] : [options.dialect]);
  const matter = await readMatter(given, options, dialects, streams);
  const compiler = warm ?? createPolicyCompiler();
  let explanation: Explanation;
  try {
    const policy = await loadExplainablePolicy(given.places, dialects, compiler);
    const followed = await followValues(matter, options, dialects, policy.engine.labels);
    explanation = await explain(followed, given.places, policy, options.all === true);
  } finally {
    if (warm === undefined) await compiler.close();
  }
  const writer = new BatchWriter(streams.stdout);
  await writer.write(
    options.format === 'json'
      ? `${JSON.stringify(explanation, undefined, 2)}\n`
      : renderExplanation(explanation, createPaint(streams.stdout, streams.env ?? {})),
  );
  await writer.flush();
  return isSound(explanation) ? 0 : 1;
}

async function readMatter(
  { text, event }: ExplainArguments,
  options: ExplainOptions,
  dialects: readonly Dialect[],
  streams: Streams,
): Promise<SubjectMatter> {
  const { now, reparse = false, dialect } = options;
  if (options.stage === 'session') {
    const named = dialect === undefined ? undefined : await loadDialect(dialect);
    return readOpening(named?.name, dialects, options);
  }
  if (event !== undefined) {
    return readRecorded(event.file, event.seq, dialects, { reparse, ...(now === undefined ? {} : { now }) });
  }
  const given = text ?? (await readText(streams.stdin));
  if (dialect === undefined) return readInput(given, dialects, now);
  return readStatement(given, await loadDialect(dialect), dialects, options);
}

/** What was read with the values of its statement followed, where a catalogue was given: the policies' data may label it. */
async function followValues(
  matter: SubjectMatter,
  options: ExplainOptions,
  dialects: readonly Dialect[],
  labels: unknown,
): Promise<SubjectMatter> {
  const { catalogue, dialect: name } = options;
  if (catalogue === undefined) return matter;
  if (name === undefined || matter.source.kind !== 'statement') {
    throw new SallyportError('SP_USAGE', '--catalogue is for statements: give one, and its --dialect.');
  }
  const dialect = await loadDialect(name);
  const catalogueOf = catalogueFromFile(catalogue, dialect);
  return readStatement(matter.source.text, dialect, dialects, options, (resource) => catalogueOf(resource, labels));
}

/** Whether what was explained can be relied on. A statement's own syntax error is explained, and no fault. */
function isSound({ source, diagnostics, commands }: Explanation): boolean {
  const damaged = diagnostics.some(({ severity, code }) => severity === 'error' && code === 'SP_RECORDING_DAMAGED');
  return !(source.kind === 'recording' && damaged) && commands.every(({ evaluators }) => evaluators.agree !== false);
}
