import { Option, type Command as Program } from 'commander';
import { notificationStates } from '../../proxy/store/tables.ts';
import { addApiOptions, createApiClient, type ApiOptions } from '../api/client.ts';
import { renderTable } from '../reporters/tables.ts';
import { createPaint } from '../reporters/terminal.ts';
import { printableJson } from '../reporters/text.ts';
import { processStreams, type Streams } from '../streams.ts';
import { formatOption } from '../usage.ts';

/** GET /v1/notifications */
interface NotificationView {
  readonly id: string;
  readonly channel: string;
  readonly time: string;
  readonly type: string;
  readonly message: string;
  readonly left_out: number;
  readonly state: string;
  readonly attempts: number;
  readonly error: string | null;
}

interface CommonOptions extends ApiOptions {
  readonly format: 'pretty' | 'json';
}

interface ListOptions extends CommonOptions {
  readonly channel?: string;
  readonly state: string;
  readonly limit: string;
}

const exitCodes = `
Exit codes:
  0  done
  2  could not run: no such notification, not an auditor, the gateway cannot be reached`;

export function register(program: Program): void {
  const notifications = program
    .command('notifications')
    .description('What channels are told, and what could not be told. For auditors.');
  addApiOptions(
    notifications
      .command('list')
      .summary('what waits, was sent, or was given up')
      .description('Lists notifications, the newest first. Sent ones are kept for a day, others for thirty.')
      .option('--channel <name>', 'of this channel')
      .addOption(new Option('--state <state>', 'in which state').choices([...notificationStates, 'all']).default('all'))
      .option('--limit <number>', 'most rows', '100')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport notifications list --state dead`)
    .action(async (options: ListOptions) => {
      process.exitCode = await listNotifications(options, processStreams);
    });
  addApiOptions(
    notifications
      .command('retry')
      .summary('send one after all')
      .description('Sends one that was given up after all, before what has come since; one that waits is tried now.')
      .argument('<id>', 'of the notification')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport notifications retry 4711`)
    .action(async (id: string, options: CommonOptions) => {
      process.exitCode = await retryNotification(id, options, processStreams);
    });
}

/** @returns the exit code @throws SallyportError SP_USAGE, SP_API_UNREACHABLE, SP_AUTH_FAILED, SP_SUBJECT_FORBIDDEN */
export async function listNotifications(options: ListOptions, { stdout, env = {} }: Streams): Promise<number> {
  const { channel, state, limit, format } = options;
  const found = (await createApiClient(options, env).get('/v1/notifications', {
    channel,
    state: state === 'all' ? undefined : state,
    limit,
  })) as readonly NotificationView[];
  if (format === 'json') stdout.write(`${printableJson(found)}\n`);
  else if (found.length === 0) stdout.write('None.\n');
  else {
    const rows = found.map((one) => [
      one.id,
      one.time,
      one.channel,
      one.state,
      String(one.attempts),
      one.message,
      one.error ?? '',
    ]);
    const columns = ['id', 'time', 'channel', 'state', 'attempts', 'what', 'error'];
    stdout.write(renderTable({ title: 'Notifications', columns, rows }, createPaint(stdout, env)));
  }
  return 0;
}

/** @returns the exit code @throws SallyportError SP_NOTIFICATION_UNKNOWN, SP_NOTIFICATION_SENT and as listNotifications */
export async function retryNotification(
  id: string,
  options: CommonOptions,
  { stdout, env = {} }: Streams,
): Promise<number> {
  const row = await createApiClient(options, env).post(`/v1/notifications/${encodeURIComponent(id)}/retry`, {});
  stdout.write(options.format === 'json' ? `${printableJson(row)}\n` : `${id} is sent next.\n`);
  return 0;
}
