import { RE2JS, RE2JSException } from 're2js';
import type { BundleReads } from '../../engine/bundle.ts';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic, Input } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { SallyportError } from '../../engine/errors.ts';
import { readLibrary } from '../../engine/load.ts';
import { valueAt } from '../../engine/memo.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { placePath } from '../../engine/policy-sources.ts';
import { findCaseFiles } from '../cases/find.ts';
import type { PlannedCase } from '../cases/plan.ts';
import { readCaseFile, type PlannedFile } from '../cases/read.ts';
import { allDialects } from '../dialects.ts';
import { findingsOf } from '../errors.ts';
import { createInputCheck } from '../eval/inputs.ts';
import { defaultPlaces, readProject, shownPath, type PolicyProject } from '../policy-project.ts';
import type { CaseResult } from '../reporters/report.ts';
import {
  createCaseFilter,
  createParse,
  parseAhead,
  runCaseFiles,
  type CaseFileResults,
  type CaseRun,
} from './case-files.ts';
import { CoverageCollector, type Coverage } from './coverage.ts';
import { createJudge, keyOf, placesOf } from './judges.ts';
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
  void heard(compiler.builtins());
  const dialects = await allDialects(options.dialects);
  const check = createInputCheck(dialects);
  const files = paths.map((path) => readCaseFile(path, { dialects, check }));
  const project = await projectUnderTest(policies, files, dialects);
  const run = new Run(options, compiler);
  const filter = createCaseFilter(options.run);
  const chosen = files.map((file) => ({ file, cases: file.cases.filter(({ name }) => filter(file.file, name)) }));
  const benches = await run.readBenches(chosen, { places: policies, project, dialects });
  // First what cases wait for: the compiler goes on with the tests while cases are run here.
  const judging = heard(options.list === true ? Promise.resolve([]) : run.judge(benches));
  const testing = heard(run.test(project));
  const cases = options.list === true ? listCases(chosen) : await run.cases(judging, chosen);
  const tests = (await testing) ?? { cases: [], coverage: undefined };
  return {
    tests: tests.cases,
    cases: cases.results,
    coverage: options.coverage === true ? await run.cover(tests, project, cases) : undefined,
    findings: [...files.flatMap((file) => file.findings), ...run.findings],
    files: [...new Set([...shownFiles(project), ...files.map(({ file }) => file)])].sort(),
    watched: [...new Set([...policies, ...benches.flatMap(({ places }) => places)].map(placePath)), ...paths],
  };
}

/** A promise that is awaited later: until then its failure must not end the process. */
function heard<Value>(work: Promise<Value>): Promise<Value> {
  work.catch(() => undefined);
  return work;
}

/** What was chosen of a case file. */
interface ChosenCases {
  readonly file: PlannedFile;
  readonly cases: readonly PlannedCase[];
}

/** Policies and the cases that they judge. */
interface Bench {
  readonly places: readonly string[];
  readonly project: PolicyProject;
  readonly chosen: ChosenCases[];
}

interface UnderTest {
  readonly places: readonly string[];
  readonly project: PolicyProject | undefined;
  readonly dialects: readonly Dialect[];
}

/** One run, and what was found wrong on the way. */
class Run {
  readonly findings: Diagnostic[] = [];
  readonly #options: RunTestsOptions;
  readonly #compiler: PolicyCompiler;

  constructor(options: RunTestsOptions, compiler: PolicyCompiler) {
    this.#options = options;
    this.#compiler = compiler;
  }

  /** Reads the policies that judge the chosen cases, those of several files once. What cannot be read is a finding. */
  async readBenches(all: readonly ChosenCases[], underTest: UnderTest): Promise<Bench[]> {
    const benches = new Map<string, Bench | undefined>();
    for (const chosen of all.filter(({ cases }) => cases.length > 0)) {
      const places = placesOf(chosen.file, underTest.places);
      const key = keyOf(places);
      if (!benches.has(key)) benches.set(key, await this.#readBench(chosen.file, places, underTest));
      benches.get(key)?.chosen.push(chosen);
    }
    return [...benches.values()].filter((bench) => bench !== undefined);
  }

  async #readBench(
    { file, policies }: PlannedFile,
    places: readonly string[],
    { project, dialects }: UnderTest,
  ): Promise<Bench | undefined> {
    if (policies === undefined && project !== undefined) return { places, project, chosen: [] };
    try {
      return { places, project: await readProject(places, dialects), chosen: [] };
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      this.#note(findingsOf(error).map((finding) => ({ file, ...finding })));
      return undefined;
    }
  }

  /** Compiles what judges. Policies that do not compile judge nothing: that is a finding. */
  async judge(benches: readonly Bench[]): Promise<CaseRun[]> {
    const judges = benches.map(({ places, project }) => this.#noting(createJudge(places, project, this.#compiler)));
    const runs: CaseRun[] = [];
    for (const [index, judge] of (await Promise.all(judges)).entries()) {
      if (judge === undefined) continue;
      this.#note(judge.warnings);
      for (const { file, cases } of benches[index]?.chosen ?? []) runs.push({ file, cases, judge });
    }
    return runs;
  }

  async test(project: PolicyProject | undefined): Promise<RegoTests | undefined> {
    const { run, coverage = false, list = false } = this.#options;
    if (project === undefined || (!hasRegoTests(project) && !coverage)) return undefined;
    const filter = run === undefined ? {} : { filter: run };
    return this.#noting(runRegoTests(project, this.#compiler, { ...filter, coverage, list }));
  }

  /** Parses the statements while the compiler is still at work, then runs the cases. */
  async cases(judging: Promise<readonly CaseRun[]>, chosen: readonly ChosenCases[]): Promise<CaseFileResults> {
    const { bail = false, dialects = [] } = this.#options;
    const parse = createParse();
    await parseAhead(
      chosen.flatMap(({ cases }) => cases),
      parse,
    );
    return runCaseFiles(await judging, { compiler: this.#compiler, parse, dialects, bail });
  }

  /** What tests and cases covered together: cases run once more in OPA's own evaluator, for a compiled module does not tell. */
  async cover(tests: RegoTests, project: PolicyProject | undefined, cases: CaseFileResults): Promise<Coverage> {
    const collector = new CoverageCollector();
    const counted = await countedFiles(project);
    if (tests.coverage !== undefined && project !== undefined) collector.add(tests.coverage, counted(project));
    for (const [judge, inputs] of cases.inputs) {
      const { request } = judge.project;
      const shownFile = counted(judge.project);
      for (const part of chunks(distinct(inputs, judge.reads), INPUTS_PER_REQUEST)) {
        const { result } = await this.#compiler.exercise({ ...request, inputs: part, coverage: true });
        if (result?.coverage !== undefined) collector.add(result.coverage, shownFile);
      }
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

/** A request has to be answered in time: an evaluation that is watched takes some milliseconds. */
const INPUTS_PER_REQUEST = 500;

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

function listCases(chosen: readonly ChosenCases[]): CaseFileResults {
  const results = chosen.flatMap(({ file: { file }, cases }) =>
    cases.map(({ name, row, skip }): CaseResult => {
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

/**
 * Which modules count, by the paths to show for them: those of policies, and those of the library only where its own folder
 * is under test. It has other names beside policies that it does not belong to.
 */
async function countedFiles(
  underTest: PolicyProject | undefined,
): Promise<(project: PolicyProject) => (module: string) => string | undefined> {
  const library = await readLibrary();
  const asked = new Set(shownFiles(underTest));
  return (project) => (module) => {
    const file = library.files[module];
    if (file === undefined) return project.shownFile(module);
    const shown = shownPath(file);
    return asked.has(shown) ? shown : undefined;
  };
}

function shownFiles(project: PolicyProject | undefined): string[] {
  return project === undefined ? [] : Object.keys(project.sources.files).map(project.shownFile);
}

/** Inputs that differ in what the policies read of commands: the others go the same way. Of sessions nothing is said. */
function distinct(inputs: readonly Input[], { paths, clock }: BundleReads): Input[] {
  const key = (input: Input): string =>
    JSON.stringify(clock || input.stage === 'session' ? input : paths.map((path) => valueAt(input, path) ?? null));
  return [...new Map(inputs.map((input) => [key(input), input])).values()];
}

function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
