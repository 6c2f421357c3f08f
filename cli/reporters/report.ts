import type { Diagnostic } from '../../engine/contract.ts';

/**
 * What check, fmt, lint, test and replay have to say, before anybody has chosen how it is said. Each reporter shows
 * all of it in its own format; none of them knows which command it came from.
 */
export interface Report {
  readonly tool: 'check' | 'fmt' | 'lint' | 'test' | 'replay';
  /** One sentence without a full stop that stands last: "12 files checked, no findings". */
  readonly summary: string;
  /** 0: fine; 1: findings or failures; 2: could not run, or not to the end. */
  readonly exitCode: 0 | 1 | 2;
  /** The least severity of a finding that is a failure; left out: error. */
  readonly failLevel?: 'error' | 'warning';
  /** Paths that were looked at, relative to the working directory. */
  readonly files: readonly string[];
  /** By file, row and column; `file` is relative to the working directory. */
  readonly findings: readonly Diagnostic[];
  /** What stands behind the findings' codes, by code. Codes without an entry are shown bare. */
  readonly rules: Readonly<Record<string, RuleInfo>>;
  readonly cases: readonly CaseResult[];
  /** For people: coverage, transitions, timings. Shown by pretty and markdown. */
  readonly tables: readonly ReportTable[];
  /** For programs: what the json reporter adds beside the members above. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RuleInfo {
  readonly title: string;
  readonly description?: string;
  /** A page that says what, why and how to mend it. */
  readonly url?: string;
  readonly category?: string;
}

export interface CaseResult {
  /** What the case belongs to: a file, a package, a threshold. */
  readonly suite: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'error';
  readonly file?: string;
  /** From 1. */
  readonly row?: number;
  readonly durationMs?: number;
  /** Why it did not pass, in one line. */
  readonly message?: string;
  /** The same at length: several lines, plain text without colours. Reporters escape what a format cannot hold. */
  readonly explanation?: string;
  /** What the case itself printed. */
  readonly output?: string;
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** A line below the table. */
  readonly note?: string;
}
