import type { Command, Diagnostic, JsonObject } from './contract.ts';
import type { FollowLineage } from './lineage.ts';

/** A JSON Schema (draft 2020-12) as a plain object. */
export type JsonSchema = JsonObject;

/** Raw text as it arrived, with the session settings that change its meaning. */
export interface Statement {
  readonly text: string;
  /** Described by the dialect's `settingsSchema`; absent means the target's defaults. */
  readonly settings?: Readonly<JsonObject>;
}

/** What a dialect makes of a statement. */
export interface ParseResult {
  /** True when every command is complete and nothing of the text was left out. */
  readonly complete: boolean;
  /** In the order of the text, outer ones before what stands inside them. Empty only for a statement that does nothing (white space, comments, `;`). */
  readonly commands: readonly Command[];
  /** Syntax errors and warnings, with spans into the statement's text. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * A pure parser from statements to commands. `parse` is total, synchronous and free of I/O: it never throws, and what
 * it does not understand it gives back as a command with `complete: false` and the reason.
 */
export interface Dialect {
  readonly apiVersion: 1;
  /** Lower case; stands in `command.dialect`. */
  readonly name: string;
  /** Describes `command.attributes`. Closed objects make a typo in a policy a compile error. */
  readonly attributesSchema: JsonSchema;
  /** Dialects whose commands may stand among its own: of SQL inside a shell's text. */
  readonly nested?: readonly Dialect[];
  /** Describes `statement.settings`. */
  readonly settingsSchema?: JsonSchema;
  parse(statement: Statement): ParseResult;
  /** Absent: the dialect cannot tell where values come from, so that a mask on columns or labels denies. */
  readonly lineage?: FollowLineage;
}
