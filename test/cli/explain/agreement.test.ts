import { afterAll, describe, expect, test } from 'vitest';
import { compareEvaluators } from '../../../cli/explain/agreement.ts';
import { loadExplainablePolicy } from '../../../cli/explain/policy.ts';
import { inputContext, inputsOf, type InputContext } from '../../../cli/eval/inputs.ts';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import type { Explained } from '../../../engine/compiler/explanation.ts';
import type { Decision, Input, JsonObject } from '../../../engine/contract.ts';
import { secondStatements, strongestVerbs } from '../../dialects/postgres/bypass/rows.ts';

const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

const packs = [
  'agent-read-only',
  'change-approval',
  'destructive-sql',
  'exfiltration',
  'pii-masking',
  'privilege-escalation',
];

const subjects: readonly JsonObject[] = [
  { id: 'bot', kind: 'agent' },
  { id: 'eve', kind: 'human', groups: ['dba'] },
];

describe('what explain tells of the shipped packs, for every bypass that is known', async () => {
  const dialect = await createPostgresDialect();
  const places = ['examples/quickstart/policies', ...packs.map((name) => `pack:${name}`)];
  const inputs: Input[] = [...secondStatements, ...strongestVerbs].flatMap(([text]) =>
    subjects.flatMap((subject) => {
      const resource = { name: 'shop', protocol: 'postgres', environment: 'production' };
      const context = inputContext({ dialect: 'postgres', subject, resource, now: '2026-01-01T00:00:00Z' });
      return inputsOf(context as unknown as InputContext, dialect.parse({ text }));
    }),
  );

  test('is what the engine decides, rule by rule', { timeout: 240_000 }, async () => {
    const { engine, explain } = await loadExplainablePolicy(places, [dialect], compiler);
    const explained = await explain(inputs);
    expect(explained).toHaveLength(inputs.length);
    explained.forEach((one, index) => {
      const input = inputs[index];
      if (input === undefined) throw new Error('more answers than inputs');
      const decision = engine.evaluate(input);
      expect(compareEvaluators(decision, one, true), input.command?.text).toEqual({ agree: true });
      for (const rule of one.rules) {
        expect(rule.error).toBeUndefined();
        // What fired has no failed condition, and what did not fire has one.
        expect(rule.conditions.every(({ state }) => state === 'held')).toBe(rule.fired);
        expect(rule.entries.length > 0).toBe(rule.fired);
      }
      const firing = one.rules.filter(({ rule, fired }) => rule === 'deny' && fired);
      expect(firing.length > 0, input.command?.text).toBe(
        decision.effect === 'deny' && !decision.reasons.some(({ rule }) => rule.startsWith('sallyport.')),
      );
    });
  });
});

describe('two evaluators', () => {
  const ruling = (changes: object = {}) => ({
    effect: 'deny' as const,
    reasons: [
      { rule: 'A', message: 'a' },
      { rule: 'B', message: 'b' },
    ],
    obligations: [{ kind: 'mask', columns: ['x', 'y'], with: 'null' }],
    ...changes,
  });
  const opa = (changes: Partial<Explained>): Explained => ({ decision: ruling(), rules: [], ...changes });
  const fault = ruling({ reasons: [{ rule: 'sallyport.error', message: 'SP_EVAL_FUEL_EXHAUSTED' }] });

  test.each<[string, Pick<Decision, 'effect' | 'reasons' | 'obligations'>, Explained, boolean, boolean | null]>([
    ['agree', ruling(), opa({}), true, true],
    [
      'agree whatever the order of their sets',
      ruling({ obligations: [{ with: 'null', kind: 'mask', columns: ['y', 'x'] }] }),
      opa({}),
      true,
      true,
    ],
    ['differ in the effect', ruling({ effect: 'allow' }), opa({}), true, false],
    ['differ in a reason', ruling({ reasons: [] }), opa({}), true, false],
    ['differ in an obligation', ruling({ obligations: [] }), opa({}), true, false],
    ['differ where OPA has no decision', ruling(), opa({ decision: null }), true, false],
    ['differ where OPA fails', ruling(), opa({ error: 'conflict' }), true, false],
    ['are not compared where the engine gave up', fault, opa({}), true, null],
    ['are not compared where rules are missing', ruling({ effect: 'allow' }), opa({}), false, null],
  ])('%s', (_what, decision, other, whole, agree) => {
    expect(compareEvaluators(decision, other, whole).agree).toBe(agree);
  });
});
