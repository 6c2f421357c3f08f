import { describe, expect, test } from 'vitest';
import { compareStatement, unexpectedFaults, type JudgedStatement } from '../../../cli/cases/compare.ts';
import type { Expectation } from '../../../cli/cases/types.ts';
import type { Command, DecisionEffect } from '../../../engine/contract.ts';
import kvline from '../../../examples/third-party-dialect/index.js';

function command(text: string): Command {
  const [only] = kvline.parse({ text }).commands;
  if (only === undefined) throw new Error('no command');
  return only;
}

const verdict = {
  effect: 'deny' as DecisionEffect,
  reasons: [
    { rule: 'B-1', message: 'DROP is not for agents' },
    { rule: 'A-1', message: 'not at night' },
  ],
  obligations: [
    { kind: 'mask', with: 'partial', columns: ['email', 'phone'], labels: ['pii'], detect: [] },
    { kind: 'mask', with: 'null', columns: ['card'], labels: [], detect: [] },
    { kind: 'notify', channel: 'security', tags: ['a', 'b'] },
  ],
};
const judged: JudgedStatement = { ...verdict, commands: [{ ...verdict, command: command('SET a 1') }] };
const twice: JudgedStatement = {
  ...verdict,
  commands: [
    { effect: 'allow', reasons: [{ rule: 'C-1', message: 'yes' }], obligations: [], command: command('GET a') },
    { ...verdict, command: command('FLUSH') },
  ],
};

describe('what is expected and found', () => {
  test.each<[string, Expectation]>([
    ['the effect', { effect: 'deny' }],
    ['some of the rules', { effect: 'deny', rules: ['A-1'] }],
    ['all of the rules, in any order', { effect: 'deny', rules_exactly: ['A-1', 'B-1'] }],
    ['a part of a message', { effect: 'deny', message: 'not for agents' }],
    ['parts of several messages', { effect: 'deny', message: ['not for', 'night'] }],
    ['a part of an obligation', { effect: 'deny', obligations: [{ kind: 'notify', tags: ['b'] }] }],
    ['a mask', { effect: 'deny', obligations: [{ kind: 'mask', columns: ['phone'] }] }],
    ['masks by column and label', { effect: 'deny', masks: { email: 'partial', pii: 'partial', card: 'null' } }],
    ['the mask null, as YAML has it', { effect: 'deny', masks: { card: null } }],
    ['what is not masked', { effect: 'deny', unmasked: ['id'] }],
    [
      'all obligations',
      { effect: 'deny', obligations_exactly: [{ kind: 'mask' }, { kind: 'notify' }, { kind: 'mask' }] },
    ],
    ['parts of the command', { effect: 'deny', command: { verb: 'set', effects: ['write'] } }],
    ['a list that holds more', { effect: 'deny', command: { targets: { at_least: [{ path: ['a'] }] } } }],
  ])('%s', (_what, expected) => {
    expect(compareStatement(expected, judged)).toEqual([]);
  });

  test('each of several commands', () => {
    expect(
      compareStatement(
        { effect: 'deny', commands: [{ effect: 'allow', command: { verb: 'get' } }, { rules: ['B-1'] }] },
        twice,
      ),
    ).toEqual([]);
  });
});

describe('what differs is said', () => {
  test.each<[string, Expectation, (string | RegExp)[]]>([
    ['the effect', { effect: 'allow' }, ['effect: expected allow, found deny']],
    ['a rule that is missing', { effect: 'deny', rules: ['A-1', 'X-1'] }, ['rules: X-1 is not among A-1, B-1']],
    [
      'one rule too many, one too few',
      { effect: 'deny', rules_exactly: ['A-1', 'X-1'] },
      ['rules: X-1 is not among A-1, B-1', 'rules_exactly: B-1 is not expected'],
    ],
    ['a message', { effect: 'deny', message: 'drop is' }, [/^message: "drop is" is in none of \["DROP/]],
    [
      'an obligation',
      { effect: 'deny', obligations: [{ kind: 'limit' }] },
      [/^obligations: \{"kind":"limit"\} is not among/],
    ],
    [
      'an obligation of another value',
      { effect: 'deny', obligations: [{ kind: 'notify', channel: 'x' }] },
      [/^obligations: /],
    ],
    [
      'an obligation too many',
      { effect: 'deny', obligations_exactly: [{ kind: 'mask' }, { kind: 'mask' }] },
      [/^obligations_exactly: .*"notify".* is not expected/],
    ],
    ['obligations where none are expected', { effect: 'deny', obligations_exactly: [] }, [/mask/, /mask/, /notify/]],
    [
      'a mask that is missing',
      { effect: 'deny', masks: { id: 'hash' } },
      ['masks: id is not masked; masked: card, email, phone, pii'],
    ],
    [
      'a mask of another kind',
      { effect: 'deny', masks: { email: 'hash' } },
      ['masks: email: expected hash, found partial'],
    ],
    ['a mask that must not be', { effect: 'deny', unmasked: ['email'] }, ['unmasked: email is masked: partial']],
    ['the command', { effect: 'deny', command: { verb: 'get' } }, ['command.verb: expected "get", found "set"']],
    [
      'fewer commands',
      { effect: 'deny', commands: [{ effect: 'deny' }, { effect: 'deny' }] },
      ['commands: expected 2, found 1'],
    ],
  ])('%s', (_what, expected, lines) => {
    const found = compareStatement(expected, judged);
    expect(found).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) {
      if (typeof line === 'string') expect(found[index]).toBe(line);
      else expect(found[index]).toMatch(line);
    }
  });

  test('which of several commands it is', () => {
    const commands = [{ effect: 'deny' as const }, { rules: ['X-1'], command: { verb: 'get' } }];
    expect(compareStatement({ effect: 'deny', commands }, twice)).toEqual([
      'commands[0].effect: expected deny, found allow',
      'commands[1].rules: X-1 is not among A-1, B-1',
      'commands[1].command.verb: expected "get", found "flush"',
    ]);
  });

  test('`command` of a statement that holds several', () => {
    expect(compareStatement({ effect: 'deny', command: { verb: 'get' } }, twice)).toEqual([
      'command: the statement holds 2 commands; say `commands` for each of them',
    ]);
  });
});

describe('a fault of the policy', () => {
  const faulty: JudgedStatement = {
    effect: 'deny',
    reasons: [{ rule: 'sallyport.error', message: 'SP_EVAL_FUEL_EXHAUSTED: …' }],
    obligations: [],
    commands: [],
  };

  test('is not what a denial is expected for', () => {
    expect(compareStatement({ effect: 'deny' }, faulty)).toEqual([]);
    expect(unexpectedFaults({ effect: 'deny' }, faulty)).toEqual(faulty.reasons);
  });

  test.each<Expectation>([
    { effect: 'deny', rules: ['sallyport.error'] },
    { effect: 'deny', rules_exactly: ['sallyport.error'] },
    { effect: 'deny', commands: [{ rules: ['sallyport.error'] }] },
  ])('can be expected by its name: %j', (expected) => {
    expect(unexpectedFaults(expected, faulty)).toEqual([]);
  });
});
