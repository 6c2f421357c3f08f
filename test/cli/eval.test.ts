import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runEval, type EvalOptions } from '../../cli/commands/eval.ts';
import { inputContext } from '../../cli/eval/inputs.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Decision, JsonObject } from '../../engine/contract.ts';
import { fakeStreams } from './fake-streams.ts';

const kvline = fileURLToPath(new URL('../../examples/third-party-dialect/index.js', import.meta.url));
const bundle = fileURLToPath(new URL('../../examples/third-party-dialect/policies', import.meta.url));

// Cold, it takes a second or two; warm, a tenth of that.
const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-eval-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A policy of its own. */
function policy(text: string): string {
  const file = join(mkdtempSync(join(folder, 'policy-')), 'policy.rego');
  writeFileSync(file, text);
  return file;
}

async function evaluate(text: string | undefined, options: Partial<EvalOptions> = {}, stdin: string[] = []) {
  const streams = fakeStreams(stdin);
  const exitCode = await runEval(text, { bundle, format: 'json', ...options }, streams, compiler);
  return { exitCode, streams };
}

const judged = { dialect: kvline, subject: 'bot,agent,readers' };

/** A whole input, as a recording holds it. */
function inputFor(changes: JsonObject = {}): JsonObject {
  return {
    ...inputContext({
      dialect: 'kvline',
      subject: { id: 'bot', kind: 'agent' },
      now: '2025-01-01T00:00:00Z',
    }),
    command: {
      dialect: 'kvline',
      verb: 'flush',
      effects: ['truncate'],
      targets: [],
      functions: [],
      complete: true,
      reasons: [],
      fingerprint: 'f',
      text: 'FLUSH',
      span: { start: 0, end: 5 },
      secrets: [],
      attributes: {},
    },
    ...changes,
  };
}

const flushed = { effect: 'deny', reasons: [{ rule: 'KV-001', message: 'FLUSH empties the whole store' }] };

describe('eval of a statement', () => {
  test('prints each command with its decision', async () => {
    const { exitCode, streams } = await evaluate('GET a\nFLUSH', judged);
    expect(exitCode).toBe(0);
    expect(JSON.parse(streams.output())).toMatchObject({
      text: 'GET a\nFLUSH',
      complete: true,
      commands: [
        { command: { verb: 'get' }, answer: { effect: 'allow' } },
        { command: { verb: 'flush' }, answer: flushed },
      ],
    });
  });

  test.each<[string, string, string, number]>([
    ['an allow', 'GET a', 'bot,agent', 0],
    ['a denial', 'FLUSH', 'bot,agent', 1],
    ['a denial among others', 'GET a\nFLUSH', 'bot,agent', 1],
    ['what nobody vouches for', 'EVAL x', 'ada,human', 1],
    ['nothing to do', '# nothing', 'bot,agent', 0],
  ])('with --exit-code tells %s', async (_what, text, subject, expected) => {
    expect((await evaluate(text, { ...judged, subject, exitCode: true })).exitCode).toBe(expected);
  });

  test.each([
    ['the short form', 'ada,human,writers'],
    ['JSON', '{"id": "ada", "kind": "human"}'],
  ])('takes the subject in %s', async (_form, subject) => {
    const { streams } = await evaluate('SET a 1', { ...judged, subject });
    expect(JSON.parse(streams.output())).toMatchObject({ commands: [{ answer: { effect: 'allow' } }] });
  });

  test('takes the subject from a file', async () => {
    const file = join(folder, 'subject.json');
    writeFileSync(file, '{"id": "ada", "kind": "human"}');
    const { streams } = await evaluate('SET a 1', { ...judged, subject: `@${file}` });
    expect(JSON.parse(streams.output())).toMatchObject({ commands: [{ answer: { effect: 'allow' } }] });
  });

  test('hands the policy what was said of resource, session, client and time', async () => {
    const said = policy(
      'package policy.said\nallow contains sprintf("%s %s %s %v %s", [input.resource.environment, input.session.role, input.client.address, input.session.counters.commands, input.now])',
    );
    const { streams } = await evaluate('GET a\nGET b', {
      ...judged,
      bundle: said,
      resource: 'cache,kvline,production',
      session: '{"role": "clerk"}',
      client: '{"address": "10.0.0.1"}',
      now: '2030-01-01T00:00:00Z',
    });
    const message = (commands: number) => `production clerk 10.0.0.1 ${commands} 2030-01-01T00:00:00Z`;
    expect(JSON.parse(streams.output())).toMatchObject({
      commands: [
        { answer: { reasons: [{ message: message(0) }] } },
        { answer: { reasons: [{ message: message(1) }] } },
      ],
    });
  });

  test('for a person', async () => {
    const { streams } = await evaluate('FLUSH', { ...judged, format: 'pretty' });
    expect(streams.output()).toBe(
      [
        'flush [truncate] FLUSH',
        'deny',
        '   KV-001 FLUSH empties the whole store (critical)',
        '   instead: Delete the keys that you mean, by name.',
        '',
      ].join('\n'),
    );
  });

  test('--jsonl', async () => {
    const { exitCode, streams } = await evaluate(undefined, { ...judged, jsonl: true }, [
      '{"text":"GET a"}\n{"text":"FLUSH"}\nnonsense\n{"text":"GET b"}\n',
    ]);
    expect(exitCode).toBe(1);
    expect(streams.lines()).toMatchObject([
      { text: 'GET a', commands: [{ answer: { effect: 'allow' } }] },
      { text: 'FLUSH', commands: [{ answer: flushed }] },
      { text: null, complete: false, commands: [], diagnostics: [{ code: 'malformed_line', row: 3 }] },
      { text: 'GET b', commands: [{ answer: { effect: 'allow' } }] },
    ]);
  });
});

describe('eval of inputs', () => {
  test('prints the decision', async () => {
    const { streams } = await evaluate(JSON.stringify(inputFor()));
    expect(JSON.parse(streams.output())).toMatchObject(flushed);
  });

  test('takes one from standard input, and another time than its own', async () => {
    const clock = policy('package policy.clock\nallow contains input.now');
    const { streams } = await evaluate(undefined, { bundle: clock, now: '2031-01-01T00:00:00Z' }, [
      JSON.stringify(inputFor()),
    ]);
    expect(JSON.parse(streams.output())).toMatchObject({ reasons: [{ message: '2031-01-01T00:00:00Z' }] });
  });

  test('--jsonl answers each with a decision, and with a denial where it cannot judge', async () => {
    const { exitCode, streams } = await evaluate(undefined, { jsonl: true }, [
      `${JSON.stringify(inputFor())}\n{"schema":1}\nnonsense\n${JSON.stringify(inputFor())}\n`,
    ]);
    expect(exitCode).toBe(1);
    expect(streams.lines()).toMatchObject([
      flushed,
      {
        effect: 'deny',
        reasons: [{ rule: 'sallyport.error' }],
        diagnostics: [{ code: 'SP_EVAL_INPUT_INVALID', row: 2 }],
      },
      { effect: 'deny', reasons: [{ rule: 'sallyport.error' }], diagnostics: [{ code: 'malformed_line', row: 3 }] },
      flushed,
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'an unknown effect',
      { command: { ...(inputFor()['command'] as JsonObject), effects: ['x'] } },
      /\/command\/effects\/0 must be one of read/,
    ],
    ['an unknown key', { surprise: 1 }, /the input has an unknown key "surprise"/],
    ['a time that is none', { now: 'noon' }, /\/now must match format "date-time"/],
    [
      'a kind that is none',
      { subject: { id: 'x', kind: 'robot', groups: [], claims: {} } },
      /\/subject\/kind must be one of human/,
    ],
  ])('refuses one with %s and says where', async (_what, changes, message) => {
    const input = JSON.stringify(inputFor(changes as JsonObject));
    const failing = evaluate(input);
    await expect(failing).rejects.toMatchObject({ code: 'SP_EVAL_INPUT_INVALID' });
    await expect(failing).rejects.toThrow(message);
  });
});

describe('eval of another entrypoint', () => {
  const numbers = 'package policy.numbers\n\ndouble := input.number * 2\n\nallow contains "x" if input.number == 0\n';

  test.each(['policy/numbers/double', 'data.policy.numbers.double', 'data/policy/numbers/double'])(
    'prints the result of %s',
    async (entrypoint) => {
      const untyped = policy('package sums\n\ndouble := 2 * count(input.subject.groups)\n');
      const name = entrypoint.replace('policy/numbers', 'sums').replace('policy.numbers', 'sums');
      const { streams } = await evaluate('{"subject": {"groups": ["a", "b"]}}', { bundle: untyped, entrypoint: name });
      expect(JSON.parse(streams.output())).toEqual({ result: 4 });
    },
  );

  test('prints {} where it is undefined, as OPA does', async () => {
    const { streams } = await evaluate('{}', {
      bundle: policy('package sums\n\nnever if input.subject.id == "nobody"\n'),
      entrypoint: 'sums/never',
    });
    expect(JSON.parse(streams.output())).toEqual({});
  });

  test('a name that the input’s schema does not know is a compile error with its place', async () => {
    await expect(evaluate('{}', { bundle: policy(numbers) })).rejects.toMatchObject({
      code: 'SP_POLICY_INVALID',
      diagnostics: [{ row: 3 }, { row: 5 }],
    });
  });
});

describe('eval of a session that opens', () => {
  const hours = `package policy.session.hours

allow contains "by day" if input.now > "2026-01-01T08"

settings contains {"statement_timeout": "30s"} if input.resource.name == "shop"
`;

  test.each([
    ['2026-01-01T03:00:00Z', 'deny', ['sallyport.no_allow'], 1],
    ['2026-01-01T09:00:00Z', 'allow', ['policy.session.hours.allow'], 0],
  ])('at %s: %s', async (now, effect, rules, expected) => {
    const { exitCode, streams } = await evaluate(undefined, {
      bundle: policy(hours),
      stage: 'session',
      subject: 'bot,agent',
      resource: 'shop,postgres,production',
      now,
      exitCode: true,
    });
    const decision = JSON.parse(streams.output()) as Decision;
    expect(decision).toMatchObject({
      effect,
      obligations: [{ kind: 'settings', settings: { statement_timeout: '30s' } }],
    });
    expect(decision.reasons.map(({ rule }) => rule)).toEqual(rules);
    expect(exitCode).toBe(expected);
  });

  test.each<[string, string | undefined, Partial<EvalOptions>]>([
    ['with a text', 'GET a', { subject: 'bot,agent' }],
    ['of lines, which say it themselves', undefined, { subject: 'bot,agent', jsonl: true }],
    ['of nobody', undefined, {}],
  ])('does not run %s', async (_what, text, options) => {
    const asked = evaluate(text, { bundle: policy(hours), stage: 'session', ...options });
    await expect(asked).rejects.toMatchObject({ code: 'SP_USAGE' });
  });
});

describe('eval does not run', () => {
  test.each<[string, Partial<EvalOptions>, string]>([
    ['without a bundle', { bundle: '/no/such/bundle' }, 'SP_BUNDLE_NOT_FOUND'],
    ['with text but without a subject', { dialect: kvline }, 'SP_USAGE'],
    ['for a subject of no kind', { ...judged, subject: 'ada' }, 'SP_EVAL_INPUT_INVALID'],
    ['for a subject that is broken JSON', { ...judged, subject: '{"id"' }, 'SP_USAGE'],
    ['for a file that is not there', { ...judged, subject: '@/no/such/file' }, 'SP_USAGE'],
    ['for a session that is no object', { ...judged, session: 'x' }, 'SP_USAGE'],
    ['for an unknown dialect', { ...judged, dialect: 'no_such' }, 'SP_USAGE'],
    ['for a time that is none', { ...judged, now: 'noon' }, 'SP_EVAL_INPUT_INVALID'],
  ])('%s', async (_what, options, code) => {
    await expect(evaluate('GET a', options)).rejects.toMatchObject({ code });
  });

  test('for an input that is not JSON', async () => {
    await expect(evaluate('SELECT 1')).rejects.toMatchObject({ code: 'SP_EVAL_INPUT_INVALID' });
  });
});
