import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { SallyportError } from '../../engine/errors.ts';
import { createPaint } from '../reporters/terminal.ts';
import { checkName } from '../scaffold/names.ts';
import { renderScaffold, scaffoldJson } from '../scaffold/report.ts';
import { caseScaffold, dialectScaffold, policyScaffold } from '../scaffold/scaffolds.ts';
import type { ScaffoldFile } from '../scaffold/template.ts';
import { planFiles, writeFiles } from '../scaffold/write.ts';
import { BatchWriter, processStreams, type Streams } from '../streams.ts';

export type NewKind = 'policy' | 'case' | 'dialect';

export interface NewOptions {
  readonly folder?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly format?: 'pretty' | 'json';
}

const kinds: readonly {
  readonly kind: NewKind;
  readonly summary: string;
  readonly what: string;
  readonly where: string;
}[] = [
  {
    kind: 'policy',
    summary: 'a policy with a test',
    what: 'Adds NAME.rego and NAME_test.rego: a rule to change, and tests that pass.',
    where: 'where it stands (default: policies)',
  },
  {
    kind: 'case',
    summary: 'a file of cases',
    what: 'Adds NAME_cases.yaml: statements, and what the policies decide about them.',
    where: 'where it stands (default: policies)',
  },
  {
    kind: 'dialect',
    summary: 'a dialect as an npm package',
    what: 'Makes a package with a small dialect that passes the conformance suite of sallyport/testing.',
    where: "where it stands (default: the dialect's name)",
  },
];

export function register(program: Command): void {
  const parent = program.command('new').description('Adds a policy, cases or a dialect to start from.');
  for (const { kind, summary, what, where } of kinds) {
    parent
      .command(kind)
      .summary(summary)
      .description(what)
      .argument('<name>', 'lower-case letters, digits, _ and -')
      .option('--folder <path>', where)
      .option('--force', 'replace files that are there')
      .option('--dry-run', 'say what would be done, and do nothing')
      .addOption(new Option('-f, --format <format>').choices(['pretty', 'json']).default('pretty'))
      .addHelpText(
        'after',
        `
Exit codes:
  0  done
  2  could not run: the name cannot be used, a file is there already, the folder cannot be written to

Example:
  $ sallyport new ${kind} ${kind === 'dialect' ? 'my-store' : 'payments'}`,
      )
      .action(async (name: string, options: NewOptions) => {
        process.exitCode = await runNew(kind, name, options, processStreams);
      });
  }
}

/**
 * @returns the exit code: 0
 * @throws SallyportError SP_USAGE for a name that cannot be used, SP_OUTPUT_FAILED when a file is there or cannot be written
 */
export async function runNew(kind: NewKind, given: string, options: NewOptions, streams: Streams): Promise<number> {
  const name = checkName(kind, given);
  const folder = options.folder ?? (kind === 'dialect' ? name : 'policies');
  const { force = false, dryRun = false } = options;
  const plan = await planFiles(folder, await filesOf(kind, name, folder), force);
  const there = plan.filter(({ action }) => action === 'keep').map(({ path }) => join(folder, path));
  // All or nothing: a test beside another policy of that name would not hold.
  if (there.length > 0 && !dryRun) {
    throw new SallyportError('SP_OUTPUT_FAILED', `${there.join(' and ')} would be overwritten.`, {
      help: 'Choose another name or --folder, or replace what is there with --force.',
    });
  }
  if (!dryRun) await writeFiles(folder, plan);
  const shown = plan.map((file) => ({ ...file, path: join(folder, file.path) }));
  const report = { folder, dryRun, files: shown, next: nextSteps(kind, folder) };
  const writer = new BatchWriter(streams.stdout);
  const paint = createPaint(streams.stdout, streams.env ?? {});
  await writer.write(options.format === 'json' ? scaffoldJson(report) : renderScaffold(report, paint));
  await writer.flush();
  return 0;
}

function filesOf(kind: NewKind, name: string, folder: string): Promise<ScaffoldFile[]> {
  switch (kind) {
    case 'policy':
      return policyScaffold(name);
    case 'case':
      return caseScaffold(name, folder);
    case 'dialect':
      return dialectScaffold(name);
  }
}

function nextSteps(kind: NewKind, folder: string): string[] {
  if (kind !== 'dialect') return [`npx sallyport test ${folder}`];
  return [`cd ${folder}`, 'npm install', 'npm test', "npx sallyport parse --dialect . 'GET a'"];
}
