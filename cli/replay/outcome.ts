import type { DecisionEffect, Obligation, Reason } from '../../engine/contract.ts';

/** The part of a decision that replay compares. */
export interface Ruling {
  readonly effect: DecisionEffect;
  readonly reasons: readonly Reason[];
  readonly obligations: readonly Obligation[];
}

/** A ruling, made ready to be compared with another one. */
export interface Outcome {
  readonly effect: DecisionEffect;
  /** Ids of the rules that made it, sorted, each once. */
  readonly rules: readonly string[];
  /** What is owed, one entry for each thing that can be gained or lost: `mask column email` → `partial`. */
  readonly owed: ReadonlyMap<string, string>;
  /** The engine's own word, where the evaluation failed. */
  readonly error: string | undefined;
  /** Secrets were cut out of its texts. */
  readonly redacted: boolean;
}

/** The reason of a denial that the engine gives when an evaluation fails (engine/decision.ts). */
const ERROR_RULE = 'sallyport.error';
const REDACTED = '***';
/** A message of an error may quote what was evaluated. */
const LONGEST_ERROR = 300;

export function outcomeOf({ effect, reasons, obligations }: Ruling): Outcome {
  const error = reasons.find(({ rule }) => rule === ERROR_RULE)?.message;
  const owed = new Map(obligations.flatMap(owedBy));
  return {
    effect,
    rules: [...new Set(reasons.map(({ rule }) => rule))].sort(),
    owed,
    error: error?.slice(0, LONGEST_ERROR),
    redacted: [...owed.values()].some((value) => value.includes(REDACTED)),
  };
}

function owedBy(obligation: Obligation): [what: string, value: string][] {
  const { kind, ...rest } = obligation;
  if (kind === 'mask') {
    const how = textOf(rest['with']);
    return ['columns', 'labels', 'detect'].flatMap((source) =>
      listOf(rest[source]).map((name): [string, string] => [`mask ${SINGULAR[source] ?? source} ${name}`, how]),
    );
  }
  if (kind === 'limit') return Object.entries(rest).map(([what, amount]) => [`limit ${what}`, textOf(amount)]);
  const { rule, ...value } = rest;
  return [[typeof rule === 'string' ? `${kind} ${rule}` : kind, stableText(value)]];
}

export function owesMasks({ owed }: Outcome): boolean {
  for (const what of owed.keys()) if (what.startsWith('mask ')) return true;
  return false;
}

/** The outcome without some of what is owed; the same one where nothing is left out. */
export function without(outcome: Outcome, leaveOut: (what: string) => boolean): Outcome {
  const owed = [...outcome.owed].filter(([what]) => !leaveOut(what));
  return owed.length === outcome.owed.size ? outcome : { ...outcome, owed: new Map(owed) };
}

const SINGULAR: Readonly<Record<string, string>> = { columns: 'column', labels: 'label' };

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : stableText(value);
}

/** JSON with sorted keys. */
function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** A change of what is owed, while the effect stays the same. */
export interface Obligated {
  readonly how: 'gained' | 'lost' | 'changed';
  readonly what: string;
  /** `partial → redact`, where it changed. */
  readonly values: string;
}

export interface Change {
  readonly from: DecisionEffect;
  readonly to: DecisionEffect;
  /** The rules that brought it about: those that are stricter now, or those that no longer are. */
  readonly rules: readonly string[];
  /** Only where the effect stays: what is not released owes nothing. */
  readonly obligations: readonly Obligated[];
}

const STRICTNESS = { allow: 0, review: 1, deny: 2 } as const;

/** @returns undefined where the new outcome is the old one */
export function changeBetween(before: Outcome, after: Outcome): Change | undefined {
  const { effect: from } = before;
  const { effect: to } = after;
  if (from !== to) {
    const rules = STRICTNESS[to] > STRICTNESS[from] ? after.rules : before.rules;
    return { from, to, rules, obligations: [] };
  }
  const obligations = obligationChanges(before, after);
  return obligations.length === 0 ? undefined : { from, to, rules: after.rules, obligations };
}

function obligationChanges(before: Outcome, after: Outcome): Obligated[] {
  const changes: Obligated[] = [];
  for (const [what, value] of after.owed) {
    const was = before.owed.get(what);
    if (was === undefined) changes.push({ how: 'gained', what, values: '' });
    else if (was !== value && !(before.redacted && fitsRedacted(was, value))) {
      changes.push({ how: 'changed', what, values: `${short(was)} → ${short(value)}` });
    }
  }
  for (const what of before.owed.keys()) if (!after.owed.has(what)) changes.push({ how: 'lost', what, values: '' });
  return changes;
}

/** Whether a text could be the one of which secrets were cut out before it was recorded. */
function fitsRedacted(recorded: string, now: string): boolean {
  const [first = '', ...rest] = recorded.split(REDACTED);
  const last = rest.pop();
  if (last === undefined || !now.startsWith(first)) return recorded === now;
  let at = first.length;
  for (const part of rest) {
    const found = now.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return now.length - last.length >= at && now.endsWith(last);
}

function short(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
