import type { Bundle } from '../../engine/bundle.ts';
import type { Command, Input, Reason } from '../../engine/contract.ts';
import { createEngine, DECISION_ENTRYPOINT, type Engine } from '../../engine/engine.ts';
import { isObject } from '../../engine/is-object.ts';
import type { CommandInput } from './event-reader.ts';
import { outcomeOf, type Outcome, type Ruling } from './outcome.ts';

/** The decision with the ids of all rules that said something (policies/lib/replay.rego). */
export const REPLAY_ENTRYPOINT = 'sallyport/replay';

/** What a bundle says of a recorded command. */
export interface Judgement {
  readonly outcome: Outcome;
  /** Ids of all rules that said something, whether or not their word decided. */
  readonly fired: readonly string[];
}

/** Decides on recorded inputs, of commands and of sessions that open, as a gateway with that bundle would. */
export class Judge {
  readonly #engine: Engine;
  /** By the decision's reasons: the engine's memo hands out the same ones for inputs that agree on what is read. */
  readonly #known = new WeakMap<readonly Reason[], Judgement>();

  constructor(bundle: Bundle) {
    this.#engine = createEngine(bundle, {
      // Recordings bring more that is different than one gateway meets at a time; one is a few hundred bytes.
      memoEntries: MEMO_ENTRIES,
      // A bundle that was built for gateways alone still decides; rules whose word did not count are then not known.
      decisionEntrypoints: [REPLAY_ENTRYPOINT, DECISION_ENTRYPOINT],
      onRuling: (ruling, value) => {
        this.#known.set(ruling.reasons, { outcome: outcomeOf(ruling), fired: firedIn(ruling, value) });
      },
    });
  }

  /** Whether it has a say when a session opens. */
  get judgesSessions(): boolean {
    return this.#engine.judgesSessions;
  }

  judge(input: Input): Judgement {
    const decision = this.#engine.evaluate(input, '');
    // What the engine says by itself, because an evaluation failed, comes past onRuling.
    return this.#known.get(decision.reasons) ?? { outcome: outcomeOf(decision), fired: [] };
  }
}

const MEMO_ENTRIES = 100_000;

function firedIn({ reasons, obligations }: Ruling, value: unknown): readonly string[] {
  const named: readonly unknown[] = isObject(value) && Array.isArray(value['fired']) ? value['fired'] : [];
  const ids: unknown[] = [...named, ...reasons.map(({ rule }) => rule), ...obligations.map(({ rule }) => rule)];
  return [...new Set(ids.filter((id) => typeof id === 'string'))];
}

/**
 * Judges what a text means today: each of its commands as the gateway would, where one has the effects of those before
 * it behind it. They stand or fall together, so the strictest word counts.
 */
export function judgeCommands(judge: Judge, input: CommandInput, commands: readonly Command[]): Judgement {
  const [first] = commands;
  if (first !== undefined && commands.length === 1) {
    return judge.judge({ ...input, command: first.span === input.command.span ? first : placed(first, input.command) });
  }
  const { session } = input;
  const effects = new Set(session.effects);
  return together(
    commands.map((command, index) => {
      const { counters } = session;
      const before = {
        ...session,
        effects: [...effects],
        counters: { ...counters, commands: counters.commands + index },
      };
      for (const effect of command.effects) effects.add(effect);
      return judge.judge({ ...input, session: before, command });
    }),
  );
}

/** Where the recorded command stood in its message. */
function placed(command: Command, { span }: Command): Command {
  return { ...command, span };
}

const NOTHING: Judgement = {
  // A text without commands is released, and nobody is asked.
  outcome: outcomeOf({ effect: 'allow', reasons: [], obligations: [] }),
  fired: [],
};

function together(judgements: readonly Judgement[]): Judgement {
  const [first, ...others] = judgements;
  if (first === undefined) return NOTHING;
  return others.reduce((a, b) => {
    const effect = [a, b].some(({ outcome }) => outcome.effect === 'deny')
      ? 'deny'
      : [a, b].some(({ outcome }) => outcome.effect === 'review')
        ? 'review'
        : 'allow';
    const deciding = [a, b].filter(({ outcome }) => outcome.effect === effect);
    return {
      outcome: {
        effect,
        rules: [...new Set(deciding.flatMap(({ outcome }) => outcome.rules))].sort(),
        owed: new Map(deciding.flatMap(({ outcome }) => [...outcome.owed])),
        error: a.outcome.error ?? b.outcome.error,
        redacted: a.outcome.redacted || b.outcome.redacted,
      },
      fired: [...new Set([...a.fired, ...b.fired])],
    };
  }, first);
}

/** What is denied by the gate itself: a text that the dialect does not vouch for as a whole, without saying which command. */
export const unvouched: Judgement = {
  outcome: outcomeOf({
    effect: 'deny',
    reasons: [{ rule: 'sallyport.incomplete', message: 'The statement could not be judged as a whole.' }],
    obligations: [],
  }),
  fired: [],
};
