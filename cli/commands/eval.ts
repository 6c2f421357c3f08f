import type { Command as Program } from 'commander';
import type { Diagnostic } from '../../engine/contract.ts';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Dialect } from '../../engine/dialect.ts';
import type { Engine } from '../../engine/engine.ts';
import { SallyportError } from '../../engine/errors.ts';
import { loadEngine } from '../../engine/load.ts';
import { allDialects, builtInDialects, loadDialect } from '../dialects.ts';
import { catalogueFromFile } from '../catalogue/read.ts';
import type { CatalogueOf } from '../catalogue/written-catalogue.ts';
import { contextOf, openingOf, parseInput } from '../eval/arguments.ts';
import { createEvaluator, isAllowed, isAllowedAnswer, refusal, type Evaluator } from '../eval/evaluator.ts';
import { createInputCheck, type InputContext } from '../eval/inputs.ts';
import { transformJsonLines, type JsonLine } from '../jsonl.ts';
import { renderColumns } from '../reporters/columns.ts';
import { renderDecision, renderSubjectMatter } from '../reporters/decisions.ts';
import { normalizeEntrypoint } from '../policy/entrypoint-name.ts';
import { addVerificationOptions, readVerification, type VerificationOptions } from '../policy/verification-options.ts';
import { createPaint } from '../reporters/terminal.ts';
import { repeated } from '../repeated.ts';
import { createStatementReader } from '../statements.ts';
import { BatchWriter, processStreams, readText, type Streams } from '../streams.ts';
import { pipedFormatOption, stageOption } from '../usage.ts';

export interface EvalOptions extends VerificationOptions {
  /** Folders of Rego, .rego files and packs, or one OPA bundle. */
  readonly bundle: string | readonly string[];
  readonly dialect?: string;
  readonly subject?: string;
  readonly resource?: string;
  readonly session?: string;
  readonly client?: string;
  /** A file with the target's catalogue: values are followed. */
  readonly catalogue?: string;
  readonly now?: string;
  readonly stage?: 'command' | 'session';
  readonly entrypoint?: string;
  readonly format?: 'pretty' | 'json';
  readonly jsonl?: boolean;
  readonly exitCode?: boolean;
}

export function register(program: Program): void {
  const command = program
    .command('eval')
    .summary('show what a policy decides')
    .description(
      'Evaluates a policy on engine inputs (JSON on standard input), or on a statement with --dialect and --subject.',
    )
    .argument('[text]', 'the statement (with --dialect), or the input as JSON; standard input when left out')
    .requiredOption(
      '-b, --bundle <path>',
      'a folder of Rego, pack:NAME (both may be repeated), or an OPA bundle',
      repeated,
    )
    .option('-d, --dialect <name>', `judge text: ${Object.keys(builtInDialects).join(', ')}, a module or a package`)
    .option('-s, --subject <subject>', 'who asks: id,kind,group… or JSON or @file (kind: human, agent, ci, service)')
    .option('-r, --resource <resource>', 'of what: name,protocol,environment or JSON or @file')
    .option('--session <session>', 'what differs from a new session: JSON or @file')
    .option('--client <client>', 'what differs from a local client with TLS: JSON or @file')
    .option(
      '--catalogue <file>',
      "the target's tables and labels (see README): shows what of a statement's result is masked",
    )
    .option('--now <time>', 'the moment of the decision, RFC 3339 (default: as the input says, or now)')
    .addOption(stageOption())
    .option('-e, --entrypoint <path>', 'another entrypoint, such as policy/production/deny; prints its {"result"}')
    .addOption(pipedFormatOption())
    .option('--jsonl', 'an input (or, with --dialect, a {"text", "settings"?}) per line; an answer per line')
    .option('--exit-code', 'exit with 1 when something is denied or held for review');
  addVerificationOptions(command)
    .addHelpText(
      'after',
      `
Exit codes:
  0  everything was evaluated, whatever was decided (see --exit-code)
  1  an input of --jsonl could not be judged; with --exit-code also: something is not allowed
  2  could not run: the policy does not compile, the input does not follow the schema, …

Prints decisions; with --dialect {"text", "complete", "commands": [{"command", "answer", "masking"}], "diagnostics"}. With --jsonl,
an input that cannot be judged is answered with a denial that carries "diagnostics".

Examples:
  $ sallyport eval --bundle policies --dialect postgres --subject bot,agent,readers 'SELECT 1'
  $ sallyport eval --bundle policies --stage session --subject bot,agent --now 2026-01-01T03:00:00Z
  $ sallyport eval --bundle policies --jsonl < inputs.jsonl`,
    )
    .action(async (text: string | undefined, options: EvalOptions) => {
      process.exitCode = await runEval(text, options, processStreams);
    });
}

/**
 * @param warm a compiler to use and leave running; one of its own is made and closed otherwise
 * @returns the exit code: 0 or 1
 * @throws SallyportError SP_USAGE, SP_EVAL_*, SP_BUNDLE_*, SP_POLICY_INVALID, SP_STATEMENT_ENCODING
 */
export async function runEval(
  text: string | undefined,
  options: EvalOptions,
  streams: Streams,
  warm?: PolicyCompiler,
): Promise<number> {
  if (options.stage === 'session' && options.jsonl === true) {
    throw new SallyportError('SP_USAGE', 'With --jsonl each line says itself at which stage it is: leave --stage out.');
  }
  const dialect = options.dialect === undefined ? undefined : await loadDialect(options.dialect);
  const dialects = await allDialects(options.dialect === undefined ? [] : [options.dialect]);
  const check = createInputCheck(dialects);
  const context = dialect === undefined ? undefined : check(contextOf(dialect.name, options));
  const catalogueOf = readCatalogue(options.catalogue, dialect);
  const entrypoint = options.entrypoint === undefined ? undefined : normalizeEntrypoint(options.entrypoint);
  const engine = await load(options, dialects, entrypoint, warm);
  const { now } = options;
  const evaluator = createEvaluator({
    engine,
    check,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(now === undefined ? {} : { now }),
    ...(catalogueOf === undefined ? {} : { catalogueOf }),
  });
  const job: Job = { engine, evaluator, text: dialect && context ? { dialect, context } : undefined };
  const outcome = options.jsonl === true ? await evalLines(job, streams) : await evalOne(job, text, options, streams);
  return outcome.failed || (options.exitCode === true && !outcome.allowed) ? 1 : 0;
}

/** @throws SallyportError SP_USAGE, SP_CATALOGUE_INVALID */
function readCatalogue(file: string | undefined, dialect: Dialect | undefined): CatalogueOf | undefined {
  if (file === undefined) return undefined;
  if (dialect === undefined)
    throw new SallyportError('SP_USAGE', '--catalogue is for statements: give their --dialect.');
  return catalogueFromFile(file, dialect);
}

interface Job {
  readonly engine: Engine;
  readonly evaluator: Evaluator;
  /** Present when texts are judged, not inputs. */
  readonly text: { readonly dialect: Dialect; readonly context: InputContext } | undefined;
}

interface Outcome {
  readonly allowed: boolean;
  readonly failed: boolean;
}

async function evalOne(job: Job, text: string | undefined, options: EvalOptions, streams: Streams): Promise<Outcome> {
  const opening = options.stage === 'session' ? openingOf(job.text?.dialect.name, options) : undefined;
  if (opening !== undefined && text !== undefined) {
    throw new SallyportError('SP_USAGE', 'A session that opens has no text: leave it out, or --stage.');
  }
  const given = opening === undefined ? (text ?? (await readText(streams.stdin))) : '';
  const pretty = (options.format ?? (streams.stdout.isTTY === true ? 'pretty' : 'json')) === 'pretty';
  const paint = createPaint(streams.stdout, streams.env ?? {});
  const writer = new BatchWriter(streams.stdout);
  const print = async (value: unknown): Promise<void> => {
    await writer.write(`${JSON.stringify(value, null, 2)}\n`);
    await writer.flush();
  };
  if (job.text === undefined || opening !== undefined) {
    const answer = job.evaluator.input(opening ?? parseInput(given));
    if (pretty && 'effect' in answer) await writer.write(renderDecision(answer, paint));
    else await print(answer);
    await writer.flush();
    return { allowed: isAllowedAnswer(answer), failed: false };
  }
  const answer = job.evaluator.statement(job.text.dialect, job.text.context, { text: given });
  if (pretty) {
    for (const { command, answer: one, masking } of answer.commands) {
      const rendered = 'effect' in one ? renderDecision(one, paint) : `${JSON.stringify(one)}\n`;
      await writer.write(`${renderSubjectMatter(command, paint)}\n${rendered}${renderColumns(masking, paint)}`);
    }
    for (const { code, message } of answer.diagnostics) await writer.write(`${code}: ${message}\n`);
    await writer.flush();
  } else await print(answer);
  return { allowed: isAllowed(answer), failed: false };
}

async function evalLines(job: Job, streams: Streams): Promise<Outcome> {
  let refused = 0;
  let failures = 0;
  const read = job.text === undefined ? undefined : createStatementReader(job.text.dialect);
  const fail = (diagnostic: Diagnostic, text: string | null): unknown => {
    failures += 1;
    return job.text === undefined
      ? refusal(job.engine.revision, diagnostic)
      : { text, complete: false, commands: [], diagnostics: [diagnostic] };
  };
  const answerLine = (line: JsonLine): unknown => {
    if ('diagnostic' in line) return fail(line.diagnostic, null);
    if (job.text === undefined || read === undefined) {
      const answer = job.evaluator.input(line.value);
      if (!isAllowedAnswer(answer)) refused += 1;
      return answer;
    }
    const reading = read(line.value);
    if (!reading.ok) return fail({ ...reading.diagnostic, row: line.row }, reading.text);
    const answer = job.evaluator.statement(job.text.dialect, job.text.context, reading.statement);
    if (!isAllowed(answer)) refused += 1;
    return answer;
  };
  await transformJsonLines(streams, (line) => {
    try {
      return answerLine(line);
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      return fail({ severity: 'error', code: error.code, message: error.message, row: line.row }, null);
    }
  });
  return { allowed: refused === 0, failed: failures > 0 };
}

async function load(
  options: EvalOptions,
  dialects: readonly Dialect[],
  entrypoint: string | undefined,
  warm: PolicyCompiler | undefined,
): Promise<Engine> {
  const verification = await readVerification(options);
  const compiler = warm ?? createPolicyCompiler();
  try {
    return await loadEngine(options.bundle, {
      compiler,
      dialects,
      verification,
      ...(entrypoint === undefined ? {} : { entrypoints: [entrypoint] }),
    });
  } finally {
    if (warm === undefined) await compiler.close();
  }
}
