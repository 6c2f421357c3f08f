import type { DecisionEffect } from '../../engine/contract.ts';

const effects = ['allow', 'review', 'deny'] as const satisfies readonly DecisionEffect[];

/** The transitions from one effect to another, from the harmless ones on. */
export const transitions = effects.flatMap((from) =>
  effects.filter((to) => to !== from).map((to) => `${from}->${to}` as const),
);

export const obligationChanges = ['obligations-gained', 'obligations-lost', 'obligations-changed'] as const;

/** Every way in which a decision can be another one. */
export const changeKinds = [...transitions, ...obligationChanges] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What is counted besides changes of decisions. */
export const otherMeasures = ['errors', 'parsed-differently'] as const;
export type Measure = ChangeKind | (typeof otherMeasures)[number];

/**
 * The measures that a word stands for: one of them, a transition with `*` for any effect, or `any` for every change of a
 * decision.
 *
 * @returns undefined when it stands for none
 */
export function measuresOf(word: string): readonly Measure[] | undefined {
  if (word === 'any') return changeKinds;
  const match = /^(allow|review|deny|\*)->(allow|review|deny|\*)$/.exec(word);
  if (match !== null) {
    const [, from, to] = match;
    const meant = transitions.filter((name) => {
      const [before, after] = name.split('->');
      return (from === '*' || from === before) && (to === '*' || to === after);
    });
    // allow->allow is no transition.
    return meant.length === 0 ? undefined : meant;
  }
  const named = [...obligationChanges, ...otherMeasures].find((name) => name === word);
  return named === undefined ? undefined : [named];
}

/** The words that measuresOf knows, for messages. */
export const measureWords: readonly string[] = [
  ...transitions,
  '*->deny',
  '*->review',
  '*->allow',
  '*->*',
  'any',
  ...obligationChanges,
  ...otherMeasures,
];
