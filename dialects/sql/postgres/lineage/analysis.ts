import type { Node } from '@pgsql/types';
import type { Flow, OutputColumns } from '../../../../engine/lineage.ts';
import type { Services } from '../mapping/services.ts';
import type { RelationMemo } from './memo.ts';
import type { Resolver } from './resolver.ts';
import type { CteScope, Scope } from './scope.ts';
import { CLEAN, union, type Rows, type Taint, type Value } from './taint.ts';

/** Levels of nesting of queries, expressions and bodies that are followed; real ones stay below 100. */
const MAX_DEPTH = 700;

/** Thrown where a statement is nested too deeply to follow; caught where its lineage is given out. */
export class TooDeep extends Error {}

/** The parts of the walk, which call each other: they are handed to one another here, so that no file imports in a circle. */
export interface Walk {
  evaluate(node: Node, scope: Scope, analysis: Analysis): Value;
  queryRows(node: Node | undefined, parent: Scope | undefined, ctes: CteScope | undefined, analysis: Analysis): Rows;
  changeRows(node: Node, parent: Scope | undefined, ctes: CteScope | undefined, analysis: Analysis): Rows | undefined;
}

/** One statement's analysis: what names mean, and what is gathered on the way. */
export class Analysis {
  readonly walk: Walk;
  readonly services: Services;
  readonly memo: RelationMemo;
  readonly prepared: ReadonlyMap<string, string>;
  resolver: Resolver;
  /** The session's own search_path, which functions without one of their own are run under. */
  readonly sessionPath: readonly string[];
  /** Functions whose bodies are being followed. */
  readonly calling = new Set<string>();
  /** Columns whose values are looked at, anywhere. */
  reads: Taint = CLEAN;
  /** Columns that decide which rows, groups or order there are: of the statement's own text. */
  predicates: Taint = CLEAN;
  /** Columns that SET assigns from. */
  elsewhere: Taint = CLEAN;
  /** Whole rows that errors may quote. */
  written: Taint = CLEAN;
  readonly flows: Flow[] = [];
  cursor: { readonly name: string; readonly columns: OutputColumns } | undefined;
  /** The result depends on literals, so that another text of the same template may have another. */
  readsLiterals = false;
  /** Inside a view, a function's body: not the statement's own text. */
  #inner = 0;
  #depth = 0;

  constructor(
    walk: Walk,
    services: Services,
    memo: RelationMemo,
    resolver: Resolver,
    prepared: ReadonlyMap<string, string>,
  ) {
    this.walk = walk;
    this.services = services;
    this.memo = memo;
    this.resolver = resolver;
    this.sessionPath = resolver.searchPath;
    this.prepared = prepared;
  }

  /** Notes that values are looked at. */
  read(taint: Taint): void {
    this.reads = union(this.reads, taint);
  }

  /** Notes that values decide which rows there are, and gives them back. */
  decide(taint: Taint): Taint {
    if (this.#inner === 0) this.predicates = union(this.predicates, taint);
    return taint;
  }

  /** Runs `body` one level deeper. */
  deeper<Result>(body: () => Result): Result {
    if (this.#depth >= MAX_DEPTH) throw new TooDeep();
    this.#depth++;
    try {
      return body();
    } finally {
      this.#depth--;
    }
  }

  /** Runs `body` in the text of a view or a function, whose names are looked up under its own search_path. */
  inside<Result>(searchPath: readonly string[], body: () => Result): Result {
    const outer = this.resolver;
    this.resolver = outer.under(searchPath);
    this.#inner++;
    try {
      return this.deeper(body);
    } finally {
      this.#inner--;
      this.resolver = outer;
    }
  }
}
