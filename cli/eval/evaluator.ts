import type { Command, Decision, Diagnostic, Input, JsonObject } from '../../engine/contract.ts';
import { denial } from '../../engine/decision.ts';
import type { Dialect, Statement } from '../../engine/dialect.ts';
import type { Engine } from '../../engine/engine.ts';
import { isUnvouched } from '../../engine/statement-decision.ts';
import type { CatalogueOf } from '../catalogue/written-catalogue.ts';
import { readFollowed } from '../masking/followed-session.ts';
import { maskOutcome, type MaskOutcome } from '../masking/mask-outcome.ts';
import { inputsOf, type InputContext } from './inputs.ts';

/** The answer to one input: the decision, or what an entrypoint gave (`{}` where it is undefined, as OPA answers). */
export type Answer = Decision | { readonly result?: unknown };

/** The answers to one text, a command each. */
export interface StatementAnswer {
  readonly text: string | null;
  readonly complete: boolean;
  readonly commands: readonly {
    readonly command: Command;
    readonly answer: Answer;
    /** The result's columns and how they are masked, where values were followed. */
    readonly masking?: MaskOutcome;
  }[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Evaluator {
  /** @throws SallyportError SP_EVAL_INPUT_INVALID, SP_EVAL_* of an entrypoint */
  input(value: JsonObject): Answer;
  /** @throws SallyportError SP_EVAL_* of an entrypoint */
  statement(dialect: Dialect, context: InputContext, statement: Statement): StatementAnswer;
}

export interface EvaluatorOptions {
  readonly engine: Engine;
  readonly check: (value: unknown) => Input;
  /** Another entrypoint than the decision's: its input may be anything. */
  readonly entrypoint?: string;
  /** RFC 3339; stands in for what inputs say themselves. */
  readonly now?: string;
  /** Values of statements are followed by it. */
  readonly catalogueOf?: CatalogueOf;
}

export function createEvaluator({ engine, check, entrypoint, now, catalogueOf }: EvaluatorOptions): Evaluator {
  function answer(input: Input): Answer {
    return entrypoint === undefined ? engine.evaluate(input) : query(entrypoint, input, input.now);
  }

  function query(name: string, input: unknown, moment: string): Answer {
    const result = engine.query(name, input, moment);
    return result === undefined ? {} : { result };
  }

  return {
    input(value) {
      const dated = now === undefined ? value : { ...value, now };
      if (entrypoint === undefined) return engine.evaluate(check(dated));
      const moment = dated['now'];
      return query(entrypoint, dated, typeof moment === 'string' ? moment : new Date().toISOString());
    },
    statement(dialect, context, statement) {
      const catalogue = catalogueOf?.(context.resource.name, engine.labels);
      const { parsed, commands } = readFollowed(dialect, statement, context, catalogue);
      return {
        text: statement.text,
        complete: parsed.complete,
        commands: inputsOf(context, parsed, commands).map((input, index) => {
          const given = answer(input);
          const values = commands?.[index];
          return {
            command: commandAt(parsed.commands, index),
            answer: given,
            ...(values === undefined || !('effect' in given) ? {} : { masking: maskOutcome(given, values) }),
          };
        }),
        diagnostics: parsed.diagnostics,
      };
    },
  };
}

function commandAt(commands: readonly Command[], index: number): Command {
  const command = commands[index];
  if (command === undefined) throw new RangeError(`There is no command ${index}.`);
  return command;
}

/** Whether all of it may pass: a gateway would release the text, as far as the decision goes. */
export function isAllowed({ complete, commands }: StatementAnswer): boolean {
  if (isUnvouched({ complete, commands: commands.map(({ command }) => command) })) return false;
  return commands.every(({ answer, masking }) => isAllowedAnswer(answer) && masking?.refused === undefined);
}

/** What an entrypoint gives is not a decision: it neither allows nor denies. */
export function isAllowedAnswer(answer: Answer): boolean {
  return !('effect' in answer) || answer.effect === 'allow';
}

/** A denial in the place of an input that could not be judged, so that no reader takes a gap for an allow. */
export function refusal(revision: string, diagnostic: Diagnostic): Decision & { diagnostics: Diagnostic[] } {
  return {
    id: '',
    revision,
    ...denial('SP_EVAL_INPUT_INVALID', diagnostic.message),
    diagnostics: [diagnostic],
  };
}
