import { Option, type Command } from 'commander';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import { PolicySourcesError } from '../../engine/policy-folder.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { resolvedPolicyPlaces } from '../config/policy-places.ts';
import { allDialects } from '../dialects.ts';
import { checkRules } from '../policy/check-rules.ts';
import { labelFindings } from '../policy/label-findings.ts';
import { lackingApprovers } from '../policy/lacking-approvers.ts';
import { readManifests } from '../policy/manifest.ts';
import { knownRequirements } from '../policy/review-requirements.ts';
import { defaultPlaces, readProject, shownPath } from '../policy-project.ts';
import { protocolNames } from '../protocols.ts';
import { repeated } from '../repeated.ts';
import { addReportOptions, publish, type ReportOptions } from '../reporters/publish.ts';
import type { Report } from '../reporters/report.ts';
import { plural } from '../reporters/text.ts';
import { processStreams, type Streams } from '../streams.ts';

export interface CheckOptions extends ReportOptions {
  readonly dialect?: readonly string[];
  /** A gateway's configuration, whose subjects are those who could approve. */
  readonly config?: string;
  /** The least severity that fails. Default: error. */
  readonly failLevel?: 'error' | 'warning';
}

export function register(program: Command): void {
  const command = program
    .command('check')
    .summary('find what is wrong in policies')
    .description(
      "Compiles policies with OPA's strict checks and Sallyport's schemas, tests included, and tells everything that is wrong.",
    )
    .argument('[paths...]', 'folders of Rego, .rego files, or pack:NAME (default: policies, or the working directory)')
    .option(
      '-d, --dialect <name>',
      'a third-party dialect whose attributes policies may read; may be repeated',
      repeated,
    )
    .option(
      '-c, --config <file>',
      "a gateway's configuration: whom rules ask for approval must be among its subjects, what has labels among its resources",
    )
    .addOption(
      new Option('--fail-level <severity>', 'the least severity that gives exit code 1')
        .choices(['error', 'warning'])
        .default('error'),
    );
  addReportOptions(command)
    .addHelpText(
      'after',
      `
Exit codes:
  0  no errors (with --fail-level warning: no warnings either)
  1  there are errors
  2  could not run: no such path, no Rego there, a file that is not UTF-8, a data file that cannot be read, a
     configuration that does not hold

A .manifest beside the policies may declare roots; packages and data outside of them are errors.

With --config, and without paths, its policies are checked. Approvers that a rule works out from the command are not
known here: the gateway denies what nobody can approve.

Examples:
  $ sallyport check policies
  $ sallyport check --config sallyport.yaml
  $ sallyport check policies pack:destructive-sql --report sarif=check.sarif`,
    )
    .action(async (paths: string[], options: CheckOptions) => {
      process.exitCode = await runCheck(paths, options, processStreams);
    });
}

/** @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_POLICY_INVALID, SP_USAGE, SP_COMPILER_* */
export async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  streams: Streams,
  warm?: PolicyCompiler,
): Promise<number> {
  const compiler = warm ?? createPolicyCompiler();
  try {
    return await publish(await check(paths, options, compiler), options, streams);
  } finally {
    if (warm === undefined) await compiler.close();
  }
}

async function check(paths: readonly string[], options: CheckOptions, compiler: PolicyCompiler): Promise<Report> {
  const loaded = options.config === undefined ? undefined : loadConfig(options.config, protocolNames);
  const places = placesOf(paths, loaded);
  try {
    const project = await readProject(places, await allDialects(options.dialect));
    const { roots } = await readManifests(places);
    const { diagnostics } = await compiler.check({ ...project.request, ...(roots === undefined ? {} : { roots }) });
    const files = Object.keys(project.sources.modules).map(project.shownFile).sort();
    const compiles = diagnostics.every(({ severity }) => severity !== 'error');
    const lacking =
      loaded === undefined || !compiles
        ? []
        : lackingApprovers(await knownRequirements(project.request, compiler), loaded.config.subjects);
    const labels = labelFindings(
      project.sources.data,
      loaded?.config.resources.map(({ name }) => name),
    );
    return report(files, [...diagnostics, ...lacking, ...labels].map(project.locate), options);
  } catch (error) {
    if (!(error instanceof PolicySourcesError)) throw error;
    const findings = error.diagnostics.map((one) => ({
      ...one,
      ...(one.file === undefined ? {} : { file: shownPath(one.file) }),
    }));
    return { ...report([], findings, options), summary: unreadable(findings), exitCode: 2 };
  }
}

function placesOf(paths: readonly string[], loaded: LoadedConfig | undefined): readonly string[] {
  return paths.length > 0 || loaded === undefined
    ? defaultPlaces(paths)
    : resolvedPolicyPlaces(loaded.config, loaded.directory);
}

function report(files: readonly string[], findings: readonly Diagnostic[], { failLevel }: CheckOptions): Report {
  const count = (severity: Diagnostic['severity']): number =>
    findings.filter((one) => one.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  const found = findings.length === 0 ? 'no findings' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
  const failed = errors > 0 || (failLevel === 'warning' && warnings > 0);
  return {
    tool: 'check',
    summary: `${plural(files.length, 'file')} checked, ${found}`,
    exitCode: failed ? 1 : 0,
    failLevel: failLevel ?? 'error',
    files,
    findings,
    rules: checkRules,
    cases: [],
    tables: [],
    details: {},
  };
}

function unreadable(findings: readonly Diagnostic[]): string {
  return `nothing was checked: ${plural(findings.length, 'file')} cannot be read`;
}
