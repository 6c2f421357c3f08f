import type { Command as Program } from 'commander';
import type { Command, Diagnostic } from '../../engine/contract.ts';
import type { Dialect, ParseResult } from '../../engine/dialect.ts';
import { builtInDialects, loadDialect } from '../dialects.ts';
import { transformJsonLines, type JsonLine } from '../jsonl.ts';
import { renderParse } from '../reporters/commands.ts';
import { createPaint } from '../reporters/terminal.ts';
import { createStatementReader } from '../statements.ts';
import { BatchWriter, processStreams, readText, type Streams } from '../streams.ts';
import { pipedFormatOption } from '../usage.ts';

export interface ParseOptions {
  /** A built-in dialect's name, a path to a module or a package's name. */
  readonly dialect: string;
  readonly format?: 'pretty' | 'json';
  readonly jsonl?: boolean;
}

/** What is printed for a statement; `text` is null where a line held none. */
interface ParsedStatement {
  readonly text: string | null;
  readonly complete: boolean;
  readonly commands: readonly Command[];
  readonly diagnostics: readonly Diagnostic[];
}

export function register(program: Program): void {
  program
    .command('parse')
    .summary('show the commands that a statement holds, as policies see them')
    .description('Parses a statement, given as an argument or on standard input, and prints its commands.')
    .argument('[text]', 'the statement; standard input when left out')
    .requiredOption(
      '-d, --dialect <name>',
      `${Object.keys(builtInDialects).join(', ')}, a path to a module (./my-dialect.js) or a package`,
    )
    .addOption(pipedFormatOption())
    .option(
      '--jsonl',
      'read a {"text", "settings"?} per line, print a {"text", "complete", "commands", "diagnostics"} per line',
    )
    .addHelpText(
      'after',
      `
Exit codes:
  0  everything is complete
  1  something is incomplete or does not parse
  2  could not run (unknown dialect, unreadable input, …)

With --jsonl each line of the input has its line in the output, in order. A line that cannot be read is answered with
"text": null and a diagnostic that names the line.

Examples:
  $ sallyport parse --dialect postgres 'WITH d AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM d'
  $ sallyport parse --dialect postgres --jsonl < statements.jsonl`,
    )
    .action(async (text: string | undefined, options: ParseOptions) => {
      process.exitCode = await runParse(text, options, processStreams);
    });
}

/**
 * @returns the exit code: 0 or 1
 * @throws SallyportError SP_USAGE, SP_STATEMENT_ENCODING
 */
export async function runParse(text: string | undefined, options: ParseOptions, streams: Streams): Promise<number> {
  const dialect = await loadDialect(options.dialect);
  if (options.jsonl === true) return parseLines(dialect, streams);
  const statement = text ?? (await readText(streams.stdin));
  const result = dialect.parse({ text: statement });
  const format = options.format ?? (streams.stdout.isTTY === true ? 'pretty' : 'json');
  const writer = new BatchWriter(streams.stdout);
  await writer.write(
    format === 'pretty'
      ? renderParse(statement, result, createPaint(streams.stdout, streams.env ?? {}))
      : `${JSON.stringify(parsed(statement, result), null, 2)}\n`,
  );
  await writer.flush();
  return isSound(result) ? 0 : 1;
}

async function parseLines(dialect: Dialect, streams: Streams): Promise<number> {
  const read = createStatementReader(dialect);
  let unsound = 0;
  await transformJsonLines(streams, (line) => {
    const answer = parseLine(dialect, read, line);
    if (!isSound(answer)) unsound += 1;
    return answer;
  });
  return unsound === 0 ? 0 : 1;
}

function parseLine(dialect: Dialect, read: ReturnType<typeof createStatementReader>, line: JsonLine): ParsedStatement {
  if ('diagnostic' in line) return unread(null, line.diagnostic);
  const reading = read(line.value);
  if (!reading.ok) return unread(reading.text, { ...reading.diagnostic, row: line.row });
  return parsed(reading.statement.text, dialect.parse(reading.statement));
}

function parsed(text: string, { complete, commands, diagnostics }: ParseResult): ParsedStatement {
  return { text, complete, commands, diagnostics };
}

function unread(text: string | null, diagnostic: Diagnostic): ParsedStatement {
  return { text, complete: false, commands: [], diagnostics: [diagnostic] };
}

function isSound({ complete, diagnostics }: Pick<ParseResult, 'complete' | 'diagnostics'>): boolean {
  return complete && diagnostics.every(({ severity }) => severity !== 'error');
}
