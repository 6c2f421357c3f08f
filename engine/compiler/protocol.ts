import type { Diagnostic, Input } from '../contract.ts';
import type { JsonSchema } from '../dialect.ts';
import type { ComparedPath, InputPath } from '../memo.ts';

/** Sources that the compiler is given. Names are those that diagnostics carry; tests end in `_test.rego`. */
export interface CompilerSources {
  readonly modules: Readonly<Record<string, string>>;
  readonly data?: unknown;
  /** Type of `input` in every module; typos become errors. */
  readonly schema?: JsonSchema;
  /** Host builtins that the runtime supplies; the use of any other is an error. Absent: no restriction. */
  readonly builtins?: readonly string[];
  /** What the bundle's manifest declares as its own, as paths with `/`; packages and data elsewhere are errors. */
  readonly roots?: readonly string[];
}

export interface BuildRequest extends CompilerSources {
  /** Entrypoints as `package/rule` paths. */
  readonly entrypoints: readonly string[];
  readonly revision: string;
  /** Further metadata for the bundle's manifest. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface InspectRequest {
  readonly modules: Readonly<Record<string, string>>;
  /** As `package/rule` paths: what is read is said of these. */
  readonly entrypoints: readonly string[];
}

/** One rule's head. Rules that share a path are one each. */
export interface InspectedRule {
  /** As `data.policy.shop.deny`. */
  readonly path: string;
  /** As `policy.shop`. */
  readonly package: string;
  readonly name: string;
  readonly kind: 'value' | 'set' | 'object' | 'function' | 'default';
  readonly file: string;
  readonly row: number;
  /** The effect that it has a say in; absent for helpers. */
  readonly effect?: string;
  readonly title?: string;
  readonly description?: string;
  /** Its METADATA says that it is asked by name. */
  readonly entrypoint?: boolean;
  readonly custom?: Readonly<Record<string, unknown>>;
  /** It comes with Sallyport. */
  readonly library?: boolean;
}

export interface InspectResult {
  /** By path. */
  readonly rules: readonly InspectedRule[];
  /** Absent where the modules do not compile by themselves. */
  readonly reads?: BuildResult['reads'];
}

export interface EvaluateRequest extends CompilerSources {
  /** A Rego query; its first expression's value is the answer. */
  readonly query: string;
  readonly input?: unknown;
  /** Nanoseconds since the epoch for time.now_ns. */
  readonly now?: number;
  /** Builtin errors are errors, not undefined. */
  readonly strict?: boolean;
}

export interface TestRequest extends CompilerSources {
  /** Regular expression (RE2) over `data.package.name`. */
  readonly filter?: string;
  readonly coverage?: boolean;
  /** Name the tests instead of running them: their status is then `skipped` or `passed`. */
  readonly list?: boolean;
}

export interface ExerciseRequest extends CompilerSources {
  /** What the decision is asked about. */
  readonly inputs: readonly unknown[];
  /** Measure coverage instead of which rules fired. */
  readonly coverage?: boolean;
}

/** What an operation gives: a result unless there are errors; warnings can stand beside a result. */
export interface Compiled<Result> {
  readonly result: Result | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CheckResult {
  /** The generated module `sallyport/collected.rego`. */
  readonly collected: string;
}

export interface BuildResult extends CheckResult {
  readonly wasm: Uint8Array;
  /** At which stages the policies have a say. */
  readonly stages: readonly Input['stage'][];
  /** Whether decisions can depend on where values come from: a policy can mask, or reads what only lineage gives. */
  readonly lineage: boolean;
  /** The whole OPA bundle, `.tar.gz`: the same request gives the same bytes. */
  readonly bundle: Uint8Array;
  /** What decisions on commands depend on; what is asked when a session opens is not among it. */
  readonly reads: {
    /** Paths into the input; the empty path is all of it. */
    readonly paths: readonly InputPath[];
    /** Those of the paths that are compared with whole numbers and nothing else. */
    readonly compared: readonly ComparedPath[];
    /** Some reachable builtin answers differently each time (the clock). */
    readonly clock: boolean;
    readonly builtins: readonly string[];
  };
}

export interface EvaluateResult {
  readonly defined: boolean;
  readonly value: unknown;
}

export interface PolicyTestCase {
  /** `data.policy.production_test`. */
  readonly package: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'error';
  readonly file: string;
  readonly row: number;
  /** Why it did not pass, on one line. */
  readonly message?: string;
  /** The expressions that failed, with the values of their variables below them. */
  readonly explanation?: string;
  /** What it printed. */
  readonly output?: string;
  readonly durationNs: number;
}

export interface TestResult {
  /** By file and row. */
  readonly cases: readonly PolicyTestCase[];
  /** Where asked for. */
  readonly coverage?: PolicyCoverage;
}

export interface ExerciseResult {
  /** For each input the rules that were left with a value; all empty when coverage was asked for. */
  readonly fired: readonly (readonly RulePlace[])[];
  readonly coverage?: PolicyCoverage;
}

/** What of the policies was evaluated, as OPA counts it; tests and generated modules are left out. */
export interface PolicyCoverage {
  /** By module. */
  readonly files: Readonly<Record<string, FileCoverage>>;
}

/** First row, first column, last row, column behind the last character; all from 1. */
export type CoverageSpan = readonly [row: number, col: number, endRow: number, endCol: number];

export interface FileCoverage {
  readonly covered: readonly CoverageSpan[];
  readonly notCovered: readonly CoverageSpan[];
  readonly rules: readonly RulePlace[];
}

/** Where a rule stands. */
export interface RulePlace {
  /** Package and rule: `policy.production.deny`. */
  readonly rule: string;
  /** METADATA custom.id. */
  readonly id?: string;
  readonly file: string;
  readonly row: number;
  readonly endRow: number;
}

export interface BuiltinInfo {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly result: string;
  /** Compiled into the policy module; the others are left to the host. */
  readonly native: boolean;
  readonly deprecated: boolean;
  readonly nondeterministic: boolean;
}
