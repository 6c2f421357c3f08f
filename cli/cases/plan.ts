import type { Diagnostic, Input, JsonObject, Parameter } from '../../engine/contract.ts';
import type { Dialect, Statement } from '../../engine/dialect.ts';
import { SallyportError } from '../../engine/errors.ts';
import type { ConfigPath, Locator } from '../config/locate.ts';
import { suggestion } from '../config/suggest.ts';
import { inputContext, type InputContext } from '../eval/inputs.ts';
import { createStatementReader, type ReadStatement } from '../statements.ts';
import type { CatalogueOf } from '../catalogue/written-catalogue.ts';
import { CaseCatalogues } from './case-catalogues.ts';
import { DEFAULT_NOW, mergeContexts, readParameters, resolveReference } from './context.ts';
import { readExpectation } from './expectation.ts';
import type { Case, CaseFile, Context, Expectation, Matrix, Step } from './types.ts';

/** A case with everything in its place: ready to be run. */
export interface PlannedCase {
  readonly name: string;
  readonly row: number;
  /** Why it is not run. */
  readonly skip: string | undefined;
  readonly dialect: Dialect;
  readonly context: InputContext;
  /** What values are followed by; absent: they are not. */
  readonly catalogueOf?: CatalogueOf;
  /** More than one: statements of one session, one after the other. */
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep {
  readonly row: number;
  /** Absent: the session opens. */
  readonly statement: Statement | undefined;
  readonly expect: Expectation;
  /** What is said of the session from here on. */
  readonly session: JsonObject | undefined;
  readonly now: string | undefined;
  readonly parameters: readonly Parameter[] | undefined;
}

export interface PlanOptions {
  readonly locator: Locator;
  /** Where the case file stands, from which the files that it names are found. */
  readonly folder: string;
  readonly dialects: readonly Dialect[];
  /** Holds an input to the contract: see createInputCheck. */
  readonly check: (value: unknown) => Input;
}

/** Lays the cases of a checked file out: defaults, names and tables are resolved. Findings are all that cannot be. */
export function planCases(file: CaseFile, options: PlanOptions): { cases: PlannedCase[]; findings: Diagnostic[] } {
  const planner = new Planner(file, options);
  for (const [index, one] of (file.cases ?? []).entries()) planner.addCase(one, ['cases', index]);
  for (const [index, matrix] of (file.matrices ?? []).entries()) planner.addMatrix(matrix, ['matrices', index]);
  return { cases: planner.cases, findings: planner.findings };
}

class Planner {
  readonly cases: PlannedCase[] = [];
  readonly findings: Diagnostic[] = [];
  readonly #file: CaseFile;
  readonly #options: PlanOptions;
  /** Rows by name. */
  readonly #names = new Map<string, number>();
  readonly #catalogues: CaseCatalogues;
  readonly #readers = new Map<string, (value: JsonObject) => ReadStatement>();

  constructor(file: CaseFile, options: PlanOptions) {
    this.#file = file;
    this.#options = options;
    this.#catalogues = new CaseCatalogues(options.folder);
  }

  addCase(one: Case, path: ConfigPath): void {
    const context = mergeContexts(this.#file, one);
    const steps: readonly GivenStep[] = one.steps ?? [stepOf(one)];
    const paths = steps.map((_step, index) => (one.steps === undefined ? path : [...path, 'steps', index]));
    const name = one.name ?? nameOf(steps, context);
    const at = one.name === undefined ? path : [...path, 'name'];
    const help = one.name === undefined ? 'Give one of them a name of its own.' : undefined;
    if (this.#takeName(name, at, help)) this.#add(name, one.skip, context, steps, path, paths);
  }

  addMatrix(matrix: Matrix, path: ConfigPath): void {
    const { name, subjects, statements, skip } = matrix;
    if (!this.#takeName(name, [...path, 'name'])) return;
    for (const [statement, cells] of Object.entries(statements)) {
      const row: ConfigPath = [...path, 'statements', statement];
      if (cells.length !== subjects.length) {
        this.#report(row, `${cells.length} expectations for ${subjects.length} subjects: ${subjects.join(', ')}`);
        continue;
      }
      for (const [column, subject] of subjects.entries()) {
        const expect = cells[column];
        if (expect === undefined) continue;
        const context = mergeContexts(this.#file, { ...matrix, subject });
        const title = `${name}: ${excerpt([{ statement }])} as ${subject}`;
        this.#add(title, skip, context, [{ statement, expect }], row, [[...row, column]]);
      }
    }
  }

  #add(
    name: string,
    skip: string | undefined,
    given: Context,
    steps: readonly GivenStep[],
    path: ConfigPath,
    paths: readonly ConfigPath[],
  ): void {
    const dialect = this.#dialectOf(given, path);
    const context = dialect === undefined ? undefined : this.#contextOf(dialect, given, path);
    if (dialect === undefined || context === undefined) return;
    const catalogueOf = given.catalogue === undefined ? undefined : this.#catalogues.of(given.catalogue, dialect);
    if (catalogueOf !== undefined && typeof catalogueOf !== 'function') {
      const at = this.#keyPath('catalogue', path);
      if (this.#catalogues.isNew(catalogueOf)) for (const problem of catalogueOf) this.#report(at, problem);
      return;
    }
    const { locator } = this.#options;
    const planned: PlannedStep[] = [];
    for (const [index, step] of steps.entries()) {
      const at = paths[index] ?? path;
      const { settings } = mergeContexts(given, step);
      const statement =
        step.statement === undefined ? undefined : this.#statementOf(dialect, settings, step.statement, at);
      if (statement === undefined && step.statement !== undefined) return;
      planned.push({
        row: locator.position(at).row,
        statement,
        expect: readExpectation(step.expect),
        session: step.session,
        now: step.now,
        parameters: step.parameters === undefined ? undefined : readParameters(step.parameters),
      });
    }
    this.cases.push({
      name,
      row: locator.position(paths[0] ?? path).row,
      skip,
      dialect,
      context,
      ...(catalogueOf === undefined ? {} : { catalogueOf }),
      steps: planned,
    });
  }

  #takeName(name: string, path: ConfigPath, help?: string): boolean {
    const { row } = this.#options.locator.position(path);
    const other = this.#names.get(name);
    if (other !== undefined) {
      this.#report(path, `${JSON.stringify(name)} is the name of another case as well, in row ${other}`, help);
      return false;
    }
    this.#names.set(name, row);
    return true;
  }

  #dialectOf({ dialect: name }: Context, path: ConfigPath): Dialect | undefined {
    const { dialects } = this.#options;
    if (name === undefined) {
      this.#report(path, 'no dialect is said', 'Write `dialect: postgres` at the top of the file.');
      return undefined;
    }
    const found = dialects.find((dialect) => dialect.name === name);
    if (found === undefined) {
      const known = dialects.map((dialect) => dialect.name);
      const help = `${suggestion(name, known)}; a third party's is loaded with --dialect`;
      this.#report(this.#keyPath('dialect', path), `there is no dialect ${JSON.stringify(name)}`, help);
    }
    return found;
  }

  /** The key in the case itself, or else the file's. */
  #keyPath(key: 'dialect' | 'subject' | 'resource' | 'catalogue', path: ConfigPath): ConfigPath {
    const [list, index] = path;
    const entry = list === 'matrices' ? this.#file.matrices?.[Number(index)] : this.#file.cases?.[Number(index)];
    return entry !== undefined && Object.hasOwn(entry, key) ? [...path.slice(0, 2), key] : [key];
  }

  #contextOf(dialect: Dialect, given: Context, path: ConfigPath): InputContext | undefined {
    if (given.subject === undefined) {
      this.#report(path, 'no subject is said', 'Write `subject:` with a declared name, or id,kind,group….');
      return undefined;
    }
    const subject = this.#reference('subject', given.subject, path);
    const resource = given.resource === undefined ? {} : this.#reference('resource', given.resource, path);
    if (subject === undefined || resource === undefined) return undefined;
    const { counters, ...session } = given.session ?? {};
    try {
      return this.#options.check(
        inputContext({
          dialect: dialect.name,
          subject,
          resource,
          session: { id: 'test', counters: { commands: 0, denied: 0, ...(counters ?? {}) }, ...session },
          client: given.client ?? {},
          now: given.now ?? DEFAULT_NOW,
        }),
      );
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      this.#report(path, error.message);
      return undefined;
    }
  }

  #reference(kind: 'subject' | 'resource', given: string | JsonObject, path: ConfigPath): JsonObject | undefined {
    const declared = (kind === 'subject' ? this.#file.subjects : this.#file.resources) ?? {};
    const found = resolveReference(kind, given, declared);
    if (found === undefined) {
      const short = kind === 'subject' ? 'id,kind,group…' : 'name,protocol,environment';
      const help = `${suggestion(typeof given === 'string' ? given : '', Object.keys(declared))}; declare it under ${kind}s, or write ${short}`;
      this.#report(this.#keyPath(kind, path), `there is no ${kind} ${JSON.stringify(given)}`, help);
    }
    return found;
  }

  #statementOf(dialect: Dialect, settings: JsonObject | undefined, text: string, path: ConfigPath) {
    let read = this.#readers.get(dialect.name);
    if (read === undefined) this.#readers.set(dialect.name, (read = createStatementReader(dialect)));
    const reading = read(settings === undefined ? { text } : { text, settings });
    if (reading.ok) return reading.statement;
    this.#report(path, reading.diagnostic.message);
    return undefined;
  }

  #report(path: ConfigPath, message: string, help?: string): void {
    const where = path[0] === 'cases' || path[0] === 'matrices' ? `${path[0]}[${path[1] ?? 0}]: ` : '';
    this.findings.push(this.#options.locator.atValue(path, `${where}${message}`, help));
  }
}

/** A step, or a session that opens. */
type GivenStep = Omit<Step, 'statement'> & { readonly statement?: string };

/** The schema requires the statement and the expectation of a case without steps; a session's has no statement. */
function stepOf({ stage, statement, expect, parameters }: Case): GivenStep {
  if (expect === undefined || (statement === undefined && stage !== 'session')) {
    throw new TypeError('a case needs a statement and an expectation');
  }
  return {
    expect,
    ...(statement === undefined ? {} : { statement }),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function nameOf(steps: readonly GivenStep[], { subject }: Context): string {
  const opens = steps.every(({ statement }) => statement === undefined);
  return opens ? `a session of ${nameOfSubject(subject)}` : `${excerpt(steps)} as ${nameOfSubject(subject)}`;
}

/** The first statement on one line, cut where it is long. */
function excerpt(steps: readonly Pick<GivenStep, 'statement'>[]): string {
  const line = (steps[0]?.statement ?? '').trim().replace(/\s+/g, ' ');
  const short = line.length <= 80 ? line : `${line.slice(0, 79)}…`;
  return steps.length > 1 ? `${short} … (${steps.length} steps)` : short;
}

function nameOfSubject(subject: string | JsonObject | undefined): string {
  if (typeof subject === 'string') return subject.split(',')[0] ?? subject;
  const id = subject?.['id'];
  return typeof id === 'string' ? id : 'nobody';
}
