import type { Effect } from '../../../../engine/contract.ts';
import type { PostgresParser } from '../parser.ts';

/** What is known of a function that the catalogue or the configuration names. */
export interface FunctionFacts {
  /** As it is given to policies: built-in functions are `["pg_catalog", name]` however they were written. */
  readonly path: readonly string[];
  readonly category: string;
  readonly volatility?: 'immutable' | 'stable' | 'volatile';
  readonly effects: readonly Effect[];
}

/** Everything that mapping needs from outside; made once for a dialect. */
export interface Services {
  readonly parser: PostgresParser;
  lookupFunction(path: readonly string[], argumentCount?: number): FunctionFacts | undefined;
  isOperator(path: readonly string[]): boolean;
  /** Whether PostgreSQL ships a type of this name. */
  isType(path: readonly string[]): boolean;
  /** Whether a table or view of this name ships in pg_catalog. */
  isCatalogRelation(name: string): boolean;
}

/** Statement.settings, read and checked. */
export interface Settings {
  /** False where a schema stands before pg_catalog explicitly, so that unqualified names may mean anything. */
  readonly catalogFirst: boolean;
  readonly prepared: ReadonlyMap<string, string>;
}
