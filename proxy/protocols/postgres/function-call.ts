import type { Command, Parameter } from '../../../engine/contract.ts';
import type { ParseResult } from '../../../engine/dialect.ts';
import { FieldReader } from './bytes.ts';
import { readParameters } from './parameters.ts';

/** A FunctionCall message, which names its function by OID. */
export interface FunctionCall {
  readonly oid: number;
  readonly parameters: readonly Parameter[];
}

/** Reads the body of a FunctionCall; `undefined` if it is malformed. */
export function readFunctionCall(bytes: Buffer, start: number, end: number): FunctionCall | undefined {
  const fields = new FieldReader(bytes, start, end);
  const oid = fields.int32() >>> 0;
  const parameters = readParameters(fields);
  fields.uint16(); // format of the result
  return fields.complete ? { oid, parameters } : undefined;
}

/**
 * The functions that clients call this way: libpq's large-object interface (fe-lobj.c). Their OIDs are fixed
 * (pg_proc.dat), and lower than any that a user's function can have.
 */
const LARGE_OBJECT_FUNCTIONS = new Map([
  [715, 'lo_create'],
  [764, 'lo_import'],
  [765, 'lo_export'],
  [767, 'lo_import'],
  [952, 'lo_open'],
  [953, 'lo_close'],
  [954, 'loread'],
  [955, 'lowrite'],
  [956, 'lo_lseek'],
  [957, 'lo_creat'],
  [958, 'lo_tell'],
  [964, 'lo_unlink'],
  [1004, 'lo_truncate'],
  [3170, 'lo_lseek64'],
  [3171, 'lo_tell64'],
  [3172, 'lo_truncate64'],
]);

/** The SELECT that calls the same function, for the dialect to judge; `undefined` for a function nobody vouches for. */
export function functionCallText({ oid, parameters }: FunctionCall): string | undefined {
  const name = LARGE_OBJECT_FUNCTIONS.get(oid);
  if (name === undefined) return undefined;
  return `SELECT pg_catalog.${name}(${parameters.map((_, index) => `$${index + 1}`).join(', ')})`;
}

/** What stands for a call of an unknown function where it is recorded. */
export function incompleteCall(dialect: string, { oid }: FunctionCall): ParseResult {
  const text = `FunctionCall ${oid}`;
  const command: Command = {
    dialect,
    verb: 'execute',
    effects: ['execute', 'unknown'],
    targets: [],
    functions: [{ path: [`oid ${oid}`], category: 'unknown', known: false }],
    complete: false,
    reasons: ['unknown_function'],
    fingerprint: `${dialect}:function_call:${oid}`,
    text,
    span: { start: 0, end: text.length },
    secrets: [],
    attributes: {},
  };
  return { complete: false, commands: [command], diagnostics: [] };
}
