import { InvalidArgumentError, type Command as Program } from 'commander';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import { SallyportError } from '../../engine/errors.ts';
import { repeated } from '../repeated.ts';
import { writeOutput } from '../reporters/output-file.ts';
import { addReportOptions, publish, type ReportOptions } from '../reporters/publish.ts';
import { BatchWriter, processStreams, type Streams } from '../streams.ts';
import { readCoverageReport, renderCoverage, type CoverageFileOption } from '../testing/coverage-report.ts';
import { renderList } from '../testing/list.ts';
import { runTests, type RunTestsOptions, type TestRun } from '../testing/run.ts';
import { testReport } from '../testing/test-report.ts';
import { watchTests } from '../testing/watch.ts';

/** All tests of a project are one request to the compiler, and all that is measured of their coverage another. */
const REQUEST_MS = 180_000;

export interface TestOptions extends ReportOptions {
  readonly run?: string;
  readonly dialect?: readonly string[];
  readonly coverage?: boolean;
  readonly threshold?: number;
  readonly coverageReport?: readonly CoverageFileOption[];
  readonly bail?: boolean;
  readonly list?: boolean;
  readonly watch?: boolean;
  readonly passWithNoTests?: boolean;
}

export function register(program: Program): void {
  const command = program
    .command('test')
    .summary('run policy tests and case files')
    .description(
      'Runs the test_… rules of *_test.rego with OPA’s own tester, and the cases of *_cases.yaml: statements that go through the real dialect and the compiled policy, as in a gateway.',
    )
    .argument('[paths...]', 'folders, .rego files, case files, pack:NAME (default: policies, else .)')
    .option('-r, --run <regex>', 'only what matches: data.package.name of tests, "file: name" of cases (RE2)')
    .option(
      '-d, --dialect <name>',
      'a third party’s dialect: a module or a package; may be given more than once',
      repeated,
    )
    .option('-c, --coverage', 'measure what tests and cases together cover of the policies')
    .option('--threshold <percent>', 'fail below this coverage; implies --coverage', readPercent)
    .option(
      '--coverage-report <format>=<file>',
      'write the coverage to a file: lcov or json; may be given more than once, implies --coverage',
      readCoverageReport,
    )
    .option('--bail', 'end case files with the first case that does not pass')
    .option('-l, --list', 'name the tests and cases, don’t run them')
    .option('-w, --watch', 'run again when policies, data or cases change, until Ctrl-C')
    .option('--pass-with-no-tests', 'nothing to run is no failure');
  addReportOptions(command)
    .addHelpText(
      'after',
      `
Case files are described by a JSON Schema, which an editor completes them with:
  # yaml-language-server: $schema=node_modules/sallyport/cli/cases/cases.schema.json

Exit codes:
  0  everything passed
  1  something failed, or the coverage is below --threshold
  2  could not run: a policy does not compile, a case file is not valid, nothing matches --run, …

Examples:
  $ sallyport test policies
  $ sallyport test policies --coverage --threshold 100 --coverage-report lcov=coverage.lcov
  $ sallyport test pack:destructive-sql --run 'DROP|TRUNCATE' --watch`,
    )
    .action(async (paths: string[], options: TestOptions) => {
      process.exitCode = await runTest(paths, options, processStreams);
    });
}

/**
 * @param warm a compiler to use and leave running; one of its own is made and closed otherwise
 * @param stop ends --watch; Ctrl-C by default
 * @returns the exit code: 0, 1 or 2
 * @throws SallyportError SP_USAGE, SP_NO_TESTS, SP_BUNDLE_*, SP_POLICY_INVALID, SP_OUTPUT_FAILED, SP_COMPILER_*
 */
export async function runTest(
  paths: readonly string[],
  options: TestOptions,
  streams: Streams,
  warm?: PolicyCompiler,
  stop?: AbortSignal,
): Promise<number> {
  if (options.watch === true && options.list === true) {
    throw new SallyportError('SP_USAGE', '--watch and --list do not go together.');
  }
  const compiler = warm ?? createPolicyCompiler({ timeoutMs: REQUEST_MS });
  try {
    const once = (): Promise<Pass> => pass(paths, options, streams, compiler);
    return options.watch === true ? await watchTests(once, streams, stop) : (await once()).exitCode;
  } finally {
    if (warm === undefined) await compiler.close();
  }
}

interface Pass {
  readonly exitCode: number;
  readonly watched: readonly string[];
}

async function pass(
  paths: readonly string[],
  options: TestOptions,
  streams: Streams,
  compiler: PolicyCompiler,
): Promise<Pass> {
  const begun = performance.now();
  const run = await runTests(paths, runOptions(options), compiler);
  const { watched } = run;
  if (run.tests.length + run.cases.length === 0 && run.findings.every(({ severity }) => severity !== 'error')) {
    nothingToRun(options);
  }
  if (options.list === true) {
    const writer = new BatchWriter(streams.stdout);
    await writer.write(renderList(run, options.format === 'json'));
    await writer.flush();
    return { exitCode: isBroken(run) ? 2 : 0, watched };
  }
  const { coverage } = run;
  if (coverage !== undefined) {
    for (const { format, file } of options.coverageReport ?? []) writeOutput(file, renderCoverage(coverage, format));
  }
  const durationMs = performance.now() - begun;
  const report = testReport(run, { threshold: options.threshold, durationMs });
  return { exitCode: await publish(report, options, streams), watched };
}

function runOptions(options: TestOptions): RunTestsOptions {
  const { run, dialect = [], coverage, threshold, coverageReport = [], bail = false, list = false } = options;
  return {
    ...(run === undefined ? {} : { run }),
    dialects: dialect,
    coverage: !list && (coverage === true || threshold !== undefined || coverageReport.length > 0),
    bail,
    list,
  };
}

/** A run of nothing proves nothing: a folder that was renamed, or a filter with a typo, must not look like success. */
function nothingToRun({ passWithNoTests, run }: TestOptions): void {
  if (passWithNoTests === true) return;
  throw run === undefined
    ? new SallyportError('SP_NO_TESTS', 'There are neither tests (*_test.rego) nor case files (*_cases.yaml) here.', {
        help: 'Write some, or say --pass-with-no-tests.',
      })
    : new SallyportError('SP_NO_TESTS', `No test and no case matches --run ${run}.`, {
        help: '--list shows the names: data.package.name of tests, "file: name" of cases.',
      });
}

function isBroken({ findings }: TestRun): boolean {
  return findings.some(({ severity }) => severity === 'error');
}

function readPercent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value) || value < 0 || value > 100) {
    throw new InvalidArgumentError('It is a number from 0 to 100.');
  }
  return value;
}
