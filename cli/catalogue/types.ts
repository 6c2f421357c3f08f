/**
 * A target's catalogue as somebody writes it down for case files and `eval`: as much of it as the statements need. The
 * schema (cases.schema.json, Catalogue) says what each key means.
 */
export interface WrittenCatalogue {
  readonly search_path?: readonly string[];
  /** By name, with its schema or without; columns by name, in order. */
  readonly tables?: Readonly<Record<string, Readonly<Record<string, WrittenColumn>>>>;
  readonly views?: Readonly<Record<string, WrittenView>>;
  readonly functions?: Readonly<Record<string, WrittenFunction>>;
}

/** A type, or more. */
export type WrittenColumn = string | FullColumn;

export interface FullColumn {
  readonly type: string;
  readonly labels?: readonly string[];
  readonly generated?: string;
}

/** A SELECT, or one with its columns. */
export type WrittenView = string | FullView;

export interface FullView {
  readonly definition: string;
  readonly columns?: Readonly<Record<string, WrittenColumn>>;
}

export interface WrittenFunction {
  readonly arguments?: readonly string[];
  readonly returns: string;
  readonly set?: boolean;
  readonly language?: string;
  readonly volatility?: 'immutable' | 'stable' | 'volatile';
  readonly source?: string;
}
