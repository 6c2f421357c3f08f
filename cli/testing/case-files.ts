import { RE2JS } from 're2js';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { RulePlace } from '../../engine/compiler/protocol.ts';
import type { Input } from '../../engine/contract.ts';
import type { ParseResult, Statement } from '../../engine/dialect.ts';
import type { PlannedCase } from '../cases/plan.ts';
import type { PlannedFile } from '../cases/read.ts';
import { runCase, type CaseOutcome, type Parse, type StepOutcome } from '../cases/run.ts';
import { builtInDialects } from '../dialects.ts';
import type { PolicyProject } from '../policy-project.ts';
import type { CaseResult } from '../reporters/report.ts';
import { caseResult, hasPassed } from './failed-case.ts';
import type { Judge } from './judges.ts';

/** Whether a case is to be run, by its file and name. */
export type CaseFilter = (file: string, name: string) => boolean;

/** @param pattern a regular expression (RE2) over `file: name`; undefined: all. Checked before. */
export function createCaseFilter(pattern: string | undefined): CaseFilter {
  if (pattern === undefined) return () => true;
  const expression = RE2JS.compile(pattern);
  return (file, name) => expression.matcher(`${file}: ${name}`).find();
}

/** A case file with what was chosen of it and who judges it. */
export interface CaseRun {
  readonly file: PlannedFile;
  readonly cases: readonly PlannedCase[];
  readonly judge: Judge;
}

export interface CaseFileOptions {
  readonly compiler: PolicyCompiler;
  readonly parse: Parse;
  /** Modules that `--dialect` named. */
  readonly dialects: readonly string[];
  /** End with the first case that does not pass. */
  readonly bail: boolean;
}

export interface CaseFileResults {
  readonly results: readonly CaseResult[];
  /** Every input that the engine came to a decision about, by those who judged. */
  readonly inputs: ReadonlyMap<Judge, readonly Input[]>;
}

/** How many failed cases are watched in OPA's evaluator: more than these nobody reads in one go. */
const WATCHED = 50;

/** A case and what became of it; without an outcome it was skipped. An Error: its dialect broke its word and threw. */
interface Done {
  readonly run: CaseRun;
  readonly planned: PlannedCase;
  readonly outcome: CaseOutcome | Error | undefined;
}

/** Runs cases in the order of their files. */
export async function runCaseFiles(runs: readonly CaseRun[], options: CaseFileOptions): Promise<CaseFileResults> {
  const { parse } = options;
  const done: Done[] = [];
  const inputs = new Map<Judge, Input[]>();
  for (const { run, planned } of runs.flatMap((run) => run.cases.map((planned) => ({ run, planned })))) {
    const outcome =
      planned.skip === undefined ? attempt(() => runCase(planned, { engine: run.judge.engine, parse })) : undefined;
    done.push({ run, planned, outcome });
    if (outcome === undefined) continue;
    if (!(outcome instanceof Error)) listOf(inputs, run.judge).push(...outcome.steps.flatMap(judgedInputs));
    if (options.bail && (outcome instanceof Error || !hasPassed(outcome))) break;
  }
  return { results: await toResults(done, options), inputs };
}

function attempt<Value>(work: () => Value): Value | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Inputs that came to a decision: an evaluation without end would not end in OPA's evaluator either. */
function judgedInputs({ inputs, judged }: StepOutcome): Input[] {
  return inputs.filter((_input, index) =>
    (judged.commands[index] ?? judged).reasons.every(({ rule }) => rule !== 'sallyport.error'),
  );
}

function listOf<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

async function toResults(done: readonly Done[], { compiler, dialects }: CaseFileOptions): Promise<CaseResult[]> {
  const failed = done.flatMap(({ run, outcome }) =>
    outcome === undefined || outcome instanceof Error || hasPassed(outcome) ? [] : [{ run, outcome }],
  );
  const fired = await watchRules(failed.slice(0, WATCHED), compiler);
  return done.map(({ run, planned, outcome }) => {
    const { file } = run.file;
    if (outcome === undefined) {
      const { name, row, skip = '' } = planned;
      return { suite: file, name, file, row, status: 'skipped', message: skip };
    }
    if (outcome instanceof Error) {
      const { name, row, dialect } = planned;
      const message = `the dialect ${dialect.name} failed: ${outcome.message}`;
      const explanation = outcome.stack === undefined ? {} : { explanation: outcome.stack };
      return { suite: file, name, file, row, status: 'error', message, ...explanation };
    }
    const { places } = run.judge;
    const dialect = dialectWord(planned.dialect.name, dialects);
    return caseResult(file, outcome, (input) => fired.get(input), { places, dialect });
  });
}

/** What `--dialect` takes for a dialect: a third party's is loaded by its module. */
function dialectWord(name: string, given: readonly string[]): string {
  const [only, ...others] = given;
  return only === undefined || others.length > 0 || Object.hasOwn(builtInDialects, name) ? name : only;
}

/** Asks OPA's own evaluator which effect rules held for the inputs of failed cases: a compiled module does not tell. */
async function watchRules(
  failed: readonly { readonly run: CaseRun; readonly outcome: CaseOutcome }[],
  compiler: PolicyCompiler,
): Promise<Map<Input, readonly RulePlace[]>> {
  const byJudge = new Map<Judge, Input[]>();
  for (const { run, outcome } of failed) {
    for (const step of outcome.steps) {
      if (step.differences.length > 0) listOf(byJudge, run.judge).push(...judgedInputs(step));
    }
  }
  const found = new Map<Input, readonly RulePlace[]>();
  for (const [{ project }, inputs] of byJudge) {
    const { result } = await compiler.exercise({ ...project.request, inputs });
    for (const [index, rules] of (result?.fired ?? []).entries()) {
      const input = inputs[index];
      if (input !== undefined) found.set(input, effectRules(rules, project));
    }
  }
  return found;
}

const effectRule = /^policy\..*\b(allow|deny|review|mask|limit|settings|notify|record|terminate|quarantine)$/;

function effectRules(rules: readonly RulePlace[], { shownFile }: PolicyProject): RulePlace[] {
  return rules.filter(({ rule }) => effectRule.test(rule)).map((rule) => ({ ...rule, file: shownFile(rule.file) }));
}

/** Many cases send the same statement, to see it judged for others. */
export function createParse(): Parse {
  const parsed = new Map<string, ParseResult>();
  return ({ dialect }: PlannedCase, statement: Statement) => {
    const key = JSON.stringify([dialect.name, statement.text, statement.settings]);
    let result = parsed.get(key);
    if (result === undefined) parsed.set(key, (result = dialect.parse(statement)));
    return result;
  };
}

/** Parses statements before anybody can judge them, and lets others have their turn in between. */
export async function parseAhead(cases: readonly PlannedCase[], parse: Parse): Promise<void> {
  for (const [index, planned] of cases.entries()) {
    // What throws here throws again where it is counted.
    for (const { statement } of planned.skip === undefined ? planned.steps : [])
      if (statement !== undefined) attempt(() => parse(planned, statement));
    if (index % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
}
