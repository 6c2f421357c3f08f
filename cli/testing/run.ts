import { RE2JS, RE2JSException } from 're2js';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic, Input } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { SallyportError } from '../../engine/errors.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { placePath } from '../../engine/policy-sources.ts';
import { findCaseFiles } from '../cases/find.ts';
import { readCaseFile, type PlannedFile } from '../cases/read.ts';
import { allDialects } from '../dialects.ts';
import { createInputCheck } from '../eval/inputs.ts';
import { defaultPlaces, readProject, type PolicyProject } from '../policy-project.ts';
import type { CaseResult } from '../reporters/report.ts';
import { createCaseFilter, runCaseFiles, type CaseFileResults, type CaseRun } from './case-files.ts';
import { CoverageCollector, type Coverage } from './coverage.ts';
import { createJudge, keyOf, placesOf, type Judge } from './judges.ts';
import { hasRegoTests, runRegoTests, type RegoTests } from './rego-tests.ts';

export interface RunTestsOptions {
  /** Regular expression (RE2) over `data.package.name` of tests and `file: name` of cases. */
  readonly run?: string;
  readonly coverage?: boolean;
  /** Third parties' dialects: modules or packages. */
  readonly dialects?: readonly string[];
  /** Cases end with the first that does not pass. */
  readonly bail?: boolean;
  /** Name what would be run. */
  readonly list?: boolean;
}

export interface TestRun {
  /** Of `test_…` rules. */
  readonly tests: readonly CaseResult[];
  /** Of case files. */
  readonly cases: readonly CaseResult[];
  readonly coverage: Coverage | undefined;
  /** What is wrong with policies and case files; with an error among them, not all was run. */
  readonly findings: readonly Diagnostic[];
  /** Files of policies and case files, as they are shown. */
  readonly files: readonly string[];
  /** What this run depends on: folders and files. */
  readonly watched: readonly string[];
}

/**
 * Runs the Rego tests and the case files at some places.
 *
 * @throws SallyportError SP_USAGE, SP_BUNDLE_NOT_FOUND, SP_BUNDLE_INVALID, SP_POLICY_INVALID of data files, SP_COMPILER_*.
 *   Policies that do not compile, and case files that are not valid, are findings.
 */
export async function runTests(
  given: readonly string[],
  options: RunTestsOptions,
  compiler: PolicyCompiler,
): Promise<TestRun> {
  checkPattern(options.run);
  const { policies, cases: paths } = await findCaseFiles(given.length > 0 ? given : defaultPlaces([]));
  // It takes a second to start, and does so beside this thread while files are read and dialects are loaded.
  const warm = compiler.builtins();
  warm.catch(() => undefined);
  const dialects = await allDialects(options.dialects);
  const check = createInputCheck(dialects);
  const files = paths.map((path) => readCaseFile(path, { dialects, check }));
  const project = await projectUnderTest(policies, files, dialects);
  const run = new Run(options, compiler, dialects);
  const judging = options.list === true ? [] : await run.judge(files, policies);
  // The compiler goes on with the tests while cases are run here.
  const testing = project === undefined ? undefined : run.test(project);
  const cases = options.list === true ? listCases(files, options.run) : await run.cases(judging);
  const tests = (await testing) ?? { cases: [], coverage: undefined };
  return {
    tests: tests.cases,
    cases: cases.results,
    coverage: options.coverage === true ? await run.cover(tests, project, cases) : undefined,
    findings: [...files.flatMap((file) => file.findings), ...run.findings],
    files: [...new Set([...shownFiles(project), ...files.map(({ file }) => file)])].sort(),
    watched: [...new Set([...policies, ...judging.flatMap(({ judge }) => judge.places)].map(placePath)), ...paths],
  };
}

/** One run: what was found wrong on the way, and the judges that files share. */
class Run {
  readonly findings: Diagnostic[] = [];
  readonly #options: RunTestsOptions;
  readonly #compiler: PolicyCompiler;
  readonly #dialects: readonly Dialect[];

  constructor(options: RunTestsOptions, compiler: PolicyCompiler, dialects: readonly Dialect[]) {
    this.#options = options;
    this.#compiler = compiler;
    this.#dialects = dialects;
  }

  /** Compiles what judges the files' cases. Files whose policies do not compile are left out: that is a finding. */
  async judge(files: readonly PlannedFile[], underTest: readonly string[]): Promise<CaseRun[]> {
    const filter = createCaseFilter(this.#options.run);
    const judges = new Map<string, Promise<Judge | undefined>>();
    const runs: CaseRun[] = [];
    for (const file of files) {
      const cases = file.cases.filter(({ name }) => filter(file.file, name));
      if (cases.length === 0) continue;
      const places = placesOf(file, underTest);
      const key = keyOf(places);
      let judge = judges.get(key);
      if (judge === undefined) {
        judge = this.#noting(createJudge(places, this.#dialects, this.#compiler));
        judges.set(key, judge);
      }
      const found = await judge;
      if (found !== undefined) runs.push({ file, cases, judge: found });
    }
    for (const judge of new Set(runs.map((run) => run.judge))) this.#note(judge.warnings);
    return runs;
  }

  async test(project: PolicyProject): Promise<RegoTests | undefined> {
    const { run, coverage = false, list = false } = this.#options;
    if (!hasRegoTests(project) && !coverage) return undefined;
    const filter = run === undefined ? {} : { filter: run };
    return this.#noting(runRegoTests(project, this.#compiler, { ...filter, coverage, list }));
  }

  cases(runs: readonly CaseRun[]): Promise<CaseFileResults> {
    const { bail = false, dialects = [] } = this.#options;
    return runCaseFiles(runs, { compiler: this.#compiler, dialects, bail });
  }

  /** What tests and cases covered together: cases run once more in OPA's own evaluator, for a compiled module does not tell. */
  async cover(tests: RegoTests, project: PolicyProject | undefined, cases: CaseFileResults): Promise<Coverage> {
    const collector = new CoverageCollector();
    if (tests.coverage !== undefined && project !== undefined) collector.add(tests.coverage, project.shownFile);
    for (const [judge, inputs] of cases.inputs) {
      const { request, shownFile } = judge.project;
      const { result } = await this.#compiler.exercise({ ...request, inputs: distinct(inputs), coverage: true });
      if (result?.coverage !== undefined) collector.add(result.coverage, shownFile);
    }
    return collector.result();
  }

  /** Policies that do not compile are findings, each once. */
  async #noting<Value>(work: Promise<Value>): Promise<Value | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.#note(error.diagnostics);
      return undefined;
    }
  }

  #note(diagnostics: readonly Diagnostic[]): void {
    const known = new Set(this.findings.map((finding) => JSON.stringify(finding)));
    this.findings.push(...diagnostics.filter((diagnostic) => !known.has(JSON.stringify(diagnostic))));
  }
}

/** @returns undefined where the places hold no Rego and every case file says itself who judges it */
async function projectUnderTest(
  places: readonly string[],
  files: readonly PlannedFile[],
  dialects: readonly Dialect[],
): Promise<PolicyProject | undefined> {
  try {
    return await readProject(places, dialects);
  } catch (error) {
    const without = error instanceof SallyportError && error.code === 'SP_BUNDLE_NOT_FOUND';
    const independent =
      files.length > 0 && files.every((file) => file.policies !== undefined || file.cases.length === 0);
    if (without && independent) return undefined;
    throw error;
  }
}

function listCases(files: readonly PlannedFile[], pattern: string | undefined): CaseFileResults {
  const filter = createCaseFilter(pattern);
  const results = files.flatMap(({ file, cases }) =>
    cases
      .filter(({ name }) => filter(file, name))
      .map(({ name, row, skip }): CaseResult => {
        const status = skip === undefined ? 'passed' : 'skipped';
        return { suite: file, name, status, file, row };
      }),
  );
  return { results, inputs: new Map() };
}

/** @throws SallyportError SP_USAGE */
function checkPattern(pattern: string | undefined): void {
  if (pattern === undefined) return;
  try {
    RE2JS.compile(pattern);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new SallyportError('SP_USAGE', `--run is not a regular expression (RE2): ${cause.message}`, { cause });
  }
}

function shownFiles(project: PolicyProject | undefined): string[] {
  return project === undefined ? [] : Object.keys(project.sources.files).map(project.shownFile);
}

function distinct(inputs: readonly Input[]): Input[] {
  return [...new Map(inputs.map((input) => [JSON.stringify(input), input])).values()];
}
