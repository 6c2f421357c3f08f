import type { RulePlace } from '../../engine/compiler/protocol.ts';
import type { Command, Input, Obligation, Reason } from '../../engine/contract.ts';
import { show } from '../../engine/differences.ts';
import type { Verdict } from '../cases/compare.ts';
import type { CaseOutcome, StepOutcome } from '../cases/run.ts';
import type { CaseResult } from '../reporters/report.ts';
import { explainCommand, type ExplainPlaces } from './explain-command.ts';

/** The rules of policies that held for an input; undefined: nobody asked. */
export type FiredRules = (input: Input) => readonly RulePlace[] | undefined;

/** Whether all of a case is as it is expected. */
export function hasPassed({ steps }: CaseOutcome): boolean {
  return steps.every(({ differences, faults }) => differences.length === 0 && faults.length === 0);
}

/** A case as the report shows it. */
export function caseResult(file: string, outcome: CaseOutcome, fired: FiredRules, places: ExplainPlaces): CaseResult {
  const { planned, steps, durationMs } = outcome;
  const result = { suite: file, name: planned.name, file, row: planned.row, durationMs };
  if (hasPassed(outcome)) return { ...result, status: 'passed' };
  const failed = steps.filter(({ differences, faults }) => differences.length > 0 || faults.length > 0);
  const [first] = failed;
  const faulty = failed.find(({ faults }) => faults.length > 0);
  const message = faulty?.faults[0] ?? first?.differences[0] ?? '';
  return {
    ...result,
    // A policy that fails has decided nothing: neither what is expected nor anything else.
    status: faulty === undefined ? 'failed' : 'error',
    ...(first === undefined ? {} : { row: first.step.row }),
    message,
    explanation: failed
      .flatMap((step) => {
        const number = steps.indexOf(step) + 1;
        const head = steps.length > 1 ? [`step ${number} of ${steps.length}, row ${step.step.row}`] : [];
        return [...head, ...explainStep(step, fired, places)];
      })
      // It stands above the explanation already.
      .filter((line) => line !== `- ${message}`)
      .join('\n'),
  };
}

/** The difference first, then what was judged and how, then how to ask on. */
function explainStep(outcome: StepOutcome, fired: FiredRules, places: ExplainPlaces): string[] {
  const { step, judged, inputs, differences, faults } = outcome;
  const several = judged.commands.length > 1;
  const [input] = inputs;
  return [
    ...faults.map((fault) => `- ${fault}`),
    ...differences.map((difference) => `- ${difference}`),
    `expected   ${expectedLine(step.expect)}`,
    `actual     ${judged.effect}${rulesOf(judged.reasons)}`,
    step.statement === undefined ? 'session    it opens' : `statement  ${oneLine(step.statement.text)}`,
    ...(step.statement === undefined ? [...describeDecision(judged), ...describeFired(input, fired)] : []),
    ...judged.commands.flatMap((command, index) => [
      ...(several ? [`-- command ${index + 1} of ${judged.commands.length}`] : []),
      ...describeCommand(command.command),
      ...describeDecision(command),
      ...describeFired(inputs[index], fired),
    ]),
    ...(judged.commands.length === 0 && step.statement !== undefined
      ? ['no commands: the statement does nothing']
      : []),
    ...(input === undefined ? [] : [`explain    ${explainCommand(step.statement, input, places)}`]),
  ];
}

function expectedLine({ effect, rules, rules_exactly: exactly }: StepOutcome['step']['expect']): string {
  if (exactly !== undefined) return `${effect} only ${exactly.join(' ')}`.trimEnd();
  return rules === undefined ? effect : `${effect} ${rules.join(' ')}`;
}

function rulesOf(reasons: readonly Reason[]): string {
  const rules = [...new Set(reasons.map(({ rule }) => rule))].sort();
  return rules.length === 0 ? '' : ` ${rules.join(' ')}`;
}

/** The command, without what is empty. */
function describeCommand(command: Command): string[] {
  const { verb, effects, complete, reasons, targets, functions, attributes } = command;
  const state = complete ? '' : `, incomplete: ${reasons.join(', ')}`;
  const touched = targets.map(({ access, kind, path }) => `${access} ${kind} ${path.join('.')}`);
  const called = functions.map(
    ({ path, category, known }) => `${path.join('.')} (${category}${known ? '' : ', not known'})`,
  );
  const lines: [string, string][] = [
    ['command', `${verb} [${effects.join(', ')}]${state}`],
    ['targets', shorten(touched.join('; '))],
    ['functions', shorten(called.join('; '))],
    ['attributes', Object.keys(attributes).length === 0 ? '' : show(attributes, 400)],
  ];
  return lines.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(11)}${value}`);
}

function describeDecision({ effect, reasons, obligations }: Verdict): string[] {
  const why = reasons.map(({ rule, message }) => `${rule}: ${message}`);
  return [
    `decision   ${effect} ${why[0] ?? ''}`.trimEnd(),
    ...why.slice(1).map((line) => `           ${effect} ${line}`),
    ...obligations.map((obligation: Obligation) => `owed       ${show(obligation)}`),
  ];
}

function describeFired(input: Input | undefined, fired: FiredRules): string[] {
  const rules = input === undefined ? undefined : fired(input);
  if (rules === undefined) return [];
  if (rules.length === 0) return ['fired      no rule'];
  return rules.map(({ rule, id, file, row }) => `fired      ${id === undefined ? '' : `${id} `}${rule} ${file}:${row}`);
}

function oneLine(text: string): string {
  return shorten(text.trim().replace(/\s+/g, ' '));
}

function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`;
}
