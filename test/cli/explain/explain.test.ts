import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create as createTar } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runExplain, type ExplainOptions } from '../../../cli/commands/explain.ts';
import { inputContext } from '../../../cli/eval/inputs.ts';
import type { ExplainedCommand, Explanation, RuleExplanation } from '../../../cli/explain/explanation.ts';
import { suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import type { Condition } from '../../../engine/compiler/explanation.ts';
import type { Input, JsonObject } from '../../../engine/contract.ts';
import { DECISION_ENTRYPOINT } from '../../../engine/engine.ts';
import { readLibrary } from '../../../engine/load.ts';
import { fakeStreams } from '../fake-streams.ts';
import { recordingOf, writeRecording } from './recording.ts';

const kvline = fileURLToPath(new URL('../../../examples/third-party-dialect/index.js', import.meta.url));
const compiler = createPolicyCompiler();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-explain-'));
});
afterAll(async () => {
  await compiler.close();
  rmSync(folder, { recursive: true });
});

/** A file of its own with rules of package policy.test. */
function policy(rules: string): string {
  const file = join(mkdtempSync(join(folder, 'policy-')), 'test.rego');
  writeFileSync(file, `package policy.test\n\n${rules}\n`);
  return file;
}

async function run(positional: readonly string[], options: ExplainOptions = {}, stdin: string[] = []) {
  const streams = fakeStreams(stdin);
  const exitCode = await runExplain(positional, options, streams, compiler);
  return { exitCode, output: streams.output() };
}

const bot = { dialect: kvline, subject: 'bot,agent,readers' };

async function explained(text: string, rules: string, options: ExplainOptions = {}): Promise<Explanation> {
  const { output } = await run([text, policy(rules)], { ...bot, ...options, format: 'json' });
  return JSON.parse(output) as Explanation;
}

async function firstCommand(text: string, rules: string, options: ExplainOptions = {}): Promise<ExplainedCommand> {
  const { commands } = await explained(text, rules, options);
  return first(commands);
}

/** The only rule of a policy. */
async function onlyRule(text: string, rules: string): Promise<RuleExplanation> {
  return first((await firstCommand(text, rules, { all: true })).rules);
}

function first<Item>(list: readonly Item[]): Item {
  const [item] = list;
  if (item === undefined) throw new Error('nothing there');
  return item;
}

/** `✓ text` or `✗ text` with the values of the first try. */
function lines(conditions: readonly Condition[]): string[] {
  const marks = { held: '✓', failed: '✗', unreached: '·' };
  return conditions.map(({ state, text, tries }) => {
    const values = tries.flatMap((one) => one.values.map(({ name, value }) => `${name}=${JSON.stringify(value)}`));
    return [`${marks[state]} ${text}`, ...new Set(values)].join(' | ');
  });
}

describe('the decision', () => {
  test.each<[string, string, string, object]>([
    ['an allow', 'GET a', 'allow contains "all may"', { effect: 'allow', reasons: [{ message: 'all may' }] }],
    ['a denial', 'GET a', 'deny contains "nobody"', { effect: 'deny', reasons: [{ message: 'nobody' }] }],
    [
      'a review',
      'GET a',
      'review contains {"message": "ask", "approvers": ["ada"], "ttl": "15m"}',
      { effect: 'review', reasons: [{ message: 'ask' }], obligations: [{ kind: 'review', approvers: ['ada'] }] },
    ],
    ['no allow', 'GET a', 'allow contains "x" if false', { effect: 'deny', reasons: [{ rule: 'sallyport.no_allow' }] }],
    [
      'an incomplete one',
      'EVAL x',
      'allow contains "x"',
      { effect: 'deny', reasons: [{ rule: 'sallyport.incomplete' }] },
    ],
  ])('of %s is the engine’s, and OPA’s own evaluator agrees', async (_what, text, rules, decision) => {
    const explanation = await explained(text, rules);
    expect(explanation).toMatchObject({
      source: { kind: 'statement', dialect: 'kvline', text },
      decision,
      commands: [{ decision, evaluators: { agree: true } }],
    });
  });

  test('of several commands is explained for each, and for all of them together', async () => {
    const { commands, decision } = await explained('GET a\nFLUSH', 'allow contains "r" if input.command.verb == "get"');
    expect(commands.map((one) => [one.command?.verb, one.decision.effect])).toEqual([
      ['get', 'allow'],
      ['flush', 'deny'],
    ]);
    expect(decision).toMatchObject({ effect: 'deny', reasons: [{ rule: 'sallyport.no_allow' }] });
  });

  test('of a statement that does nothing', async () => {
    const { exitCode, output } = await run(['# nothing', policy('allow contains "x"')], bot);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/^No commands: .*\n\nAll of it: allow\n$/)]);
  });
});

describe('a rule that fired', () => {
  test('is told with its place, its METADATA, its conditions with their values, and its entry', async () => {
    const rule = await onlyRule(
      'SET a 1\nGET b',
      `# METADATA
# title: Agents write nothing
# custom: {id: KV-9, severity: high}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	input.subject.kind == "agent"
	some effect in input.command.effects
	effect in {"write", "delete"}
	message := sprintf("no %s", [effect])
}`,
    );
    expect(rule).toMatchObject({
      verdict: 'decides',
      package: 'policy.test',
      rule: 'deny',
      head: 'deny contains {"rule": rego.metadata.rule(), "message": message}',
      id: 'KV-9',
      title: 'Agents write nothing',
      severity: 'high',
      row: 6,
      end_row: 11,
      held: 2,
      of: 2,
      entries: [{ value: { message: 'no write' } }],
      given: 1,
    });
    expect(rule.file).toMatch(/test\.rego$/);
    expect(lines(rule.conditions)).toEqual([
      '✓ input.subject.kind == "agent" | input.subject.kind="agent"',
      '✓ some effect in input.command.effects | effect="write"',
      '✓ effect in {"write", "delete"} | effect="write"',
      '✓ message := sprintf("no %s", [effect]) | effect="write" | sprintf("no %s", [effect])="no write" | message="no write"',
    ]);
  });

  test('with several entries gives all of them', async () => {
    const rule = await onlyRule('GET a b c', 'deny contains target.path[0] if some target in input.command.targets');
    expect([rule.given, rule.entries]).toEqual([3, [{ value: 'a' }, { value: 'b' }, { value: 'c' }]]);
  });

  test('without a body has no conditions', async () => {
    expect(await onlyRule('GET a', 'deny contains "always"')).toMatchObject({ conditions: [], held: 0, of: 0 });
  });

  test.each<[string, string, string, Record<string, string>]>([
    [
      'is overruled by a stronger effect',
      'GET a',
      'deny contains "d"\nallow contains "a"\nreview contains "r"',
      { deny: 'decides', allow: 'overruled', review: 'overruled' },
    ],
    [
      'is not admitted for an incomplete command that it does not accept',
      'EVAL x',
      'allow contains "a"\nreview contains {"message": "r", "accept": "incomplete"}',
      { allow: 'not_admitted', review: 'decides' },
    ],
    [
      'brings its obligation along, whatever the effect',
      'GET a',
      'deny contains "d"\nnotify contains {"channel": "c"}\nlimit contains {"rows": 1}',
      { deny: 'decides', notify: 'decides', limit: 'decides' },
    ],
  ])('%s', async (_what, text, rules, verdicts) => {
    const found = (await firstCommand(text, rules)).rules.map(({ rule, verdict }) => [rule, verdict]);
    expect(Object.fromEntries(found)).toEqual(verdicts);
  });
});

describe('a rule that did not fire', () => {
  test.each<[string, string, string[]]>([
    ['a comparison', 'input.subject.kind == "human"', ['✗ input.subject.kind == "human" | input.subject.kind="agent"']],
    [
      'every condition that stands in the way, not only the first',
      'input.subject.kind == "human"\n\tinput.command.verb == "get"\n\tinput.subject.id == "ada"',
      [
        '✗ input.subject.kind == "human" | input.subject.kind="agent"',
        '✓ input.command.verb == "get" | input.command.verb="get"',
        '✗ input.subject.id == "ada" | input.subject.id="bot"',
      ],
    ],
    [
      'a call, with what it gave',
      'count(input.command.targets) > 3',
      [
        '✗ count(input.command.targets) > 3 | input.command.targets=[{"access":"read","kind":"key","path":["a"],"resolution":"exact"},{"access":"read","kind":"key","path":["b"],"resolution":"exact"}] | count(input.command.targets)=2',
      ],
    ],
    [
      'each of several choices of values',
      'some target in input.command.targets\n\ttarget.path[0] == "z"',
      [
        '✓ some target in input.command.targets | target={"access":"read","kind":"key","path":["a"],"resolution":"exact"}',
        '✗ target.path[0] == "z" | target.path[0]="a" | target.path[0]="b"',
      ],
    ],
    [
      'an empty collection, and what needs a value of it',
      'some function in input.command.functions\n\tfunction.known',
      ['✗ some function in input.command.functions | input.command.functions=[]', '· function.known'],
    ],
    [
      'something undefined',
      'input.command.attributes.keyword == "GET"\n\tinput.subject.owner == "ada"',
      [
        '✓ input.command.attributes.keyword == "GET" | input.command.attributes.keyword="GET"',
        '✗ input.subject.owner == "ada" | input.subject.owner=undefined',
      ],
    ],
    [
      'a negation',
      'not input.subject.kind == "agent"',
      ['✗ not input.subject.kind == "agent" | input.subject.kind="agent"'],
    ],
    [
      'a comprehension',
      'names := {target.path[0] | some target in input.command.targets}\n\t"z" in names',
      [
        '✓ names := {target.path[0] | some target in input.command.targets} | names=["a","b"]',
        '✗ "z" in names | names=["a","b"]',
      ],
    ],
    [
      'a condition of a replaced input',
      'input.subject.kind == "human" with input.subject.kind as "ci"',
      ['✗ input.subject.kind == "human" with input.subject.kind as "ci"'],
    ],
  ])('shows %s', async (_what, body, expected) => {
    const rule = await onlyRule('GET a b', `deny contains "d" if {\n\t${body}\n}`);
    expect(lines(rule.conditions)).toEqual(expected);
  });

  test('shows the element for which an every does not hold', async () => {
    const rule = await onlyRule(
      'GET a b',
      'deny contains "d" if every target in input.command.targets { target.kind == "key"; target.path[0] == "a" }',
    );
    const [outcome] = first(rule.conditions).because ?? [];
    expect(outcome).toMatchObject({ kind: 'every', held: false });
    expect(lines(outcome?.stopped === undefined ? [] : [outcome.stopped])).toEqual([
      '✗ target.path[0] == "a" | target.path[0]="b"',
    ]);
  });

  test('shows which body of a helper stopped where', async () => {
    const rule = await onlyRule(
      'GET a',
      'deny contains "d" if trusted\n\ntrusted if input.subject.kind == "human"\n\ntrusted if {\n\tinput.subject.kind == "agent"\n\tinput.subject.owner\n}',
    );
    expect(first(rule.conditions).because).toMatchObject([
      {
        kind: 'rule',
        name: 'policy.test.trusted',
        row: 5,
        held: false,
        stopped: { text: 'input.subject.kind == "human"' },
      },
      { kind: 'rule', name: 'policy.test.trusted', row: 7, held: false, stopped: { text: 'input.subject.owner' } },
    ]);
  });

  test('shows functions with their arguments, and which else gave the value', async () => {
    const rule = await onlyRule(
      'GET a',
      `deny contains "d" if level(input.subject.kind, 1) == "high"

level(kind, _) := "high" if kind == "human"

else := "middle" if kind == "ci"

else := "low"`,
    );
    const [condition] = rule.conditions;
    expect(condition === undefined ? [] : lines([condition])).toEqual([
      '✗ level(input.subject.kind, 1) == "high" | input.subject.kind="agent" | level(input.subject.kind, 1)="low"',
    ]);
    expect(condition?.because).toMatchObject([
      {
        kind: 'rule',
        held: false,
        arguments: [{ name: 'kind', value: 'agent' }],
        stopped: { text: 'kind == "human"' },
      },
      { kind: 'else', held: false, stopped: { text: 'kind == "ci"' } },
      { kind: 'else', held: true, value: { value: 'low' } },
    ]);
  });

  test('tells a function that does not take the arguments from one whose body stopped', async () => {
    const rule = await onlyRule(
      'GET a',
      'deny contains "d" if f(input.subject.kind)\n\nf("human")\n\nf(x) if x == "ci"',
    );
    const because = first(rule.conditions).because ?? [];
    expect(because.map(({ stopped }) => stopped?.text)).toEqual([undefined, 'x == "ci"']);
  });

  test('shows a default that decided', async () => {
    const rule = await onlyRule(
      'GET a',
      'deny contains "d" if level == 2\n\ndefault level := 1\n\nlevel := 2 if false',
    );
    expect(first(rule.conditions).because).toMatchObject([
      { kind: 'rule', held: false },
      { kind: 'default', held: true, value: { value: 1 } },
    ]);
  });

  test('shows an entry that could not be made', async () => {
    const rule = await onlyRule(
      'GET a',
      'deny contains sprintf("%s", [input.subject.owner]) if input.command.complete',
    );
    expect(rule.verdict).toBe('near');
    expect(rule.conditions.map(({ state }) => state)).toEqual(['failed', 'held']);
  });

  test('cuts values that are huge', async () => {
    const text = `GET ${'k'.repeat(100_000)}`;
    const rule = await onlyRule(text, 'deny contains "d" if input.command.text == "x"');
    const [value] = first(first(rule.conditions).tries).values;
    expect(value).toMatchObject({ name: 'input.command.text', length: 100_006 });
    expect(value?.excerpt?.length).toBeLessThan(400);
    expect(value?.value).toBeUndefined();
    const { output } = await run([text, policy('deny contains "d" if input.command.text == "x"')], {
      ...bot,
      all: true,
    });
    expect(output.length).toBeLessThan(5_000);
    expect(output).toContain('(100006 bytes)');
  });

  test('keeps its answer short where thousands of values were tried', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `k${index}`).join(' ');
    const rule = await onlyRule(
      `GET ${names}`,
      'deny contains "d" if {\n\tsome target in input.command.targets\n\tbad(target)\n}\n\nbad(target) if target.path[0] == "z"',
    );
    const failed = rule.conditions.find(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ tried: 3_000 });
    expect(failed?.tries).toHaveLength(5);
    expect(failed?.because?.length).toBeLessThanOrEqual(12);
  });

  test('that cannot be evaluated says why', async () => {
    const { rules, decision, evaluators } = await firstCommand(
      'GET a',
      'deny contains "d" if f(1) == 1\n\nf(x) := x\n\nf(x) := x + input.session.counters.commands + 1',
    );
    expect(decision).toMatchObject({ effect: 'deny', reasons: [{ rule: 'sallyport.error' }] });
    expect(evaluators).toMatchObject({ agree: null });
    expect(rules).toMatchObject([{ verdict: 'error', error: expect.stringContaining('conflict') as string }]);
  });
});

describe('which rules nearly fired', () => {
  test.each<[string, string, string]>([
    ['one condition failed of two', 'input.subject.kind == "agent"\n\tinput.command.verb == "flush"', 'near'],
    ['the first of two failed', 'input.command.verb == "flush"\n\tinput.subject.kind == "agent"', 'near'],
    [
      'two failed of three',
      'input.subject.kind == "human"\n\tinput.command.verb == "flush"\n\tinput.command.complete',
      'far',
    ],
    ['the only one failed', 'input.subject.kind == "human"', 'far'],
    ['the only one besides a binding failed', 'some effect in input.command.effects\n\teffect == "drop"', 'far'],
    [
      'a value was missing for the rest',
      'input.command.complete\n\tsome f in input.command.functions\n\tf.known',
      'far',
    ],
  ])('%s', async (_what, body, verdict) => {
    expect((await onlyRule('GET a', `deny contains "d" if {\n\t${body}\n}`)).verdict).toBe(verdict);
  });

  test('the others are only counted, without --all', async () => {
    const rules =
      'deny contains "d" if input.subject.kind == "human"\nallow contains "a"\nmask contains {"columns": ["c"], "with": "null"} if false';
    const some = await firstCommand('GET a', rules);
    expect([some.rules.map(({ rule }) => rule), some.unlisted]).toEqual([['allow'], { deny: 1, mask: 1 }]);
    const all = await firstCommand('GET a', rules, { all: true });
    expect([all.rules.map(({ rule }) => rule), all.unlisted]).toEqual([['allow', 'deny', 'mask'], {}]);
  });

  test('the nearest come first, and five are enough', async () => {
    const held =
      'input.command.complete; input.command.verb; input.command.text; input.subject.id; input.now; input.stage';
    const rules = [1, 2, 3, 4, 5, 6].map(
      (count) =>
        `deny contains "${count}" if {${held.split('; ').slice(0, count).join('; ')}; input.subject.kind == "human"}`,
    );
    const found = await firstCommand('GET a', `${rules.join('\n')}\nallow contains "a"`);
    expect(found.rules.filter(({ verdict }) => verdict === 'near').map(({ held, of }) => `${held}/${of}`)).toEqual([
      '6/7',
      '5/6',
      '4/5',
      '3/4',
      '2/3',
    ]);
    expect(found.unlisted).toEqual({ deny: 1 });
  });

  test('where nothing allows, the nearest allow is among them, before any deny', async () => {
    const found = await firstCommand(
      'GET a',
      'deny contains "d" if {\n\tinput.command.complete\n\tinput.subject.kind == "human"\n}\nallow contains "far" if {\n\tinput.subject.kind == "human"\n\tinput.subject.id == "x"\n}\nallow contains "near" if input.subject.kind == "ci"',
    );
    expect(found.rules.map(({ rule, row, verdict }) => [rule, row, verdict])).toEqual([
      ['allow', 11, 'near'],
      ['deny', 3, 'near'],
    ]);
    expect(found.unlisted).toEqual({ allow: 1 });
  });

  test('of an incomplete command, those that would accept it are among them', async () => {
    const rules =
      'allow contains "a"\nallow contains {"message": "b", "accept": "incomplete"} if {\n\tinput.subject.kind == "human"\n\tinput.subject.id == "x"\n}';
    const found = await firstCommand('EVAL x', rules);
    expect(found.rules.map(({ verdict, accepts }) => [verdict, accepts])).toEqual([
      ['not_admitted', false],
      ['near', true],
    ]);
    const { output } = await run(['EVAL x', policy(rules)], bot);
    expect(output).toMatch(/incomplete: dynamic_script; accepted by allow .*test\.rego:4 \(did not fire\)\n/);
    const { output: nobody } = await run(['EVAL x', policy('allow contains "a"')], bot);
    expect(nobody).toContain('incomplete: dynamic_script; no allow or review says "accept": "incomplete"');
  });
});

function inputFor(changes: JsonObject = {}): Input {
  return {
    ...inputContext({ dialect: 'kvline', subject: { id: 'bot', kind: 'agent' }, now: '2026-01-01T00:00:00Z' }),
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
      ...changes,
    },
  } as unknown as Input;
}

const flushing = 'deny contains "no flush" if input.command.verb == "flush"\nallow contains "a"';

describe('a session that opens', () => {
  const sessions = `package policy.session

allow contains "people" if {
	input.subject.kind == "human"
	input.client.tls
}
`;
  const { command: _none, ...surroundings } = inputFor();
  const opening: Input = { ...surroundings, stage: 'session' };

  function policies(): string {
    const path = mkdtempSync(join(folder, 'sessions-'));
    writeFileSync(join(path, 'session.rego'), sessions);
    writeFileSync(
      join(path, 'commands.rego'),
      'package policy.commands\n\nallow contains "x" if input.command.complete\n',
    );
    return path;
  }

  test.each<[string, () => readonly [readonly string[], ExplainOptions]]>([
    ['by what surrounds it', () => [[policies()], { stage: 'session', subject: 'bot,agent' }]],
    ['as an input', () => [[JSON.stringify(opening), policies()], {}]],
    [
      'as the first event of a recording',
      () => [
        [`${writeRecording(join(folder, 'o.jsonl'), recordingOf([opening, inputFor()]))}#0`, policies()],
        { dialect: kvline },
      ],
    ],
    [
      'as the decision on it',
      () => [
        [policies()],
        {
          dialect: kvline,
          recording: writeRecording(join(folder, 'o.jsonl'), recordingOf([opening, inputFor()])),
          seq: '1',
        },
      ],
    ],
  ])('is explained by its own rules alone: %s', async (_how, given) => {
    const [positional, options] = given();
    const { exitCode, output } = await run(positional, { ...options, format: 'json', all: true });
    expect(exitCode).toBe(0);
    const { commands, decision } = JSON.parse(output) as Explanation;
    expect(decision).toMatchObject({ effect: 'deny', reasons: [{ message: 'no rule allows this session' }] });
    expect(commands).toMatchObject([
      {
        stage: 'session',
        decision: { effect: 'deny' },
        evaluators: { agree: true },
        rules: [{ package: 'policy.session' }],
      },
    ]);
    expect(commands[0]?.rules).toHaveLength(1);
    expect(commands[0]).not.toHaveProperty('command');
  });

  test('says so', async () => {
    const { output } = await run([policies()], { stage: 'session', subject: 'bot,agent' });
    expect(output).toMatch(/^1\. a session opens\n\ndeny\n/);
    expect(output).toContain('Nearly fired');
  });

  test('is no event of a recording that is named besides', async () => {
    const file = writeRecording(join(folder, 'o.jsonl'), recordingOf([inputFor()]));
    const asked = run([policies()], { stage: 'session', subject: 'bot,agent', recording: file, seq: '1' });
    await expect(asked).rejects.toMatchObject({ code: 'SP_USAGE' });
  });
});

describe('an event of a recording', () => {
  const explainEvent = async (positional: readonly string[], options: ExplainOptions) => {
    const { exitCode, output } = await run(positional, { dialect: kvline, ...options, format: 'json' });
    return { exitCode, explanation: JSON.parse(output) as Explanation };
  };

  test.each([
    ['--recording FILE --seq N', (file: string) => [[], { recording: file, seq: '1' }] as const],
    ['--recording FILE#N', (file: string) => [[], { recording: `${file}#1` }] as const],
    ['FILE#N', (file: string) => [[`${file}#1`], {}] as const],
    ['its decision', (file: string) => [[], { recording: file, seq: '2' }] as const],
    ['its result', (file: string) => [[], { recording: file, seq: '3' }] as const],
  ])('is named by %s', async (_form, name) => {
    const file = writeRecording(join(folder, 'named.jsonl'), recordingOf([inputFor()]));
    const [positional, options] = name(file);
    const { exitCode, explanation } = await explainEvent([...positional, policy(flushing)], options);
    expect(exitCode).toBe(0);
    expect(explanation).toMatchObject({
      source: { kind: 'recording', file, row: 2, seq: 1, session: 's', reparsed: false, decision: { effect: 'allow' } },
      commands: [{ command: { verb: 'flush' }, decision: { effect: 'deny' } }],
      diagnostics: [],
    });
  });

  test('may be packed, and what it was decided then is told', async () => {
    const file = writeRecording(join(folder, 'packed.jsonl.gz'), recordingOf([inputFor(), inputFor()]));
    const { output } = await run([policy(flushing)], { dialect: kvline, recording: file, seq: '4' });
    expect(output).toContain(`${file}:5 event 4, decided then: allow\n`);
    expect(output).toContain('changed: it was allow when it was recorded (revision then)');
  });

  test('is taken as it was recorded, or parsed again', async () => {
    const file = writeRecording(join(folder, 'old.jsonl'), recordingOf([inputFor({ verb: 'old', effects: ['read'] })]));
    const asIs = await explainEvent([policy(flushing)], { recording: file, seq: '1' });
    expect(asIs.explanation.commands).toMatchObject([{ command: { verb: 'old' }, decision: { effect: 'allow' } }]);
    const again = await explainEvent([policy(flushing)], { recording: file, seq: '1', reparse: true });
    expect(again.explanation).toMatchObject({
      source: { reparsed: true },
      commands: [{ command: { verb: 'flush' }, decision: { effect: 'deny' } }],
    });
  });

  test('with secrets cut out of its text is not parsed again', async () => {
    const input = inputFor({ text: 'AUTH ***', secrets: [{ start: 5, end: 8 }] });
    const file = writeRecording(join(folder, 'secret.jsonl'), recordingOf([input]));
    await expect(
      run([policy(flushing)], { dialect: kvline, recording: file, seq: '1', reparse: true }),
    ).rejects.toMatchObject({ code: 'SP_USAGE', message: expect.stringContaining('secrets') as string });
  });

  const damaged = (change: (lines: string[]) => void): string => {
    const text = recordingOf([inputFor(), inputFor()]).split('\n');
    change(text);
    return writeRecording(join(mkdtempSync(join(folder, 'damaged-')), 'r.jsonl'), text.join('\n'));
  };

  test('whose line is no JSON is an error with its line', async () => {
    const file = damaged((text) => {
      text[1] = (text[1] ?? '').replace('"type"', '"ty');
    });
    await expect(run([policy(flushing)], { recording: file, seq: '1' })).rejects.toMatchObject({
      code: 'SP_RECORDING_DAMAGED',
      message: `${file}:2: event 1 cannot be read: the line is not JSON.`,
    });
  });

  test('whose line is cut off is an error with its line', async () => {
    const file = damaged((text) => {
      text.splice(4, text.length, (text[4] ?? '').slice(0, 100));
    });
    await expect(run([policy(flushing)], { recording: file, seq: '4' })).rejects.toMatchObject({
      code: 'SP_RECORDING_DAMAGED',
      message: expect.stringContaining(`${file}:5: event 4 cannot be read: the last line is cut off`) as string,
    });
  });

  test('that was changed is explained, and the exit code says so', async () => {
    const file = damaged((text) => {
      text[1] = (text[1] ?? '').replace('"id":"bot"', '"id":"bob"');
    });
    const { exitCode, explanation } = await explainEvent([policy(flushing)], { recording: file, seq: '1' });
    expect(exitCode).toBe(1);
    expect(explanation.diagnostics).toMatchObject([{ severity: 'error', code: 'SP_RECORDING_DAMAGED', file, row: 2 }]);
  });

  test('is explained beside damage elsewhere, which is only told', async () => {
    const file = damaged((text) => {
      text[4] = 'nonsense';
    });
    const { exitCode, explanation } = await explainEvent([policy(flushing)], { recording: file, seq: '1' });
    expect(exitCode).toBe(0);
    expect(explanation.diagnostics).toMatchObject([{ severity: 'warning', code: 'SP_RECORDING_DAMAGED', row: 5 }]);
  });

  test.each<[string, ExplainOptions, RegExp]>([
    ['that is not there', { seq: '99' }, /There is no event 99 in .*: it has events 0 to 7\./],
    ['of another type', { seq: '0' }, /Event 0 of .* is of type start, and no command\./],
    ['without a number', {}, /Which event of the recording\?/],
    ['with a number that is none', { seq: '-1' }, /--seq must be a number from 0/],
    [
      'of a file that is not there',
      { recording: '/no/such.jsonl', seq: '1' },
      /The recording \/no\/such\.jsonl cannot be read/,
    ],
  ])('%s is wrong usage', async (_what, options, message) => {
    const recording = writeRecording(join(folder, 'usage.jsonl'), recordingOf([inputFor(), inputFor()]));
    const failing = run([policy(flushing)], { recording, ...options });
    await expect(failing).rejects.toMatchObject({ code: 'SP_USAGE' });
    await expect(failing).rejects.toThrow(message);
  });

  test('that is not there is answered with those that are', async () => {
    const recording = writeRecording(join(folder, 'help.jsonl'), recordingOf([inputFor(), inputFor()]));
    await expect(run([policy(flushing)], { recording, seq: '99' })).rejects.toMatchObject({
      help: 'Commands are events 1, 4; `sallyport recordings show` prints them.',
    });
  });
});

describe('a bundle', () => {
  /** A bundle with or without the Rego that it was built of. */
  async function bundle(rules: string, withSources: boolean, entrypoints: string[] = []): Promise<string> {
    const library = await readLibrary();
    const { result } = await compiler.build({
      modules: { ...library.modules, 'own.rego': `package policy.test\n\n${rules}\n` },
      builtins: suppliedBuiltins,
      entrypoints: [DECISION_ENTRYPOINT, ...entrypoints],
      revision: 'r1',
    });
    const place = mkdtempSync(join(folder, 'bundle-'));
    const file = join(place, 'bundle.tar.gz');
    if (withSources) writeFileSync(file, result?.bundle ?? '');
    else {
      mkdirSync(join(place, 'files'));
      writeFileSync(join(place, 'files', 'policy.wasm'), result?.wasm ?? '');
      writeFileSync(join(place, 'files', '.manifest'), '{"revision": "bare"}');
      await createTar({ gzip: true, file, cwd: join(place, 'files') }, ['policy.wasm', '.manifest']);
    }
    return file;
  }

  test('is explained by the Rego inside it', async () => {
    const file = await bundle(flushing, true);
    for (const [positional, options] of [
      [['FLUSH', file], {}],
      [['FLUSH'], { bundle: [file] }],
    ] as const) {
      const { output } = await run(positional, { ...bot, ...options, format: 'json' });
      const { revision, commands } = JSON.parse(output) as Explanation;
      expect(revision).toBe('r1');
      expect(commands).toMatchObject([
        { decision: { effect: 'deny' }, evaluators: { agree: true }, rules: [{ verdict: 'decides', row: 3 }, {}] },
      ]);
      expect(commands[0]?.rules[0]?.file).toBe(`${file}:own.rego`);
    }
  });

  test('with rules that it holds only compiled says which', async () => {
    const { exitCode, output } = await run(['FLUSH', await bundle(flushing, true, ['policy/test/deny'])], {
      ...bot,
      format: 'json',
    });
    const { decision, diagnostics, commands } = JSON.parse(output) as Explanation;
    expect([exitCode, decision.effect]).toEqual([0, 'deny']);
    expect(diagnostics).toContainEqual(
      expect.objectContaining({
        code: 'rules_only_compiled',
        message: expect.stringContaining('policy/test/deny') as string,
      }),
    );
    expect(commands).toMatchObject([{ evaluators: { agree: null } }]);
  });

  test('without Rego says what is missing', async () => {
    await expect(run(['FLUSH', await bundle(flushing, false)], bot)).rejects.toMatchObject({
      code: 'SP_BUNDLE_INVALID',
      message: expect.stringContaining('holds no Rego') as string,
      help: expect.stringContaining('give the folder that it was built of') as string,
    });
  });
});

describe('what is given', () => {
  test('may stand on standard input, as a statement or as an input', async () => {
    const statement = await run(['-', policy(flushing)], { ...bot, format: 'json' }, ['FLUSH']);
    expect(JSON.parse(statement.output)).toMatchObject({ source: { text: 'FLUSH' }, decision: { effect: 'deny' } });
    const input = await run(['-', policy(flushing)], { format: 'json' }, [
      JSON.stringify({
        ...inputFor(),
        command: { ...inputFor().command, dialect: 'postgres', attributes: { statement: 'x' } },
      }),
    ]);
    expect(JSON.parse(input.output)).toMatchObject({ source: { kind: 'input' }, decision: { effect: 'deny' } });
  });

  test.each<[string, string[], ExplainOptions, string]>([
    ['no policy', ['GET a', '/no/such/folder'], bot, 'SP_BUNDLE_NOT_FOUND'],
    ['no subject', ['GET a', '.'], { dialect: kvline }, 'SP_USAGE'],
    ['an unknown dialect', ['GET a', '.'], { dialect: 'no_such', subject: 'a,human' }, 'SP_USAGE'],
    ['no dialect', ['GET a', '.'], {}, 'SP_EVAL_INPUT_INVALID'],
    ['--seq alone', ['GET a', '.'], { ...bot, seq: '1' }, 'SP_USAGE'],
    ['places in two ways', ['GET a', '.'], { ...bot, bundle: ['x'] }, 'SP_USAGE'],
  ])('is refused with %s', async (_what, positional, options, code) => {
    await expect(run(positional, options)).rejects.toMatchObject({ code });
  });

  test('a policy that does not compile is refused with its place', async () => {
    const file = policy('deny contains "x" if input.command.fucntions == 1');
    await expect(run(['GET a', file], bot)).rejects.toMatchObject({
      code: 'SP_POLICY_INVALID',
      diagnostics: [{ file, row: 3 }],
    });
  });

  test('a folder without Rego is refused', async () => {
    await expect(run(['GET a', mkdtempSync(join(folder, 'empty-'))], bot)).rejects.toMatchObject({
      code: 'SP_BUNDLE_NOT_FOUND',
    });
  });
});

test('for a person', async () => {
  const file = policy(`# METADATA
# title: No flushing
# custom: {id: KV-1, severity: critical, remediation: "Delete by name."}
deny contains {"rule": rego.metadata.rule(), "message": "no flush"} if {
	agent
	some effect in input.command.effects
	effect in {"truncate", "drop"}
}

agent if input.subject.kind == "agent"

allow contains "people flush" if {
	"truncate" in input.command.effects
	not agent
}

allow contains "reading" if every effect in input.command.effects { effect == "read" }`);
  const { exitCode, output } = await run(['FLUSH', file], bot);
  expect(exitCode).toBe(0);
  expect(output).toBe(`1. flush  complete
   text        FLUSH
   effects     truncate
   attributes  keyword: "FLUSH"
               arguments: 0
   fingerprint ["FLUSH"]

deny
   KV-1 no flush (critical)
   instead: Delete by name.

Fired
  deny KV-1 No flushing  ${file}:6
     ✓ agent
         ✓ policy.test.agent  ${file}:12
     ✓ some effect in input.command.effects  ← effect is "truncate"
     ✓ effect in {"truncate", "drop"}  ← effect is "truncate"
     → no flush

Nearly fired
  allow contains "people flush"  ${file}:14  1 of 2
     ✓ "truncate" in input.command.effects
     ✗ not agent
         ✓ policy.test.agent  ${file}:12

1 more rule did not fire (1 allow); --all shows them
`);
});
