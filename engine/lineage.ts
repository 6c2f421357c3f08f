import type { Catalogue } from './catalogue.ts';
import type { ParseResult, Statement } from './dialect.ts';

/** A column of the target's that a value comes from. */
export interface ColumnSource {
  /** Qualified: schema, relation, column. */
  readonly path: readonly [schema: string, relation: string, column: string];
  /** Sorted. */
  readonly labels: readonly string[];
  /** Qualified names that it had before. */
  readonly formerNames?: readonly (readonly string[])[];
}

/** What RowDescription says of where a column comes from. */
export interface ColumnOrigin {
  /** OID. */
  readonly relation: number;
  readonly attribute: number;
  /** It may as well say that the column comes from none: a cast to a length changes a value or is left out. */
  readonly uncertain?: boolean;
}

/**
 * One column of a result. `direct`: the value of one column as it is. `derived`: computed, from nothing but `sources`
 * (of none, where there are none: a constant, count(*)). `unknown`: nobody knows, so anything may be in it; what is
 * known stands in `sources` all the same.
 */
export interface OutputColumn {
  /** As the target will name it; '' where the text does not tell. */
  readonly name: string;
  readonly kind: 'direct' | 'derived' | 'unknown';
  /** Columns that the value depends on: those that it is made of, and those that decide which value it is. */
  readonly sources: readonly ColumnSource[];
  /** Where RowDescription must say that it comes from; absent: it must not name a column of any relation with labels. */
  readonly origin?: ColumnOrigin;
  /** The type's name, '' where only the target knows. */
  readonly type: string;
  /** Why it is unknown: unknown_relation, unknown_function, dynamic_sql, too_deep, … */
  readonly reason?: string;
}

/** Columns of a result in order, or why even their number is unknown. */
export type OutputColumns = readonly OutputColumn[] | { readonly unknown: string };

/** A place that values flow into, other than the command's own result. */
export interface Flow {
  /**
   * `relation`: rows of a table. `temporary`: rows of a temporary table, which only this session sees. `setting`, `channel`, `file`,
   * `program`, `server` (dblink, large objects, …): places out of sight.
   */
  readonly into: 'relation' | 'temporary' | 'setting' | 'channel' | 'file' | 'program' | 'server';
  /** Schema and relation, or the place's name where there is one. */
  readonly path: readonly string[];
  /** By name, what flows into each column of a relation; one unnamed for other places. */
  readonly columns: readonly OutputColumn[];
  /** The command makes the relation (CREATE TABLE AS, SELECT INTO), so `columns` are all that it has. */
  readonly creates: boolean;
}

/** Of COPY … TO STDOUT: how its rows are written (PostgreSQL manual, COPY). */
export interface CopyFormat {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly null: string;
  readonly quote: string;
  readonly escape: string;
  readonly header: boolean;
}

/** Where the values come from that a command returns, keeps, or may quote in an error. */
export interface CommandLineage {
  /** What its rows hold; empty: it returns none. */
  readonly columns: OutputColumns;
  readonly copy?: CopyFormat;
  readonly flows: readonly Flow[];
  /** Columns of rows that it may touch, which the target's errors and notices may quote (`Failing row contains (…)`). */
  readonly exposed: readonly ColumnSource[] | { readonly unknown: string };
  /** Of DECLARE: the cursor that gives `cursor.columns` when it is fetched from. */
  readonly cursor?: { readonly name: string; readonly columns: OutputColumns };
}

/** What a dialect must know of the session to follow values. */
export interface LineageContext {
  readonly catalogue: Catalogue;
  /** The effective schemas in order, where the session has set them; else the catalogue's. */
  readonly searchPath?: readonly string[];
  /** Cursors and portals that are open, or may be. */
  readonly cursors: ReadonlyMap<string, OutputColumns>;
  /** Temporary relations that the session has made or filled, by name: what their columns hold. They hide all others. */
  readonly temporary: ReadonlyMap<string, readonly OutputColumn[]>;
}

export interface StatementLineage {
  /** The statement's commands, the columns of their attributes resolved and labelled by the catalogue. */
  readonly parsed: ParseResult;
  /** By index of the command. */
  readonly commands: readonly CommandLineage[];
}

/** Follows values from the target's columns through a statement. Total, synchronous and pure, like `Dialect.parse`. */
export type FollowLineage = (statement: Statement, context: LineageContext) => StatementLineage;
