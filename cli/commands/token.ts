import type { Command } from 'commander';
import { createToken, hashToken } from '../../proxy/identity/tokens.ts';
import { formatOption } from '../usage.ts';

export function register(program: Command): void {
  const token = program.command('token').description('Tokens that subjects show in place of a password.');
  token
    .command('create')
    .summary('make a token')
    .description('Makes a token and prints it, once, with the lines for the configuration. Nothing is stored.')
    .option('--subject <id>', 'print the whole entry of a new subject with this id')
    .addOption(formatOption().default('pretty'))
    .addHelpText(
      'after',
      `
The token is 256 random bits; the gateway keeps only its SHA-256. The client's user name is the subject's id.

Exit codes:
  0  done
  2  could not run (wrong usage)

Example:
  $ sallyport token create --subject ada`,
    )
    .action((options: { subject?: string; format: string }) => {
      const secret = createToken();
      process.stdout.write(
        options.format === 'json' ? asJson(secret, options.subject) : asText(secret, options.subject),
      );
    });
}

function asJson(token: string, subject: string | undefined): string {
  return `${JSON.stringify({ ...(subject === undefined ? {} : { subject }), token, sha256: hashToken(token) })}\n`;
}

function asText(token: string, subject: string | undefined): string {
  const entry = `- sha256: ${hashToken(token)}`;
  const lines =
    subject === undefined
      ? [`    tokens:`, `      ${entry}`]
      : [`  - id: ${JSON.stringify(subject)}`, `    kind: human`, `    groups: []`, `    tokens:`, `      ${entry}`];
  return [`token (shown once): ${token}`, '', 'for the subject in sallyport.yaml:', '', ...lines, ''].join('\n');
}
