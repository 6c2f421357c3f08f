#!/usr/bin/env node
import { pathToFileURL } from 'node:url';
import { realpathSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { findingsOf, printFindings } from './errors.ts';
import { usageFinding, wantsJson } from './usage.ts';
import { packageVersion } from './version.ts';

interface CommandModule {
  readonly register: (program: Command) => void;
}

/**
 * By the word that calls it; each adds that command. A new command is one file and one line here. Loaded when it is
 * called: what all of them import together takes longer to load than most of them to run.
 */
const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  check: () => import('./commands/check.ts'),
  fmt: () => import('./commands/fmt.ts'),
  build: () => import('./commands/build.ts'),
  inspect: () => import('./commands/inspect.ts'),
  serve: () => import('./commands/serve.ts'),
  token: () => import('./commands/token.ts'),
  recordings: () => import('./commands/recordings.ts'),
  approvals: () => import('./commands/approvals.ts'),
  grants: () => import('./commands/grants.ts'),
  sessions: () => import('./commands/sessions.ts'),
  commands: () => import('./commands/commands.ts'),
  subjects: () => import('./commands/subjects.ts'),
  notifications: () => import('./commands/notifications.ts'),
  labels: () => import('./commands/labels.ts'),
  reindex: () => import('./commands/reindex.ts'),
  parse: () => import('./commands/parse.ts'),
  eval: () => import('./commands/eval.ts'),
  explain: () => import('./commands/explain.ts'),
  replay: () => import('./commands/replay.ts'),
  test: () => import('./commands/test.ts'),
  demo: () => import('./commands/demo.ts'),
  lint: () => import('./commands/lint.ts'),
  init: () => import('./commands/init.ts'),
  new: () => import('./commands/new.ts'),
};

/** Exit codes of every command. */
export const EXIT = {
  /** Done, nothing to object to. */
  ok: 0,
  /** Done, and there are findings: a denial, a damaged recording, an incomplete statement. */
  findings: 1,
  /** Could not run: wrong usage, a configuration or policy that does not hold, a missing file. */
  failed: 2,
} as const;

export interface ProgramOptions {
  /** Say nothing about wrong usage: the caller does, from the error that is thrown. */
  readonly quiet?: boolean;
  /** The one command that is called. Default: all of them, for help and for suggestions. */
  readonly called?: string | undefined;
}

export async function createProgram({ quiet = false, called }: ProgramOptions = {}): Promise<Command> {
  const program = new Command('sallyport')
    .configureOutput(quiet ? { writeErr: () => undefined } : {})
    .description(
      'A policy-as-code access gateway: Rego decides, inline, what agents, jobs and people may do on their targets.',
    )
    .version(packageVersion())
    .showHelpAfterError('(--help shows the options)')
    .showSuggestionAfterError()
    .exitOverride()
    // An option behind a subcommand is the subcommand's own, also where the command before it has one of that name.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Exit codes:
  0  done
  1  done, with findings (each command's help says which)
  2  could not run (wrong usage, an invalid configuration or policy, a missing file)

Start here:
  $ sallyport token create --subject ada
  $ sallyport serve --config sallyport.yaml --check
  $ sallyport serve --config sallyport.yaml`,
    );
  const wanted = called !== undefined && Object.hasOwn(commands, called) ? commands[called] : undefined;
  const loading = wanted === undefined ? Object.values(commands) : [wanted];
  for (const { register } of await Promise.all(loading.map((load) => load()))) register(program);
  for (const command of allCommands(program)) command.exitOverride();
  return program;
}

function allCommands(program: Command): Command[] {
  return program.commands.flatMap((command) => [command, ...allCommands(command)]);
}

/** Whoever reads our output may stop (`| head`): that is an end, not a failure. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
}

/** Runs a command line. Never rejects; the exit code is in process.exitCode. */
export async function main(argv: readonly string[]): Promise<void> {
  const json = wantsJson(argv);
  try {
    const program = await createProgram({ quiet: json, called: argv[2] });
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      process.exitCode = EXIT.ok;
      return;
    }
    process.exitCode = EXIT.failed;
    // Commander has printed what it has to say, unless it was told not to.
    if (error instanceof CommanderError && !json) return;
    const findings = error instanceof CommanderError ? [usageFinding(error)] : findingsOf(error);
    process.stderr.write(printFindings(findings, json ? 'json' : 'pretty'));
  }
}

const invoked = process.argv[1];
if (invoked !== undefined && import.meta.url === pathToFileURL(realpathSync(invoked)).href) {
  process.stdout.on('error', onOutputError);
  await main(process.argv);
}
