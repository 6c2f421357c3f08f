import type { Command } from 'commander';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { formatFinding } from '../errors.ts';
import { differenceOf, formatFiles, renderDiff, type FormattedFile } from '../policy/format-files.ts';
import { decodeRego, readRegoFiles, type RegoFile } from '../policy/rego-files.ts';
import { replaceFile } from '../policy/replace-file.ts';
import { defaultPlaces } from '../policy-project.ts';
import { addReportOptions, publish, type ReportOptions } from '../reporters/publish.ts';
import type { Report } from '../reporters/report.ts';
import { createPaint } from '../reporters/terminal.ts';
import { plural } from '../reporters/text.ts';
import { BatchWriter, processStreams, readAll, type Streams } from '../streams.ts';
import { messageOf } from '../../engine/message-of.ts';

export interface FmtOptions extends ReportOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly write?: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('fmt')
    .summary('format policies as opa fmt does')
    .description(
      'Formats Rego as opa fmt does. Prints the result, unless --check, --diff or --write say what else to do with it.',
    )
    .argument('[paths...]', 'folders of Rego, .rego files, pack:NAME, or - for standard input')
    .option('-c, --check', 'tell which files are not formatted')
    .option('-d, --diff', 'print what would change as a unified diff')
    .option('-w, --write', 'write the files that change');
  addReportOptions(command)
    .addHelpText(
      'after',
      `
Without paths: standard input; with --check, --diff or --write policies, or the working directory. --format and --report are
for --check.

Exit codes:
  0  done
  1  with --check: files are not formatted
  2  a file does not parse or cannot be read or written; the others were taken care of all the same

Examples:
  $ sallyport fmt --check policies
  $ sallyport fmt --write policies
  $ sallyport fmt - < policy.rego`,
    )
    .action(async (paths: string[], options: FmtOptions) => {
      process.exitCode = await runFmt(paths, options, processStreams);
    });
}

/** @throws SallyportError SP_USAGE, SP_BUNDLE_NOT_FOUND, SP_STATEMENT_ENCODING, SP_COMPILER_*, SP_OUTPUT_FAILED */
export async function runFmt(
  paths: readonly string[],
  options: FmtOptions,
  streams: Streams,
  warm?: PolicyCompiler,
): Promise<number> {
  checkUsage(paths, options);
  const { files, findings } = await read(paths, options, streams);
  const compiler = warm ?? createPolicyCompiler();
  try {
    const { formatted, findings: broken } = await formatFiles(files, compiler);
    const outcome: Outcome = { files, formatted, findings: [...findings, ...broken] };
    return await (options.check === true ? check(outcome, options, streams) : act(outcome, options, streams));
  } finally {
    if (warm === undefined) await compiler.close();
  }
}

interface Outcome {
  readonly files: readonly RegoFile[];
  readonly formatted: readonly FormattedFile[];
  /** What cannot be formatted. */
  readonly findings: readonly Diagnostic[];
}

function checkUsage(paths: readonly string[], { check, diff, write }: FmtOptions): void {
  if (write === true && (check === true || diff === true)) {
    throw new SallyportError('SP_USAGE', '--write changes files; --check and --diff only tell what it would change.');
  }
  if (paths.includes('-') && (paths.length > 1 || write === true)) {
    throw new SallyportError('SP_USAGE', 'Standard input (-) stands alone, and there is nothing to --write it to.');
  }
}

async function read(
  paths: readonly string[],
  { check, diff, write }: FmtOptions,
  streams: Streams,
): Promise<{ files: RegoFile[]; findings: Diagnostic[] }> {
  const told = check === true || diff === true || write === true;
  if (paths[0] !== '-' && (paths.length > 0 || told)) return readRegoFiles(defaultPlaces(paths));
  const bytes = await readAll(streams.stdin);
  try {
    return { files: [decodeRego('stdin', bytes)], findings: [] };
  } catch (error) {
    const message = messageOf(error);
    return { files: [], findings: [{ severity: 'error', code: 'SP_POLICY_INVALID', message, file: 'stdin' }] };
  }
}

async function check(outcome: Outcome, options: FmtOptions, streams: Streams): Promise<number> {
  const { files, formatted, findings } = outcome;
  const changed = formatted.filter((one) => one.changed);
  if (options.diff === true) await print(changed, renderDiff, streams);
  const broken =
    findings.length === 0 ? '' : `, ${plural(findings.length, 'finding')} in files that cannot be formatted`;
  const report: Report = {
    tool: 'fmt',
    summary: `${plural(files.length, 'file')} checked, ${changed.length === 0 ? 'all' : String(formatted.length - changed.length)} formatted${broken}`,
    exitCode: findings.length > 0 ? 2 : changed.length > 0 ? 1 : 0,
    files: files.map(({ path }) => path),
    findings: [...findings, ...changed.map(differenceOf)],
    rules: { not_formatted: { title: 'Not as opa fmt writes it', category: 'style' } },
    cases: [],
    tables: [],
    details: { unformatted: changed.map(({ file }) => file.path) },
  };
  return publish(report, options, streams);
}

async function act({ formatted, findings }: Outcome, options: FmtOptions, streams: Streams): Promise<number> {
  const changed = formatted.filter((one) => one.changed);
  const failures = options.write === true ? await writeAll(changed, streams) : [];
  if (options.diff === true) await print(changed, renderDiff, streams);
  else if (options.write !== true) await print(formatted, (one) => one.formatted, streams);
  const told = [...findings, ...failures];
  for (const finding of told) streams.stderr.write(formatFinding(finding));
  return told.length > 0 ? 2 : 0;
}

async function print(
  list: readonly FormattedFile[],
  render: (one: FormattedFile, paint: ReturnType<typeof createPaint>) => string,
  streams: Streams,
): Promise<void> {
  const paint = createPaint(streams.stdout, streams.env ?? {});
  const writer = new BatchWriter(streams.stdout);
  for (const one of list) await writer.write(render(one, paint));
  await writer.flush();
}

/** Names each file that was written; gives those that could not be. */
async function writeAll(changed: readonly FormattedFile[], streams: Streams): Promise<Diagnostic[]> {
  const writer = new BatchWriter(streams.stdout);
  const failures: Diagnostic[] = [];
  for (const { file, formatted } of changed) {
    try {
      await replaceFile(file.path, formatted);
      await writer.write(`${file.path}\n`);
    } catch (error) {
      const why = messageOf(error);
      failures.push({
        severity: 'error',
        code: 'SP_OUTPUT_FAILED',
        message: `it cannot be written: ${why}`,
        file: file.path,
      });
    }
  }
  await writer.flush();
  return failures;
}
