import type { Condition, QuotedValue } from '../../engine/compiler/explanation.ts';
import type { Command, Decision, Diagnostic, Input } from '../../engine/contract.ts';
import type { MaskOutcome } from '../masking/mask-outcome.ts';
import type { StatementDecision } from '../../engine/statement-decision.ts';

/**
 * What `sallyport explain --format json` prints. Members may be added; those that are here keep their meaning.
 *
 * A rule that did not fire **nearly fired** when exactly one of its conditions failed and at least one other held.
 * Bindings (`some x in xs`, `x := …`) are no conditions: they say of what, not whether. Whether a condition held is found
 * by leaving out those that failed, one after the other, so a rule of three conditions of which only the first failed is
 * told from one of which none held. Besides, where nothing allows a command, the allow and review rules with the fewest
 * failed conditions count as near, and where a command is incomplete, so do those that accept incomplete ones.
 */
export interface Explanation {
  readonly source: ExplainedSource;
  /** The places of the policies, as they were given. */
  readonly policies: readonly string[];
  readonly revision: string;
  /** Whether the dialect vouches for the whole statement. */
  readonly complete: boolean;
  /** The decisions on all commands as a gateway combines them. */
  readonly decision: StatementDecision;
  readonly commands: readonly ExplainedCommand[];
  /** Syntax errors of the statement, damage of the recording, warnings of the compiler. */
  readonly diagnostics: readonly Diagnostic[];
}

export type ExplainedSource =
  | { readonly kind: 'statement'; readonly dialect: string; readonly text: string }
  | { readonly kind: 'input' }
  | {
      readonly kind: 'recording';
      readonly file: string;
      /** Line of the command's event, or of a session's decision, from 1. */
      readonly row: number;
      readonly seq: number;
      readonly session: string;
      /** The recorded text was parsed again; otherwise the recorded command is explained as it is. */
      readonly reparsed: boolean;
      /** What the gateway decided then; absent where the recording ends before. */
      readonly decision?: Decision;
    };

export interface ExplainedCommand {
  readonly stage: Input['stage'];
  /** Absent for an input without one: a session that opens. */
  readonly command?: Command;
  /** The WASM engine's: what a gateway with these policies does. */
  readonly decision: Omit<Decision, 'id'>;
  /**
   * The result's columns and how they are masked, where values were followed (--catalogue) or are recorded; what is only
   * recorded does not tell of masks on columns that have another name in the result.
   */
  readonly masking?: MaskOutcome;
  readonly evaluators: Agreement;
  /** Those that fired, then those that nearly did, the nearest first (at most five); with --all every rule. */
  readonly rules: readonly RuleExplanation[];
  /** How many rules are not listed, by effect rule: `{"deny": 12}`. */
  readonly unlisted: Readonly<Record<string, number>>;
}

/** Whether OPA's own evaluator, which says what each rule made of the input, comes to the engine's decision. */
export type Agreement =
  | { readonly agree: true }
  /** A fault of Sallyport's. `opa` is what OPA decided, or why it did not. */
  | { readonly agree: false; readonly opa: unknown }
  /** Nothing to compare: the engine denied because of a fault or a limit (`sallyport.error`), or rules are missing. */
  | { readonly agree: null; readonly opa: unknown };

/**
 * - `decides`: it fired and its word is part of the decision
 * - `overruled`: it fired, and a stronger effect decides
 * - `not_admitted`: it fired for an incomplete command, which it does not accept
 * - `near`, `far`: it did not fire; see Explanation
 * - `error`: it could not be evaluated
 */
export type Verdict = 'decides' | 'overruled' | 'not_admitted' | 'near' | 'far' | 'error';

export interface RuleExplanation {
  readonly verdict: Verdict;
  /** `policy.production` */
  readonly package: string;
  /** `allow`, `deny`, `review`, `mask`, `limit`, `settings`, `notify`, `record`, `terminate` or `quarantine` */
  readonly rule: string;
  /** As it is written: `deny contains "no drops"`. */
  readonly head: string;
  /** From its METADATA. */
  readonly id?: string;
  readonly title?: string;
  readonly severity?: string;
  /** As an editor opens it, from the working directory. */
  readonly file: string;
  readonly row: number;
  readonly end_row: number;
  /** Conditions that held, and all of them; bindings do not count. */
  readonly held: number;
  readonly of: number;
  /** What it gave: at most 20 entries of `given`. */
  readonly entries: readonly QuotedValue[];
  readonly given: number;
  /** Whether its entry says `"accept": "incomplete"`. */
  readonly accepts: boolean;
  readonly conditions: readonly Condition[];
  readonly error?: string;
}
