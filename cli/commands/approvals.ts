import { Option, type Command as Program } from 'commander';
import { addApiOptions, createApiClient, type ApiOptions } from '../api/client.ts';
import { renderApproval, type ApprovalDetails, type ApprovalView } from '../api/approval-view.ts';
import { renderTable } from '../reporters/tables.ts';
import { createPaint } from '../reporters/terminal.ts';
import { printableJson } from '../reporters/text.ts';
import { processStreams, type Streams } from '../streams.ts';
import { formatOption } from '../usage.ts';
import { describeDuration } from '../../proxy/approvals/duration.ts';
import { approvalStates } from '../../proxy/store/tables.ts';

interface CommonOptions extends ApiOptions {
  readonly format: 'pretty' | 'json';
}

interface ListOptions extends CommonOptions {
  readonly state: string;
  readonly subject?: string;
  readonly resource?: string;
  readonly limit: string;
}

interface DecideOptions extends CommonOptions {
  readonly message?: string;
  readonly acknowledge?: boolean;
}

const exitCodes = `
Exit codes:
  0  done
  2  could not run: no such request, decided already, not yours to decide, the gateway cannot be reached`;

export function register(program: Program): void {
  const approvals = program.command('approvals').description('Requests for approval: see what would run, and decide.');

  addApiOptions(
    approvals
      .command('list')
      .summary('what waits for approval')
      .description('Lists requests for approval that you may see, the newest first.')
      .addOption(new Option('--state <state>', 'in which state').choices([...approvalStates, 'all']).default('waiting'))
      .option('--subject <id>', 'of this subject')
      .option('--resource <name>', 'on this resource')
      .option('--limit <number>', 'most rows', '100')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport approvals list --api http://127.0.0.1:8642`)
    .action(async (options: ListOptions) => {
      process.exitCode = await listApprovals(options, processStreams);
    });

  addApiOptions(
    approvals
      .command('show')
      .summary('all that would run')
      .description('Shows a request for approval: who, on what, why, and every command with its parameters.')
      .argument('<id>', 'of the request')
      .option('--full', 'all of a long command')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport approvals show apr-7kq2m9x4td`)
    .action(async (id: string, options: CommonOptions & { full?: boolean }) => {
      process.exitCode = await showApproval(id, options, processStreams);
    });

  for (const verdict of ['approve', 'reject'] as const) {
    const command = approvals
      .command(verdict)
      .summary(verdict === 'approve' ? 'let it run' : 'refuse it, in your own words')
      .description(
        verdict === 'approve'
          ? 'Agrees to exactly what `show` shows. It runs once all that the policy asks for agree.'
          : 'Refuses a request. Your words reach the client.',
      )
      .argument('<id>', 'of the request')
      .option('-m, --message <words>', 'what you have to say')
      .addOption(formatOption().default('pretty'));
    if (verdict === 'approve') command.option('--acknowledge', 'you know that not all of it can be shown');
    addApiOptions(command)
      .addHelpText(
        'after',
        `${exitCodes}\n\nExample:\n  $ sallyport approvals ${verdict} apr-7kq2m9x4td -m 'as agreed in #412'`,
      )
      .action(async (id: string, options: DecideOptions) => {
        process.exitCode = await decide(id, verdict, options, processStreams);
      });
  }
}

/** @returns the exit code @throws SallyportError SP_USAGE, SP_API_UNREACHABLE, SP_AUTH_FAILED */
export async function listApprovals(options: ListOptions, streams: Streams): Promise<number> {
  const { state, subject, resource, limit, format } = options;
  const found = (await createApiClient(options, streams.env ?? {}).get('/v1/approvals', {
    state: state === 'all' ? undefined : state,
    subject,
    resource,
    limit,
  })) as readonly ApprovalView[];
  if (format === 'json') streams.stdout.write(`${printableJson(found)}\n`);
  else if (found.length === 0) streams.stdout.write(state === 'waiting' ? 'Nothing waits for approval.\n' : 'None.\n');
  else {
    const now = Date.now();
    const rows = found.map((one) => [
      one.id,
      one.state === 'waiting' ? `${describeDuration(Date.parse(one.expires) - now)} left` : one.state,
      one.subject,
      one.resource,
      one.approvers.join(', '),
      one.yours ? 'yes' : '',
      one.summary,
    ]);
    const columns = ['request', 'state', 'subject', 'resource', 'approvers', 'yours', 'what'];
    streams.stdout.write(
      renderTable({ title: 'Requests for approval', columns, rows }, createPaint(streams.stdout, streams.env)),
    );
  }
  return 0;
}

/** @returns the exit code @throws SallyportError SP_APPROVAL_UNKNOWN and as listApprovals */
export async function showApproval(
  id: string,
  options: CommonOptions & { readonly full?: boolean },
  streams: Streams,
): Promise<number> {
  const request = await createApiClient(options, streams.env ?? {}).get(pathOf(id));
  print(request, options, streams, options.full === true);
  return 0;
}

/** @returns the exit code @throws SallyportError SP_APPROVAL_* and as listApprovals */
export async function decide(
  id: string,
  verdict: 'approve' | 'reject',
  options: DecideOptions,
  streams: Streams,
): Promise<number> {
  const client = createApiClient(options, streams.env ?? {});
  const { digest } = (await client.get(pathOf(id))) as ApprovalDetails;
  const decided = await client.post(`${pathOf(id)}/${verdict}`, {
    // Only what this client was just shown, should the id ever mean something else.
    digest,
    ...(options.message === undefined ? {} : { comment: options.message }),
    ...(options.acknowledge === true ? { acknowledge: true } : {}),
  });
  print(decided, options, streams, false);
  return 0;
}

function print(request: unknown, { format }: CommonOptions, streams: Streams, full: boolean): void {
  const { stdout, env } = streams;
  stdout.write(
    format === 'json'
      ? `${printableJson(request)}\n`
      : renderApproval(request as ApprovalDetails, createPaint(stdout, env), full, new Date()),
  );
}

function pathOf(id: string): string {
  return `/v1/approvals/${encodeURIComponent(id)}`;
}
