import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { suggestion } from '../config/suggest.ts';
import { BatchWriter, type Streams } from '../streams.ts';
import { isReportFormat, reportFormatNames, reportFormats, type ReportContext, type ReportFormat } from './formats.ts';
import { defuseWorkflowCommands, isWorkflowLog, repositoryAddress, rootInRepository } from './github-environment.ts';
import { appendOutput, writeOutput } from './output-file.ts';
import type { Report } from './report.ts';
import { createSourceReader } from './sources.ts';
import { createPaint } from './terminal.ts';

/** What `addReportOptions` adds to a command's options. Left out: pretty, and no files. */
export interface ReportOptions {
  /** What is printed on standard output. */
  readonly format?: ReportFormat;
  /** What is written to files beside that. */
  readonly report?: readonly ReportFile[];
  /** Print passed cases too. */
  readonly verbose?: boolean;
}

export interface ReportFile {
  readonly format: ReportFormat;
  readonly file: string;
}

/**
 * Adds `--format`, `--report` and `--verbose`. The default is pretty, piped or not: a log is read by people, and a program
 * that reads a report says which one.
 */
export function addReportOptions(command: Command): Command {
  const formats = reportFormatNames.join(', ');
  return command
    .addOption(new Option('-f, --format <format>', formats).argParser(readFormat).default('pretty'))
    .addOption(
      new Option('--report <format>=<file>', 'write a report to a file as well; may be repeated').argParser(
        readReportFile,
      ),
    )
    .option('--verbose', 'print passed cases too');
}

/**
 * Prints a report and writes the files that were asked for. With `--format github` in a GitHub Actions job the Markdown is
 * added to the job's summary as well.
 *
 * @returns the report's exit code
 * @throws SallyportError SP_OUTPUT_FAILED when a file cannot be written; everything else was written then
 */
export async function publish(report: Report, options: ReportOptions, streams: Streams): Promise<number> {
  const env = streams.env ?? {};
  const format = options.format ?? 'pretty';
  const context = createContext(options, env);
  const writer = new BatchWriter(streams.stdout);
  const printed = reportFormats[format](report, { ...context, paint: createPaint(streams.stdout, env) });
  await writer.write(isWorkflowLog(env) && isForPeople(format) ? defuseWorkflowCommands(printed) : printed);
  await writer.flush();
  const failures: unknown[] = [];
  const attempt = (write: () => void): void => {
    try {
      write();
    } catch (error) {
      failures.push(error);
    }
  };
  for (const file of options.report ?? []) {
    attempt(() => {
      writeOutput(file.file, reportFormats[file.format](report, context));
    });
  }
  const page = env['GITHUB_STEP_SUMMARY'];
  if (format === 'github' && isWorkflowLog(env) && page !== undefined && page !== '') {
    attempt(() => {
      appendOutput(page, reportFormats.markdown(report, context));
    });
  }
  if (failures.length > 0) throw failures[0];
  return report.exitCode;
}

/** For files: without colours. */
function createContext({ verbose = false }: ReportOptions, env: NonNullable<Streams['env']>): ReportContext {
  const repository = repositoryAddress(env);
  return {
    paint: (_style, text) => text,
    verbose,
    sources: createSourceReader(),
    root: rootInRepository(env, process.cwd()),
    ...(repository === undefined ? {} : { repository }),
  };
}

/** The others are read by programs, which get every byte as it is; github's commands are meant to be obeyed. */
function isForPeople(format: ReportFormat): boolean {
  return format === 'pretty' || format === 'tap' || format === 'markdown';
}

function readFormat(name: string): ReportFormat {
  if (isReportFormat(name)) return name;
  throw new InvalidArgumentError(`There is no such format: ${suggestion(name, reportFormatNames)}`);
}

function readReportFile(text: string, before: readonly ReportFile[] = []): ReportFile[] {
  const cut = text.indexOf('=');
  if (cut < 0) throw new InvalidArgumentError('It is <format>=<file>, such as junit=reports/junit.xml.');
  const format = readFormat(text.slice(0, cut));
  const file = text.slice(cut + 1);
  if (file === '' || file === '-') throw new InvalidArgumentError('It needs a file; --format is for standard output.');
  if (before.some((other) => resolve(other.file) === resolve(file))) {
    throw new InvalidArgumentError('Two reports would be written to that file.');
  }
  return [...before, { format, file }];
}
