import type { Effect, JsonObject } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { checkParse } from './invariants.ts';
import { demand, show, type TestCase } from './test-case.ts';

/** A text that hides what it does. */
export interface Bypass {
  readonly text: string;
  readonly settings?: Readonly<JsonObject>;
  /** The trick that it plays. */
  readonly how?: string;
  /** What must be seen of it, if it is vouched for: a command with one of these effects. */
  readonly effects: readonly [Effect, ...Effect[]];
}

/** A table of texts that hide what they do: each must be seen through, or not be vouched for. */
export function dialectBypasses(dialect: Dialect, bypasses: readonly Bypass[]): TestCase[] {
  return bypasses.map(({ text, settings, how, effects }) => ({
    name: how === undefined ? show(text, 100) : `${how}: ${show(text, 100)}`,
    run: () => {
      const { complete, commands } = checkParse(dialect, settings === undefined ? { text } : { text, settings });
      const seen = commands.some((command) => command.effects.some((effect) => effects.includes(effect)));
      demand(!complete || seen, () => `${show(text)} is vouched for, and nobody sees ${effects.join(' or ')} in it`);
    },
  }));
}
