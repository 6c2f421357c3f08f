import { describe, expect, test } from 'vitest';
import type { DecisionEffect, Effect } from '../../engine/contract.ts';
import { combineDecisions, isUnvouched, withEffects } from '../../engine/statement-decision.ts';
import kvline from '../../examples/third-party-dialect/index.js';

/** A statement of that many commands. */
const statement = (commands: number) =>
  kvline.parse({ text: Array.from({ length: commands }, () => 'GET a').join('\n') });

function decision(effect: DecisionEffect, rule: string) {
  return { effect, reasons: [{ rule, message: rule }], obligations: [{ kind: 'notify', channel: rule }] };
}

describe('several decisions about one statement', () => {
  test.each<[string, DecisionEffect[], DecisionEffect, number[]]>([
    ['nothing to decide', [], 'allow', []],
    ['all allowed', ['allow', 'allow'], 'allow', [0, 1]],
    ['one denied', ['allow', 'deny'], 'deny', [1]],
    ['one to be reviewed', ['allow', 'review', 'allow'], 'review', [1]],
    ['a denial outweighs a review, and both are told', ['review', 'deny', 'allow'], 'deny', [0, 1]],
  ])('%s', (_what, effects, expected, speaking) => {
    const decisions = effects.map((effect, index) => decision(effect, `rule ${index}`));
    const combined = combineDecisions(statement(effects.length), decisions);
    expect(combined.effect).toBe(expected);
    expect(combined.reasons.map(({ rule }) => rule)).toEqual(speaking.map((index) => `rule ${index}`));
    expect(combined.obligations).toHaveLength(effects.length);
  });

  test('what nobody vouches for is denied, whatever was decided', () => {
    const parsed = { ...statement(1), complete: false };
    expect(isUnvouched(parsed)).toBe(true);
    expect(combineDecisions(parsed, [decision('allow', 'rule')])).toMatchObject({
      effect: 'deny',
      reasons: [{ rule: 'sallyport.incomplete' }],
    });
  });

  test('a command that says itself why it is not complete is left to its decision', () => {
    const { commands } = statement(1);
    const parsed = { complete: false, commands: commands.map((command) => ({ ...command, complete: false })) };
    expect(isUnvouched(parsed)).toBe(false);
    expect(combineDecisions(parsed, [decision('allow', 'rule')]).effect).toBe('allow');
  });
});

describe('effects of a session', () => {
  test.each<[Effect[], Effect[], Effect[]]>([
    [[], ['read'], ['read']],
    [['read'], ['write', 'write', 'read'], ['read', 'write']],
  ])('%j and %j', (before, more, expected) => {
    expect(withEffects(before, more)).toEqual(expected);
  });

  test('stay the same list where nothing is new', () => {
    const effects: readonly Effect[] = ['read'];
    expect(withEffects(effects, ['read'])).toBe(effects);
  });
});
