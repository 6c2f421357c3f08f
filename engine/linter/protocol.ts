import type { InputFacts } from './input-facts.ts';

/** What is the same for every request of a run. */
export interface LintSettings {
  /** The text of the user's .regal/config.yaml. */
  readonly config?: string;
  /** The user's own rules (packages `custom.regal.rules.<category>.<rule>`): text by name. */
  readonly rules?: Readonly<Record<string, string>>;
  /** policies/lib: its names are known to rules as `data.sallyport.library`. */
  readonly library?: Readonly<Record<string, string>>;
  /** Known to rules as `data.sallyport`. */
  readonly data?: InputFacts;
  /** What stands below the configuration, in its form, instead of Sallyport's defaults; empty: Regal's own. */
  readonly defaults?: string;
  /** Regal's flags: they stand above the configuration. */
  readonly disable?: readonly string[];
  readonly disable_all?: boolean;
  readonly disable_categories?: readonly string[];
  readonly enable?: readonly string[];
  readonly enable_all?: boolean;
  readonly enable_categories?: readonly string[];
  readonly ignore_files?: readonly string[];
}

/** A finding, as Regal gives it. */
export interface Violation {
  readonly category: string;
  /** The rule's name within its category. */
  readonly title: string;
  readonly description: string;
  readonly level: 'error' | 'warning' | 'ignore';
  readonly location: {
    readonly file: string;
    /** Rows and columns count from 1; 0 where a finding has no place. */
    readonly row: number;
    readonly col: number;
    /** The place behind the last character. */
    readonly end?: { readonly row: number; readonly col: number };
  };
}

/** Where a module could not be read any further. */
export interface Unparsed {
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly row: number;
  readonly col: number;
}

export interface LintResult {
  readonly violations: readonly Violation[];
  readonly unparsed: readonly Unparsed[];
  /** The modules that were linted: those that parse and are not ignored. */
  readonly linted: readonly string[];
}

export interface LintRule {
  readonly category: string;
  readonly name: string;
  readonly description: string;
  /** A page of its own on the web; Sallyport's own rules have theirs beside them in policies/lint. */
  readonly url?: string;
  /** In force with the settings of the request. */
  readonly level: 'error' | 'warning' | 'ignore';
  /** Whether it comes with Regal. */
  readonly regal: boolean;
}

export interface LintRuleTest {
  readonly package: string;
  readonly name: string;
  readonly file: string;
  readonly row: number;
  readonly passed: boolean;
  readonly message?: string;
  readonly output?: string;
}

/** What one request about some of the modules gives; the rest is for `aggregate`. */
export interface LintPart extends LintResult {
  readonly aggregates: Readonly<Record<string, readonly object[]>>;
  readonly ignore_directives: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Why there is no answer. `config` and `rules` are the user's to mend. */
export interface LintFailure {
  readonly kind: 'config' | 'rules' | 'failed' | 'panic';
  readonly message: string;
  readonly detail?: string;
}
