import type { CompilerSources } from './protocol.ts';

/** What the compiler's `explain` is asked, and what it answers. */
export interface ExplainRequest extends CompilerSources {
  readonly cases: readonly {
    readonly input: unknown;
    /** Nanoseconds since the epoch, in decimal, for time.now_ns. */
    readonly now: string;
  }[];
  /** The modules come out of a bundle, from which OPA took its entrypoints' rules: imports may be left without a use. */
  readonly lenient?: boolean;
}

export interface ExplainResult {
  /** In the order of the cases. */
  readonly explanations: readonly Explained[];
}

export interface Explained {
  /** What OPA's own evaluator gives for `data.sallyport.decision`; null where it gives nothing. */
  readonly decision: unknown;
  /** Why it gives nothing. */
  readonly error?: string;
  /** Every effect rule of every package under `policy`, by module and row. */
  readonly rules: readonly ExplainedRule[];
}

/** An effect rule, evaluated by itself: no index, no early exit and no other rule stands between. */
export interface ExplainedRule {
  /** `policy.production` */
  readonly package: string;
  /** `allow`, `deny`, … */
  readonly rule: string;
  /** As it is written: `deny contains "no drops"`. */
  readonly head: string;
  /** METADATA custom.id, title and custom.severity. */
  readonly id?: string;
  readonly title?: string;
  readonly severity?: string;
  readonly file: string;
  readonly row: number;
  readonly end_row: number;
  readonly fired: boolean;
  /** Its entry says `"accept": "incomplete"`, as it is written. */
  readonly accepts: boolean;
  /** What it gave, 20 at most. */
  readonly entries: readonly QuotedValue[];
  /** How many entries it gave. */
  readonly given: number;
  /** The expressions of its body, in the order of the source. */
  readonly conditions: readonly Condition[];
  /** Why it could not be evaluated. */
  readonly error?: string;
}

export interface Condition {
  /** As it is written, on one line. */
  readonly text: string;
  readonly file: string;
  readonly row: number;
  readonly col: number;
  /** Gives names to values (`some x in xs`, `x := …`) and tests nothing, but that there is a value. */
  readonly binding: boolean;
  /**
   * held: it is true, together with all others that held. failed: it is what stands in the way, or one of several that
   * do. unreached: it needs a value that a failed one would have given.
   */
  readonly state: 'held' | 'failed' | 'unreached';
  /** The values of its names and expressions: those it held with, or the first five different ones it failed with. */
  readonly tries: readonly { readonly values: readonly NamedValue[] }[];
  /** With how many choices of values it was tried. */
  readonly tried: number;
  /** What became of the rules and functions that it asks. */
  readonly because?: readonly Outcome[];
  /** How many more of them there are. */
  readonly more?: number;
}

/** One body of a rule or function that a condition asks, or the element for which an `every` does not hold. */
export interface Outcome {
  readonly kind: 'rule' | 'else' | 'default' | 'every';
  /** `policy.production.is_agent`; empty for an `every`. */
  readonly name: string;
  readonly file: string;
  readonly row: number;
  readonly arguments?: readonly NamedValue[];
  readonly held: boolean;
  /** What it gave, where it held and gave something else than true. */
  readonly value?: QuotedValue;
  /** Where it stopped; absent where it held, and where the arguments do not fit it. */
  readonly stopped?: Condition;
}

/** A value, or the beginning of its JSON and that JSON's length in bytes where it is long. Neither: undefined. */
export interface QuotedValue {
  readonly value?: unknown;
  readonly excerpt?: string;
  readonly length?: number;
}

export interface NamedValue extends QuotedValue {
  /** As it is written in the policy: `input.subject.kind`, `effect`, `count(xs)`. */
  readonly name: string;
}
