import type { Condition, ExplainedRule } from '../../engine/compiler/explanation.ts';
import type { Decision, Input } from '../../engine/contract.ts';
import { isObject } from '../../engine/is-object.ts';
import type { RuleExplanation, Verdict } from './explanation.ts';

/** How many rules that nearly fired are listed. */
const NEAREST = 5;

const order = ['deny', 'review', 'allow', 'mask', 'limit', 'settings', 'notify', 'record', 'terminate', 'quarantine'];

export interface JudgedRules {
  readonly rules: readonly RuleExplanation[];
  readonly unlisted: Readonly<Record<string, number>>;
}

/** Tells the part that each rule had in a decision, and picks those worth showing; see Explanation for the words. */
export function judgeRules(
  rules: readonly ExplainedRule[],
  input: Input,
  decision: Pick<Decision, 'effect' | 'reasons'>,
  all: boolean,
): JudgedRules {
  const fewest = fewestObstacles(rules, decision);
  const judged = rules.map((rule) => explain(rule, verdictOf(rule, input, decision, fewest)));
  // Where nothing admits a command, what could admit it comes before what else could refuse it.
  const wanting = denies(decision.reasons, 'sallyport.no_allow') || denies(decision.reasons, 'sallyport.incomplete');
  const later = (rule: RuleExplanation): number => (wanting && !admits(rule) ? 1 : 0);
  const sorted = judged.sort(
    (a, b) => rank(a) - rank(b) || later(a) - later(b) || share(b) - share(a) || compareRules(a, b),
  );
  if (all) return { rules: sorted, unlisted: {} };
  let near = 0;
  const listed = sorted.filter(({ verdict }) => verdict !== 'far' && (verdict !== 'near' || ++near <= NEAREST));
  return { rules: listed, unlisted: countByRule(sorted.filter((rule) => !listed.includes(rule))) };
}

function verdictOf(
  rule: ExplainedRule,
  input: Input,
  { effect, reasons }: Pick<Decision, 'effect' | 'reasons'>,
  fewest: number,
): Verdict {
  if (rule.error !== undefined) return 'error';
  if (rule.fired) {
    if (rule.rule !== 'allow' && rule.rule !== 'review') return 'decides';
    if (!admitted(rule, input)) return 'not_admitted';
    return rule.rule === effect ? 'decides' : 'overruled';
  }
  const obstacles = obstaclesOf(rule);
  if (obstacles === 1 && heldOf(rule) > 0) return 'near';
  if (!admits(rule)) return 'far';
  if (denies(reasons, 'sallyport.no_allow') && obstacles === fewest) return 'near';
  return rule.accepts && isIncomplete(input) ? 'near' : 'far';
}

/** Of the rules that could have let the command through: how many conditions the nearest of them lacks. */
function fewestObstacles(rules: readonly ExplainedRule[], { reasons }: Pick<Decision, 'reasons'>): number {
  if (!denies(reasons, 'sallyport.no_allow')) return 0;
  return Math.min(...rules.filter((rule) => admits(rule) && !rule.fired).map(obstaclesOf));
}

function denies(reasons: Decision['reasons'], rule: string): boolean {
  return reasons.some((reason) => reason.rule === rule);
}

function admits({ rule }: Pick<ExplainedRule, 'rule'>): boolean {
  return rule === 'allow' || rule === 'review';
}

/** As decision.rego's `admitted`: of several entries one is enough. */
function admitted({ entries }: ExplainedRule, input: Input): boolean {
  if (!isIncomplete(input)) return true;
  return entries.some(({ value }) => isObject(value) && value['accept'] === 'incomplete');
}

/** As decision.rego's `complete`. */
export function isIncomplete({ stage, command }: Pick<Input, 'stage' | 'command'>): boolean {
  return stage === 'command' && command?.complete !== true;
}

/** What stands between a rule and firing. A binding counts where it found no value at all. */
function obstaclesOf({ conditions }: ExplainedRule): number {
  return conditions.filter(({ state }) => state !== 'held').length;
}

function heldOf({ conditions }: ExplainedRule): number {
  return conditions.filter((condition) => tests(condition) && condition.state === 'held').length;
}

function tests({ binding, state }: Condition): boolean {
  return !binding || state !== 'held';
}

function explain(rule: ExplainedRule, verdict: Verdict): RuleExplanation {
  const { id, title, severity, error, fired: _fired, ...rest } = rule;
  return {
    verdict,
    ...rest,
    ...(id === undefined ? {} : { id }),
    ...(title === undefined ? {} : { title }),
    ...(severity === undefined ? {} : { severity }),
    ...(error === undefined ? {} : { error }),
    held: heldOf(rule),
    of: rule.conditions.filter(tests).length,
  };
}

function rank({ verdict }: RuleExplanation): number {
  return ['error', 'decides', 'not_admitted', 'overruled', 'near', 'far'].indexOf(verdict);
}

function share({ verdict, held, of }: RuleExplanation): number {
  return verdict === 'near' || verdict === 'far' ? held / Math.max(1, of) : 0;
}

function compareRules(a: RuleExplanation, b: RuleExplanation): number {
  const byEffect = order.indexOf(a.rule) - order.indexOf(b.rule);
  return byEffect || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.row - b.row;
}

function countByRule(rules: readonly RuleExplanation[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { rule } of [...rules].sort(compareRules)) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}
