import { readdirSync, readFileSync } from 'node:fs';
import { hostBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { type BuiltinContext, BuiltinError, isArray } from '../../../engine/builtins/value.ts';
import { parseValue, printValue } from '../../../engine/builtins/value-text.ts';

/** A call in Rego, and what OPA prints for its value; null when it is undefined. */
export type Case = readonly [call: string, value: string | null];

export const context: BuiltinContext = {
  now: 1_700_000_000_000_000_000n,
  charge: () => undefined,
  fuel: () => 50_000_000,
};

const folder = new URL('./cases/', import.meta.url);

function isCase(value: unknown): value is Case {
  return Array.isArray(value) && typeof value[0] === 'string' && (value[1] === null || typeof value[1] === 'string');
}

export function families(): { family: string; cases: Case[] }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.generated.json'))
    .map((name) => {
      const rows: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      if (!Array.isArray(rows) || !rows.every(isCase)) throw new Error(`${name} is not a list of cases`);
      return { family: name.replace('.generated.json', ''), cases: rows };
    });
}

/** What the host builtin answers to a call, printed as OPA prints it; null when it is undefined. */
export function answer(call: string, calls: BuiltinContext = context): string | null {
  const open = call.indexOf('(');
  const builtin = hostBuiltins.get(call.slice(0, open));
  const operands = parseValue(`[${call.slice(open + 1, -1)}]`);
  if (!builtin || !isArray(operands)) throw new Error(`${call} is no call of a host builtin`);
  try {
    const value = builtin(operands, calls);
    return value === undefined ? null : printValue(value);
  } catch (error) {
    if (error instanceof BuiltinError) return null;
    throw error;
  }
}
