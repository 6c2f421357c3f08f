import type { Parameter } from '../../../engine/contract.ts';
import type { ParseResult } from '../../../engine/dialect.ts';
import type { Usage } from '../../limits/statement-limits.ts';
import type { JudgedVerdict, Moment } from './judge.ts';
import type { ResultDescription } from './result-description.ts';
import type { StatementFacts } from './statement-facts.ts';

/** When something was released: what was judged in another state or by other policies is judged again. */
export interface Release {
  readonly moment: Moment;
  readonly events: readonly number[];
  /** What its commands are held to while they run. */
  readonly limits?: NonNullable<JudgedVerdict['limits']>;
  readonly masks?: NonNullable<JudgedVerdict['masks']>;
  readonly lineage?: NonNullable<JudgedVerdict['lineage']>;
}

/** A prepared statement that the gate let the target plan. */
export interface Prepared {
  readonly text: string;
  readonly parsed: ParseResult;
  readonly facts: StatementFacts;
  release: Release;
  /** The release at Parse has not been used for an execution. */
  unused: boolean;
}

/** A prepared statement bound to its parameters, as the gate released it. */
export interface Portal {
  readonly prepared: Prepared;
  readonly parameters: readonly Parameter[];
  release: Release;
  /** What its executions have used of its limits. */
  used: Usage;
  /** Its columns, once the target has been asked for them: by the client, or by the gateway where it masks. */
  description: ResultDescription | undefined;
}
