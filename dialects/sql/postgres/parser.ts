import type { ParseResult as ParseTree } from '@pgsql/types';
import { createPool, type PoolStats } from './instance-pool.ts';
import type { Instance, RawResult } from './instance.ts';
import { nestingBound, NESTING_LIMIT } from './nesting.ts';
import { codePointsToUtf16 } from './offsets.ts';
import { hasCostlyOperatorRuns, hasCostlyStrings } from './operator-runs.ts';

/**
 * - `syntax_error`: PostgreSQL's parser refuses the text, with PostgreSQL's own message.
 * - `too_large`: more bytes than `statementBytes`, or so long a run of operator characters that lexing it would take seconds.
 * - `nul`: holds U+0000, where the parser would stop silently.
 * - `encoding`: holds a lone surrogate, which has no UTF-8 form.
 * - `too_deep`: nested beyond what the parser's stack carries.
 * - `parser_failure`: the parser itself failed.
 */
export type ParserErrorCode = 'syntax_error' | 'too_large' | 'nul' | 'encoding' | 'parser_failure' | 'too_deep';

export interface ParserError {
  readonly code: ParserErrorCode;
  readonly message: string;
  /** UTF-16 code units before the error, where a place is known. */
  readonly position?: number;
}

export type Parsed<Value> =
  { readonly ok: true; readonly tree: Value } | { readonly ok: false; readonly error: ParserError };

/** One function's tree, as libpg_query writes it: `{"PLpgSQL_function": {"datums": […], "action": …}}`. */
export type PlPgSQLTree = readonly Readonly<Record<string, unknown>>[];

export interface PostgresParser {
  /** Parses a text of any number of statements. Locations in the tree count bytes of UTF-8; see offsets.ts. */
  parse(text: string): Parsed<ParseTree>;
  /** Parses the PL/pgSQL bodies of the CREATE FUNCTION, CREATE PROCEDURE and DO statements in a text. */
  parsePlPgSQL(text: string): Parsed<PlPgSQLTree>;
  /** pg_query's fingerprint, 16 hexadecimal digits: the same for texts that differ only in literals. */
  fingerprint(text: string): Parsed<string>;
  /** For tests and metrics. */
  stats(): PoolStats;
}

export interface ParserOptions {
  /** Largest text in bytes of UTF-8; 256 KiB by default. The parser's memory and time grow with it. */
  readonly statementBytes?: number;
}

export const DEFAULT_STATEMENT_BYTES = 262_144;

/**
 * Makes a parser: PostgreSQL 18's own, compiled to WASM (libpg-query). Its methods are synchronous and never throw.
 *
 * Texts that would overflow the JavaScript stack are refused beforehand, by an estimate (nesting.ts). An instance that
 * throws all the same is given up and its spare takes over at once; another spare is made in the background. Should the spare be needed before it is ready, texts
 * are refused with `parser_failure` until it is.
 */
export async function createParser(options: ParserOptions = {}): Promise<PostgresParser> {
  const limit = options.statementBytes ?? DEFAULT_STATEMENT_BYTES;
  const pool = await createPool();

  function run<Value>(
    text: string,
    call: (current: Instance, bytes: Uint8Array) => RawResult,
    read: (value: string) => Value | undefined,
  ): Parsed<Value> {
    const encoded = encode(text, limit);
    if (!(encoded instanceof Uint8Array)) return { ok: false, error: encoded };
    // A text cannot nest deeper than it has characters.
    if (text.length > NESTING_LIMIT && nestingBound(text) > NESTING_LIMIT) return fail('too_deep', TOO_DEEP);
    if (hasCostlyOperatorRuns(text)) return fail('too_large', LONG_RUN);
    const instance = pool.current();
    if (instance === undefined) return fail('parser_failure', 'The parser is being replaced after a failure.');
    let raw: RawResult;
    try {
      raw = call(instance, encoded);
    } catch (error) {
      pool.discard();
      if (error instanceof RangeError) return fail('too_deep', TOO_DEEP);
      return fail('parser_failure', `The parser failed: ${messageOf(error)}`);
    }
    if (!raw.ok) return { ok: false, error: describe(text, raw) };
    try {
      const tree = read(raw.value);
      if (tree !== undefined) return { ok: true, tree };
      return fail('parser_failure', 'The parser gave an answer of an unknown shape.');
    } catch (error) {
      return fail('parser_failure', `The parser gave an answer that is not JSON: ${messageOf(error)}`);
    }
  }

  return {
    parse: (text) => run(text, (current, bytes) => current.parse(bytes), readTree),
    parsePlPgSQL: (text) => {
      // The body is lexed as well, and its string may spell it with escapes or in pieces.
      const costly = run(text, (current, bytes) => current.parse(bytes), hasCostlyStrings);
      if (!costly.ok) return costly;
      if (costly.tree) return fail('too_large', LONG_RUN);
      return run(text, (current, bytes) => current.parsePlPgSQL(bytes), readPlPgSQL);
    },
    fingerprint: (text) =>
      run(
        text,
        (current, bytes) => current.fingerprint(bytes),
        (value) => value,
      ),
    stats: () => pool.stats(),
  };
}

const LONG_RUN = 'The statement has too long a run of operator characters.';
const TOO_DEEP = 'The statement is nested too deeply for the parser.';
const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;

/** Null-terminated UTF-8, or why there is none. */
function encode(text: string, limit: number): Uint8Array | ParserError {
  if (text.length > limit) return tooLarge(limit);
  const nul = text.indexOf('\0');
  if (nul >= 0) return { code: 'nul', message: 'The statement holds a NUL character.', position: nul };
  const bytes = encoder.encode(`${text}\0`);
  if (bytes.length - 1 > limit) return tooLarge(limit);
  if (bytes.length - 1 !== text.length) {
    const lone = text.search(loneSurrogate);
    if (lone >= 0) return { code: 'encoding', message: 'The statement holds a lone surrogate.', position: lone };
  }
  return bytes;
}

function tooLarge(limit: number): ParserError {
  return { code: 'too_large', message: `The statement is larger than ${limit} bytes.` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fail(code: ParserErrorCode, message: string): { readonly ok: false; readonly error: ParserError } {
  return { ok: false, error: { code, message } };
}

/** Messages of PostgreSQL's own stack limit and of its grammar's (10,000 open symbols). */
const depthMessages = ['stack depth limit exceeded', 'memory exhausted'];

function describe(text: string, raw: { readonly message: string; readonly position?: number }): ParserError {
  const code = depthMessages.some((start) => raw.message.startsWith(start)) ? 'too_deep' : 'syntax_error';
  return {
    code,
    message: raw.message,
    ...(raw.position === undefined ? {} : { position: codePointsToUtf16(text, raw.position) }),
  };
}

function readTree(json: string): ParseTree | undefined {
  const value: unknown = JSON.parse(json);
  return isParseTree(value) ? value : undefined;
}

/** The rest of the shape is generated from PostgreSQL's own structs, in libpg_query and in @pgsql/types alike. */
function isParseTree(value: unknown): value is ParseTree {
  return typeof value === 'object' && value !== null && 'stmts' in value && Array.isArray(value.stmts);
}

function readPlPgSQL(json: string): PlPgSQLTree | undefined {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || !('plpgsql_funcs' in value)) return undefined;
  return isTreeList(value.plpgsql_funcs) ? value.plpgsql_funcs : undefined;
}

function isTreeList(value: unknown): value is PlPgSQLTree {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}
