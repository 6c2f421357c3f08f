import type { Decision, Input, JsonObject, Session } from '../../engine/contract.ts';
import type { ParseResult, Statement } from '../../engine/dialect.ts';
import type { Engine } from '../../engine/engine.ts';
import type { CommandLineage } from '../../engine/lineage.ts';
import { combineDecisions, isUnvouched, withEffects } from '../../engine/statement-decision.ts';
import { inputsOf, type InputContext } from '../eval/inputs.ts';
import { FollowedSession } from '../masking/followed-session.ts';
import { asReleased, maskOutcome } from '../masking/mask-outcome.ts';
import { compareStatement, unexpectedFaults, type JudgedCommand, type JudgedStatement } from './compare.ts';
import { mergeObjects } from './context.ts';
import type { PlannedCase, PlannedStep } from './plan.ts';

/** What became of a case. */
export interface CaseOutcome {
  readonly planned: PlannedCase;
  readonly steps: readonly StepOutcome[];
  readonly durationMs: number;
}

export interface StepOutcome {
  readonly step: PlannedStep;
  readonly judged: JudgedStatement;
  /** What the engine was asked, an input for each command; for a session that opens, the one. */
  readonly inputs: readonly Input[];
  /** What differs from what is expected; empty when nothing does. */
  readonly differences: readonly string[];
  /** Faults of the policy that the case does not expect: `SP_EVAL_FUEL_EXHAUSTED: …`. */
  readonly faults: readonly string[];
}

/** How a statement is parsed; a cache stands here, for many cases send the same one. */
export type Parse = (planned: PlannedCase, statement: Statement) => ParseResult;

export interface RunOptions {
  readonly engine: Engine;
  readonly parse: Parse;
}

/**
 * Runs a case as a gateway would: parse, one input for each command, decisions, combined. In a sequence, what was released
 * leaves its effects in the session, and what was refused counts as denied; later steps are run whatever came before.
 */
export function runCase(planned: PlannedCase, { engine, parse }: RunOptions): CaseOutcome {
  const begun = performance.now();
  let context = planned.context;
  const { resource } = context;
  const catalogue = planned.catalogueOf?.(resource.name, engine.labels);
  const values = catalogue === undefined ? undefined : new FollowedSession(planned.dialect, catalogue);
  const steps = planned.steps.map((step) => {
    context = { ...context, session: withChanges(context.session, step.session), ...given('now', step.now) };
    if (step.statement === undefined) return openSession(step, context, engine);
    const plain = parse(planned, step.statement);
    const followed = values?.follow(step.statement, plain, context.session);
    const parsed = followed?.parsed ?? plain;
    const inputs = inputsOf(context, parsed, followed?.commands).map((input): Input => ({
      ...input,
      ...parametersOf(step),
    }));
    const decisions = inputs.map((input, index) => decide(engine, input, followed?.commands[index]));
    const combined = combineDecisions(parsed, decisions);
    const judged: JudgedStatement = {
      ...combined,
      commands: decisions.flatMap((decision, index) => {
        const command = parsed.commands[index];
        return command === undefined ? [] : [{ ...decision, command }];
      }),
    };
    const released = combined.effect === 'allow';
    if (released && followed !== undefined) values?.released(followed, context.session);
    context = { ...context, session: after(context.session, parsed, released) };
    return outcomeOf(step, judged, inputs);
  });
  return { planned, steps, durationMs: performance.now() - begun };
}

type Decided = Pick<Decision, 'effect' | 'reasons' | 'obligations'> & Pick<JudgedCommand, 'columns'>;

/** What the gate makes of a decision: it refuses by itself what a mask cannot be put on. */
function decide(engine: Engine, input: Input, lineage: CommandLineage | undefined): Decided {
  const decision = engine.evaluate(input);
  if (lineage === undefined) return decision;
  const outcome = maskOutcome(decision, lineage);
  return { ...asReleased(decision, outcome), columns: outcome.columns };
}

/** What a gateway asks before there is any statement. */
function openSession(step: PlannedStep, context: InputContext, engine: Engine): StepOutcome {
  const input: Input = { ...context, stage: 'session' };
  const { effect, reasons, obligations } = engine.evaluate(input);
  return outcomeOf(step, { effect, reasons, obligations, commands: [] }, [input]);
}

function outcomeOf(step: PlannedStep, judged: JudgedStatement, inputs: readonly Input[]): StepOutcome {
  return {
    step,
    judged,
    inputs,
    differences: compareStatement(step.expect, judged),
    faults: unexpectedFaults(step.expect, judged).map(({ rule, message }) =>
      rule === 'sallyport.error' ? message : `${rule}: ${message}`,
    ),
  };
}

/** The schema has made sure that what is said of a session has its shape. */
function withChanges(session: Session, changes: JsonObject | undefined): Session {
  return changes === undefined ? session : (mergeObjects({ ...session }, changes) as unknown as Session);
}

function parametersOf({ parameters }: PlannedStep): Pick<Input, 'parameters'> {
  return parameters === undefined ? {} : { parameters: [...parameters] };
}

function given(key: 'now', value: string | undefined): Partial<Pick<InputContext, 'now'>> {
  return value === undefined ? {} : { [key]: value };
}

/** The session as the next statement finds it. A statement that nobody vouches for is refused before it is judged. */
function after(session: Session, parsed: ParseResult, released: boolean): Session {
  const { commands, denied } = session.counters;
  if (isUnvouched(parsed)) return { ...session, counters: { commands, denied: denied + 1 } };
  const count = parsed.commands.length;
  const effects = released
    ? parsed.commands.reduce<readonly Session['effects'][number][]>(
        (all, command) => withEffects(all, command.effects),
        session.effects,
      )
    : session.effects;
  return {
    ...session,
    effects: [...effects],
    counters: { commands: commands + count, denied: released ? denied : denied + count },
  };
}
