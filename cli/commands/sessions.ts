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
  readonly open?: boolean;
  readonly decision?: string;
  readonly limit: string;
  readonly format: RowFormat;
}

const layout = {
  title: 'Sessions',
  columns: [
    ['session', 'id'],
    ['started', 'started'],
    ['ended', 'ended'],
    ['subject', 'subject'],
    ['resource', 'resource'],
    ['from', 'client_address'],
    ['decision', 'decision'],
    ['commands', 'commands'],
    ['denied', 'denied'],
    ['ended by', 'end_reason'],
  ],
  none: 'No such sessions.',
} as const;

export function register(program: Program): void {
  addIndexOptions(
    program
      .command('sessions')
      .summary('who was connected where, and when')
      .description('Searches the index of recorded sessions, the newest first.')
      .option('--subject <id>', 'of this subject')
      .option('--resource <name>', 'on this resource')
      .option('--since <moment>', 'begun from then on: RFC 3339, a date, or how long ago (90m, 7d)')
      .option('--until <moment>', 'begun before then')
      .option('--open', 'that have not ended')
      .addOption(new Option('--decision <effect>', 'judged so when they opened').choices(['allow', 'deny']))
      .option('--limit <number>', 'most rows', '100')
      .addOption(new Option('-f, --format <format>').choices(['table', 'json', 'csv']).default('table')),
  )
    .addHelpText(
      'after',
      `
Exit codes:
  0  done, whatever was found
  2  could not run: wrong usage, nobody to ask

Example:
  $ sallyport sessions --subject bot --since 1d --format csv`,
    )
    .action(async (options: Options) => {
      process.exitCode = await runSessions(options, processStreams);
    });
}

/** @returns the exit code @throws SallyportError SP_USAGE, SP_API_UNREACHABLE, SP_AUTH_FAILED, SP_STORE_* */
export async function runSessions(options: Options, streams: Streams): Promise<number> {
  const { subject, resource, open, decision, limit } = options;
  const query = {
    subject,
    resource,
    since: readMoment('--since', options.since),
    until: readMoment('--until', options.until),
    ...(open === true ? { open: 'true' } : {}),
    decision,
    limit,
  };
  const index = await openIndex(options, streams.env ?? {});
  try {
    printRows(await index.sessions(query), layout, options.format, streams);
  } finally {
    await index.close();
  }
  return 0;
}
