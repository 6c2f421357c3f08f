import type { Input } from '../../engine/contract.ts';
import { combineDecisions } from '../../engine/statement-decision.ts';
import { asReleased, maskOutcome } from '../masking/mask-outcome.ts';
import { columnsOfInput } from '../masking/recorded-columns.ts';
import { compareEvaluators } from './agreement.ts';
import type { ExplainedCommand, Explanation } from './explanation.ts';
import type { ExplainablePolicy } from './policy.ts';
import type { SubjectMatter } from './subject-matter.ts';
import { judgeRules } from './verdicts.ts';

/** Puts an explanation together: the engine's decision on each command, and what each rule made of it. */
export async function explain(
  matter: SubjectMatter,
  policies: readonly string[],
  { engine, explain: ask, warnings, whole }: ExplainablePolicy,
  all: boolean,
): Promise<Explanation> {
  const { source, inputs, complete, diagnostics, lineage } = matter;
  const answers = await ask(inputs);
  const commands = inputs.map((input: Input, index): ExplainedCommand => {
    const answer = answers[index];
    if (answer === undefined) throw new RangeError(`There is no answer ${index}.`);
    const { id: _id, ...decision } = engine.evaluate(input, '');
    const values = lineage?.[index];
    const masking = values === undefined ? columnsOfInput(input, decision.obligations) : maskOutcome(decision, values);
    return {
      stage: input.stage,
      ...(input.command === undefined ? {} : { command: input.command }),
      decision,
      ...(masking === undefined ? {} : { masking }),
      evaluators: compareEvaluators(decision, answer, whole),
      ...judgeRules(answer.rules, input, decision, all),
    };
  });
  const parsed = { complete, commands: inputs.flatMap(({ command }) => command ?? []) };
  return {
    source,
    policies,
    revision: engine.revision,
    complete,
    decision: combineDecisions(
      parsed,
      commands.map(({ decision, masking }) => asReleased(decision, masking)),
    ),
    commands,
    diagnostics: [...diagnostics, ...warnings],
  };
}
