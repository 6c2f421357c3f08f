#!/usr/bin/env node
import { pathToFileURL } from 'node:url';
import { realpathSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { findingsOf, printFindings } from './errors.ts';
import { register as approvals } from './commands/approvals.ts';
import { register as build } from './commands/build.ts';
import { register as check } from './commands/check.ts';
import { register as searchCommands } from './commands/commands.ts';
import { register as demo } from './commands/demo.ts';
import { register as evaluate } from './commands/eval.ts';
import { register as explain } from './commands/explain.ts';
import { register as fmt } from './commands/fmt.ts';
import { register as grants } from './commands/grants.ts';
import { register as init } from './commands/init.ts';
import { register as lint } from './commands/lint.ts';
import { register as inspect } from './commands/inspect.ts';
import { register as create } from './commands/new.ts';
import { register as parse } from './commands/parse.ts';
import { register as recordings } from './commands/recordings.ts';
import { register as reindex } from './commands/reindex.ts';
import { register as replay } from './commands/replay.ts';
import { register as serve } from './commands/serve.ts';
import { register as sessions } from './commands/sessions.ts';
import { register as test } from './commands/test.ts';
import { register as token } from './commands/token.ts';
import { usageFinding, wantsJson } from './usage.ts';
import { packageVersion } from './version.ts';

/** Each adds one command. A new command is one file and one word here. */
const commands = [
  check,
  fmt,
  build,
  inspect,
  serve,
  token,
  recordings,
  approvals,
  grants,
  sessions,
  searchCommands,
  reindex,
  parse,
  evaluate,
  explain,
  replay,
  test,
  demo,
  lint,
  init,
  create,
];

/** Exit codes of every command. */
export const EXIT = {
  /** Done, nothing to object to. */
  ok: 0,
  /** Done, and there are findings: a denial, a damaged recording, an incomplete statement. */
  findings: 1,
  /** Could not run: wrong usage, a configuration or policy that does not hold, a missing file. */
  failed: 2,
} as const;

/** @param quiet say nothing about wrong usage: the caller does, from the error that is thrown */
export function createProgram({ quiet = false } = {}): Command {
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
  for (const register of commands) register(program);
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
    await createProgram({ quiet: json }).parseAsync([...argv]);
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
