import type { Command as Program } from 'commander';
import { addApiOptions, createApiClient, type ApiOptions } from '../api/client.ts';
import { renderTable } from '../reporters/tables.ts';
import { createPaint } from '../reporters/terminal.ts';
import { processStreams, type Streams } from '../streams.ts';
import { formatOption } from '../usage.ts';

interface GrantView {
  readonly id: string;
  readonly subject: string;
  readonly resource: string;
  readonly effects: readonly string[];
  readonly granted_by: string;
  readonly expires: string;
  readonly revoked: string | null;
}

interface Options extends ApiOptions {
  readonly format: 'pretty' | 'json';
  readonly all?: boolean;
}

export function register(program: Program): void {
  const grants = program.command('grants').description('Approvals that cover a resource and effects for a while.');
  addApiOptions(
    grants
      .command('list')
      .summary('grants in force')
      .description('Lists the grants in force that you gave or have; an auditor sees all.')
      .option('--all', 'those that have ended as well')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', '\nExit codes:\n  0  done\n  2  could not run\n\nExample:\n  $ sallyport grants list')
    .action(async (options: Options) => {
      process.exitCode = await listGrants(options, processStreams);
    });
  addApiOptions(
    grants
      .command('revoke')
      .summary('end a grant now')
      .description('Ends a grant: the next command that it would have covered asks for approval again.')
      .argument('<id>', 'of the grant')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText(
      'after',
      '\nExit codes:\n  0  done\n  2  could not run\n\nExample:\n  $ sallyport grants revoke grant-7kq2m9x4td',
    )
    .action(async (id: string, options: Options) => {
      process.exitCode = await revokeGrant(id, options, processStreams);
    });
}

/** @returns the exit code @throws SallyportError SP_USAGE, SP_API_UNREACHABLE, SP_AUTH_FAILED */
export async function listGrants(options: Options, { stdout, env = {} }: Streams): Promise<number> {
  const query = options.all === true ? { all: 'true' } : {};
  const grants = (await createApiClient(options, env).get('/v1/grants', query)) as readonly GrantView[];
  if (options.format === 'json') stdout.write(`${JSON.stringify(grants, null, 2)}\n`);
  else if (grants.length === 0) stdout.write('No grants.\n');
  else {
    const rows = grants.map(({ id, subject, resource, effects, granted_by, expires, revoked }) => [
      id,
      subject,
      resource,
      effects.join(', '),
      granted_by,
      revoked === null ? expires : `revoked ${revoked}`,
    ]);
    const columns = ['grant', 'subject', 'resource', 'effects', 'by', 'until'];
    stdout.write(renderTable({ title: 'Grants', columns, rows }, createPaint(stdout, env)));
  }
  return 0;
}

/** @returns the exit code @throws SallyportError SP_APPROVAL_UNKNOWN, SP_APPROVAL_CLOSED, SP_APPROVAL_FORBIDDEN */
export async function revokeGrant(id: string, options: Options, { stdout, env = {} }: Streams): Promise<number> {
  const grant = await createApiClient(options, env).post(`/v1/grants/${encodeURIComponent(id)}/revoke`, {});
  stdout.write(options.format === 'json' ? `${JSON.stringify(grant, null, 2)}\n` : `${id} is revoked.\n`);
  return 0;
}
