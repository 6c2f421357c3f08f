import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command as Program } from 'commander';
import type { Dialect } from '../../engine/dialect.ts';
import { packageRoot } from '../../engine/package-root.ts';
import { startDatabaseServer } from '../demo/database-server.ts';
import { startDemoGateway, type DemoGateway } from '../demo/demo-gateway.ts';
import { Performance } from '../demo/performance.ts';
import { tellConnections } from '../demo/story.ts';
import { createDemoTokens, type DemoSubject } from '../demo/subjects.ts';
import { printFindings, findingsOf } from '../errors.ts';
import { loadProtocols } from '../protocols.ts';
import { createPaint, type Paint } from '../reporters/terminal.ts';
import { processStreams, type Streams } from '../streams.ts';

interface DemoOptions {
  readonly once?: boolean;
  readonly port: number;
  readonly policies: string;
  readonly data: string;
}

export function register(program: Program): void {
  program
    .command('demo')
    .summary('a database, a gateway before it, and an agent that tries things')
    .description(
      'Starts an embedded PostgreSQL with a small shop and a gateway in front of it, plays a session of an agent, holds ' +
        'a statement for you to approve, and stays up for your own psql until Ctrl-C.',
    )
    .option('--once', 'approve what is held, then end: with 0 if all came out as the policies say')
    .option('-p, --port <port>', 'port of the gateway (default: a free one)', readPort, 0)
    .option('--policies <folder>', 'other policies than those in examples/quickstart', quickstart('policies'))
    .option('--data <folder>', 'where recordings, approvals and the certificate are kept', join('.sallyport', 'demo'))
    .addHelpText(
      'after',
      `
Exit codes:
  0  ended by Ctrl-C, or --once and everything came out as expected
  1  --once, and something did not
  2  could not run

Examples:
  $ sallyport demo
  $ sallyport demo --once --policies policies`,
    )
    .action(async (options: DemoOptions) => {
      process.exitCode = await runDemo(options, processStreams);
    });
}

/**
 * @returns the exit code: 0 or 1
 * @throws SallyportError SP_POLICY_INVALID, SP_CONFIG_INVALID, SP_RECORDER_FAILED
 */
export async function runDemo(options: DemoOptions, { stdout, stderr, env = {} }: Streams): Promise<number> {
  const paint = createPaint(stdout, env);
  const tokens = createDemoTokens();
  const say = (text: string): void => {
    stdout.write(text);
  };
  say('Starting PostgreSQL (PGlite), compiling the policies …\n');
  const stage = await setUp(options, tokens, say, (text) => stderr.write(text));
  const { gateway } = stage;
  const performance = new Performance({ gateway, tokens, paint, say });
  try {
    say(introduction(gateway, options.policies, paint));
    await performance.play();
    if (options.once === true) {
      await performance.review();
      await performance.tellRecorded();
      const { surprises } = performance;
      say(surprises === 0 ? 'Everything came out as the policies say.\n' : `${surprises} steps came out otherwise.\n`);
      return surprises === 0 ? 0 : 1;
    }
    await performance.tellRecorded();
    say(`${paint('bold', 'Now you')}\n\n${tellConnections(gateway.port, tokens, paint)}\n`);
    performance.inviteReview();
    say(`Try \\d, change a rule in ${options.policies} and try again. Ctrl-C ends the demo.\n`);
    await untilInterrupted(stage.failed);
    say('\nStopping …\n');
    return 0;
  } finally {
    await performance.close();
    await stage.close();
  }
}

interface DemoStage {
  readonly gateway: DemoGateway;
  /** Rejects when the database fails. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** Database and policies take about a second each, so both start at once. */
async function setUp(
  options: DemoOptions,
  tokens: Readonly<Record<DemoSubject, string>>,
  say: (text: string) => void,
  complain: (text: string) => void,
): Promise<DemoStage> {
  const protocols = await loadProtocols(['postgres']);
  const dialects = [...protocols.values()].flatMap((protocol) => protocol.dialects);
  const password = randomBytes(16).toString('base64url');
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Heard by whoever waits for it; until then it is not unhandled.
  failed.catch(() => undefined);
  const starting = startDatabaseServer({
    setup: readFileSync(quickstart('shop.sql'), 'utf8'),
    password,
    refuses: (text) => refusal(dialects, text),
    onFailure: fail,
  });
  const address = starting.then(({ port }) => ({ port, password }));
  // The gateway may fail before it waits for the database.
  address.catch(() => undefined);
  try {
    const gateway = await startDemoGateway({
      port: options.port,
      policies: resolve(options.policies),
      data: resolve(options.data),
      protocols,
      tokens,
      database: address,
      onPolicy: (revision) => {
        say(`policy put in force: revision ${revision}\n`);
      },
      onPolicyRefused: (error) => {
        complain(`${printFindings(findingsOf(error), 'pretty')}The policy in force stays.\n`);
      },
    });
    const database = await starting;
    return {
      gateway,
      failed,
      async close() {
        await gateway.close();
        await database.close();
      },
    };
  } catch (error) {
    await starting.then(
      (database) => database.close(),
      () => undefined,
    );
    throw error;
  }
}

/** PGlite would wait for the rows within the one message that it is given, and end. */
function refusal(dialects: readonly Dialect[], text: string): string | undefined {
  const commands = dialects.flatMap((dialect) => dialect.parse({ text }).commands);
  const loads = commands.some(({ effects }) => effects.includes('bulk_load'));
  return loads ? 'the demo database cannot COPY FROM STDIN' : undefined;
}

function introduction({ port, revision }: DemoGateway, policies: string, paint: Paint): string {
  return `
${paint('bold', 'Sallyport demo')}

  database  PostgreSQL in WASM (PGlite), in memory: customers, products, orders
  gateway   127.0.0.1:${port}
  policies  ${policies} (revision ${revision})

${paint('bold', 'An agent at work, and its owner')}

`;
}

async function untilInterrupted(failed: Promise<never>): Promise<void> {
  let stop: () => void = () => undefined;
  const interrupted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await Promise.race([interrupted, failed]);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function quickstart(name: string): string {
  return join(packageRoot(), 'examples', 'quickstart', name);
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
