import type { Command, DecisionEffect, Obligation, Reason } from '../../engine/contract.ts';
import { differences, show } from '../../engine/differences.ts';
import type { MaskedColumn } from '../masking/mask-outcome.ts';
import { compareColumns } from './compare-columns.ts';
import { expectedCommand, expectedObligation } from './expectation.ts';
import type { CommandExpectation, Expectation } from './types.ts';

/** What became of a statement or of one of its commands. */
export interface Verdict {
  readonly effect: DecisionEffect;
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
}

export interface JudgedCommand extends Verdict {
  readonly command: Command;
  /** Of its result, as they reach the client; absent where values were not followed. */
  readonly columns?: readonly MaskedColumn[];
}

export interface JudgedStatement extends Verdict {
  readonly commands: readonly JudgedCommand[];
}

/** Reasons that speak of a fault in the policy, not of the statement. A denial for their sake proves nothing. */
const faults = new Set(['sallyport.error', 'sallyport.malformed_entry']);

/**
 * Compares a decision with what a case expects.
 *
 * @returns what differs, one line each; empty when nothing does
 */
export function compareStatement(expected: Expectation, actual: JudgedStatement): string[] {
  const { command, commands, columns, ...whole } = expected;
  const lines = compareVerdict(whole, actual, '');
  const [only, ...others] = actual.commands;
  for (const [key, one] of Object.entries({ command, columns })) {
    if (one === undefined) continue;
    if (only === undefined || others.length > 0) {
      lines.push(`${key}: the statement holds ${actual.commands.length} commands; say \`commands\` for each of them`);
    } else if (key === 'command') lines.push(...compareCommand(command, only.command, ''));
  }
  if (columns !== undefined && only !== undefined && others.length === 0) {
    lines.push(...compareColumns(columns, only.columns, ''));
  }
  if (commands === undefined) return lines;
  if (commands.length !== actual.commands.length) {
    lines.push(`commands: expected ${commands.length}, found ${actual.commands.length}`);
  }
  for (const [index, one] of commands.entries()) {
    const judged = actual.commands[index];
    if (judged === undefined) break;
    const place = `commands[${index}].`;
    lines.push(...compareVerdict(one, judged, place));
    if (one.command !== undefined) lines.push(...compareCommand(one.command, judged.command, place));
    if (one.columns !== undefined) lines.push(...compareColumns(one.columns, judged.columns, place));
  }
  return lines;
}

/** Errors of the engine and malformed entries that the expectation does not name: the case then fails whatever else holds. */
export function unexpectedFaults(expected: Expectation, actual: JudgedStatement): Reason[] {
  const all: readonly CommandExpectation[] = [expected, ...(expected.commands ?? [])];
  const named = new Set(all.flatMap(({ rules = [], rules_exactly = [] }) => [...rules, ...rules_exactly]));
  const reasons = [actual, ...actual.commands].flatMap((one) => one.reasons);
  const found = reasons.filter(({ rule }) => faults.has(rule) && !named.has(rule));
  return [...new Map(found.map((reason) => [reason.message, reason])).values()];
}

function compareVerdict(expected: CommandExpectation, actual: Verdict, place: string): string[] {
  const lines: string[] = [];
  const say = (key: string, message: string): void => {
    lines.push(`${place}${key}: ${message}`);
  };
  const { effect, rules = [], rules_exactly: exactly, message = [], unmasked = [] } = expected;
  if (effect !== undefined && effect !== actual.effect) say('effect', `expected ${effect}, found ${actual.effect}`);

  const found = [...new Set(actual.reasons.map(({ rule }) => rule))].sort();
  const missing = [...rules, ...(exactly ?? [])].filter((rule) => !found.includes(rule));
  for (const rule of missing) say('rules', `${rule} is not among ${list(found)}`);
  if (exactly !== undefined) {
    for (const rule of found) if (!exactly.includes(rule)) say('rules_exactly', `${rule} is not expected`);
  }
  const messages = actual.reasons.map((reason) => reason.message);
  for (const part of typeof message === 'string' ? [message] : message) {
    if (!messages.some((one) => one.includes(part))) say('message', `${show(part)} is in none of ${show(messages)}`);
  }
  lines.push(...compareObligations(expected, actual.obligations, place));

  const masked = masksOf(actual.obligations);
  for (const [name, how] of Object.entries(expected.masks ?? {})) {
    const ways = masked.get(name);
    if (ways === undefined) say('masks', `${name} is not masked; masked: ${list([...masked.keys()].sort())}`);
    else if (!ways.includes(how ?? 'null')) say('masks', `${name}: expected ${how ?? 'null'}, found ${list(ways)}`);
  }
  for (const name of unmasked) {
    const ways = masked.get(name);
    if (ways !== undefined) say('unmasked', `${name} is masked: ${list(ways)}`);
  }
  return lines;
}

function compareObligations(expected: CommandExpectation, actual: readonly Obligation[], place: string): string[] {
  const { obligations = [], obligations_exactly: exactly } = expected;
  const lines = obligations
    .filter((given) => !actual.some((one) => differences(expectedObligation(given), one).length === 0))
    .map((given) => `${place}obligations: ${show(given)} is not among ${show(actual)}`);
  if (exactly === undefined) return lines;
  const left = [...actual];
  for (const given of exactly) {
    const wanted = expectedObligation(given);
    const index = left.findIndex((one) => differences(wanted, one).length === 0);
    if (index >= 0) left.splice(index, 1);
    else lines.push(`${place}obligations_exactly: ${show(given)} is not among ${show(actual)}`);
  }
  return [...lines, ...left.map((one) => `${place}obligations_exactly: ${show(one)} is not expected`)];
}

/** How each name that a mask speaks of is masked. */
function masksOf(obligations: readonly Obligation[]): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>();
  for (const obligation of obligations) {
    if (obligation.kind !== 'mask') continue;
    for (const key of ['columns', 'labels', 'detect']) {
      const names = obligation[key];
      if (!Array.isArray(names)) continue;
      for (const name of names) {
        ways.set(String(name), [...new Set([...(ways.get(String(name)) ?? []), String(obligation['with'])])]);
      }
    }
  }
  return ways;
}

function compareCommand(expected: unknown, actual: Command, place: string): string[] {
  return differences(expectedCommand(expected), actual, `${place}command`);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
