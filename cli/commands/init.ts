import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { repeated } from '../repeated.ts';
import { createPaint } from '../reporters/terminal.ts';
import { renderScaffold, scaffoldJson } from '../scaffold/report.ts';
import { hasPolicies, projectScaffold } from '../scaffold/scaffolds.ts';
import { planFiles, writeFiles, type PlannedFile } from '../scaffold/write.ts';
import { BatchWriter, processStreams, type Streams } from '../streams.ts';
import { packageVersion } from '../version.ts';

export interface InitOptions {
  readonly pack?: readonly string[];
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly format?: 'pretty' | 'json';
}

export function register(program: Command): void {
  program
    .command('init')
    .summary('start a folder of policies')
    .description(
      'Makes a folder of policies that passes its own check, lint, fmt and test: a first policy with tests and cases, a\n' +
        "gateway's configuration, and a CI workflow. Files that are there are kept.",
    )
    .argument('[folder]', 'where; made if it is not there', '.')
    .option('-p, --pack <name>', 'put a shipped pack beside the policies; may be given more than once', repeated)
    .option('--force', 'replace files that are there')
    .option('--dry-run', 'say what would be done, and do nothing')
    .addOption(new Option('-f, --format <format>').choices(['pretty', 'json']).default('pretty'))
    .addHelpText(
      'after',
      `
Exit codes:
  0  done; files that were kept are listed
  2  could not run: the folder cannot be written to, there is no such pack, …

Examples:
  $ sallyport init
  $ sallyport init access --pack destructive-sql --pack exfiltration`,
    )
    .action(async (folder: string, options: InitOptions) => {
      process.exitCode = await runInit(folder, options, processStreams);
    });
}

/**
 * @returns the exit code: 0
 * @throws SallyportError SP_OUTPUT_FAILED when the folder cannot be written to, SP_BUNDLE_NOT_FOUND for an unknown pack
 */
export async function runInit(folder: string, options: InitOptions, streams: Streams): Promise<number> {
  const { pack = [], force = false, dryRun = false } = options;
  const ownPackage = existsSync(join(folder, 'package.json'));
  const plan = await planProject(folder, pack, force);
  if (!dryRun) await writeFiles(folder, plan);
  const report = { folder, dryRun, files: plan, next: nextSteps(folder, ownPackage && !force) };
  const writer = new BatchWriter(streams.stdout);
  const paint = createPaint(streams.stdout, streams.env ?? {});
  await writer.write(options.format === 'json' ? scaffoldJson(report) : renderScaffold(report, paint));
  await writer.flush();
  return 0;
}

/** The first policy, its test and its cases belong together: one of them beside another policy would not hold. */
async function planProject(folder: string, packs: readonly string[], force: boolean): Promise<PlannedFile[]> {
  const plan = await planFiles(folder, await projectScaffold(packs), force);
  const ours = (path: string): boolean => path.startsWith('policies/');
  const policies = plan.filter(({ path }) => ours(path));
  const untouched = policies.every(({ action }) => action === 'keep') && !force;
  if (force || untouched || !(await hasPolicies(join(folder, 'policies')))) return plan;
  // An allow more would let through what the policies there do not.
  const reason = 'policies/ has policies already; `sallyport new policy` adds one';
  return plan.map((file) => (ours(file.path) && file.action !== 'keep' ? { ...file, action: 'keep', reason } : file));
}

function nextSteps(folder: string, ownPackage: boolean): string[] {
  return [
    ...(folder === '.' ? [] : [`cd ${/^[\w./-]+$/.test(folder) ? folder : JSON.stringify(folder)}`]),
    ownPackage ? `npm install --save-dev --save-exact sallyport@${packageVersion()}` : 'npm install',
    'npx sallyport test',
    "npx sallyport explain --dialect postgres --subject agent-7,agent 'DROP TABLE orders'",
    'npx sallyport serve --config sallyport.yaml --check',
    'Commit package-lock.json as well: CI installs what it names.',
  ];
}
