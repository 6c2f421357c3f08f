import type { DecisionEffect, JsonObject, Parameter } from '../../engine/contract.ts';
import type { WrittenCatalogue } from '../catalogue/types.ts';

/** A case file as cases.schema.json describes it; the schema says what each key means. */
export interface CaseFile extends Context {
  readonly policies?: string | readonly string[];
  readonly subjects?: Readonly<Record<string, string | JsonObject>>;
  readonly resources?: Readonly<Record<string, string | JsonObject>>;
  readonly cases?: readonly Case[];
  readonly matrices?: readonly Matrix[];
}

/** What surrounds a statement; what stands nearer to it comes first. */
export interface Context {
  readonly dialect?: string;
  readonly subject?: string | JsonObject;
  readonly resource?: string | JsonObject;
  readonly session?: JsonObject;
  readonly client?: JsonObject;
  readonly now?: string;
  readonly settings?: JsonObject;
  /** A file, or the catalogue itself. */
  readonly catalogue?: string | WrittenCatalogue;
}

export interface Case extends Context {
  readonly name?: string;
  readonly skip?: string;
  readonly stage?: 'session' | 'command';
  readonly statement?: string;
  readonly parameters?: readonly GivenParameter[];
  readonly expect?: GivenExpectation;
  readonly steps?: readonly Step[];
}

export interface Step {
  readonly statement: string;
  readonly expect: GivenExpectation;
  readonly session?: JsonObject;
  readonly now?: string;
  readonly settings?: JsonObject;
  readonly parameters?: readonly GivenParameter[];
}

export interface Matrix extends Omit<Context, 'subject'> {
  readonly name: string;
  readonly skip?: string;
  readonly subjects: readonly string[];
  readonly statements: Readonly<Record<string, readonly GivenExpectation[]>>;
}

export type GivenParameter = Parameter | string | number | null;

/** `deny only A B`, or the long form. */
export type GivenExpectation = string | Expectation;

export interface Expectation extends CommandExpectation {
  readonly effect: DecisionEffect;
  /** One for each command of the statement. */
  readonly commands?: readonly CommandExpectation[];
}

export interface CommandExpectation {
  readonly effect?: DecisionEffect;
  readonly rules?: readonly string[];
  readonly rules_exactly?: readonly string[];
  readonly message?: string | readonly string[];
  readonly obligations?: readonly JsonObject[];
  readonly obligations_exactly?: readonly JsonObject[];
  readonly masks?: Readonly<Record<string, string | null>>;
  readonly unmasked?: readonly string[];
  readonly columns?: ExpectedColumns;
  readonly command?: JsonObject;
}

/** By name; or all of them in order, an object of one key each. */
export type ExpectedColumns =
  Readonly<Record<string, ExpectedColumn>> | readonly Readonly<Record<string, ExpectedColumn>>[];

/** How it is masked, or `shown`. */
export type ExpectedColumn = string | null | ColumnExpectation;

export interface ColumnExpectation {
  readonly mask?: string | null;
  readonly provenance?: string;
  readonly labels?: readonly string[];
  readonly type?: string;
}
