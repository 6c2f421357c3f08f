import { Option, type Command as Program } from 'commander';
import { addIndexOptions, openIndex, type IndexOptions } from '../api/index-source.ts';
import { printRows, type RowFormat } from '../api/rows.ts';
import { readMoment } from '../api/since.ts';
import { processStreams, type Streams } from '../streams.ts';

interface Options extends IndexOptions {
  readonly subject?: string;
  readonly resource?: string;
  readonly since?: string;
  readonly until?: string;
  readonly effect?: string;
  readonly decision?: string;
  readonly rule?: string;
  readonly revision?: string;
  readonly session?: string;
  readonly fingerprint?: string;
  readonly limit: string;
  readonly format: RowFormat;
}

const layout = {
  title: 'Commands',
  columns: [
    ['time', 'time'],
    ['subject', 'subject'],
    ['resource', 'resource'],
    ['decision', 'decision'],
    ['rules', 'rules'],
    ['effects', 'effects'],
    ['command', 'text'],
    ['decision id', 'decision_id'],
  ],
  none: 'No such commands.',
} as const;

export function register(program: Program): void {
  addIndexOptions(
    program
      .command('commands')
      .summary('who ran what, where, when, and how it was decided')
      .description('Searches the index of recorded commands, the newest first. All that is given must hold.')
      .option('--subject <id>', 'by this subject')
      .option('--resource <name>', 'on this resource')
      .option('--since <moment>', 'from then on: RFC 3339, a date, or how long ago (90m, 7d)')
      .option('--until <moment>', 'before then')
      .option('--effect <effect>', 'with this effect: read, write, delete, drop, …')
      .addOption(new Option('--decision <effect>', 'decided so').choices(['allow', 'deny', 'review']))
      .option('--rule <id>', 'decided by this rule')
      .option('--revision <id>', 'decided by this bundle')
      .option('--session <id>', 'of this session')
      .option('--fingerprint <fingerprint>', 'of this shape')
      .option('--limit <number>', 'most rows', '100')
      .addOption(new Option('-f, --format <format>').choices(['table', 'json', 'csv']).default('table')),
  )
    .addHelpText(
      'after',
      `
The recordings hold all of it: sallyport recordings show DECISION_ID.

Exit codes:
  0  done, whatever was found
  2  could not run: wrong usage, nobody to ask

Example:
  $ sallyport commands --subject bot --resource shop --since 7d --effect drop --decision deny`,
    )
    .action(async (options: Options) => {
      process.exitCode = await runCommands(options, processStreams);
    });
}

/** @returns the exit code @throws SallyportError SP_USAGE, SP_API_UNREACHABLE, SP_AUTH_FAILED, SP_STORE_* */
export async function runCommands(options: Options, streams: Streams): Promise<number> {
  const { subject, resource, effect, decision, rule, revision, session, fingerprint, limit } = options;
  const query = {
    subject,
    resource,
    since: readMoment('--since', options.since),
    until: readMoment('--until', options.until),
    effect,
    decision,
    rule,
    revision,
    session,
    fingerprint,
    limit,
  };
  const index = await openIndex(options, streams.env ?? {});
  try {
    printRows(await index.commands(query), layout, options.format, streams);
  } finally {
    await index.close();
  }
  return 0;
}
