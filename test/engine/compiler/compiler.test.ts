import { afterAll, describe, expect, it } from 'vitest';
import { suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import type { JsonSchema } from '../../../engine/dialect.ts';
import { contractSchema } from '../../../engine/schema/input-schema.ts';

const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

const attributes: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { limit: { type: 'integer' }, copy: { $ref: '#/$defs/Copy' } },
  $defs: { Copy: { type: 'object', additionalProperties: false, properties: { to: { type: 'string' } } } },
};
const schema = contractSchema('Input', [
  { name: 'toy', attributesSchema: attributes },
  {
    name: 'other',
    attributesSchema: {
      type: 'object',
      additionalProperties: false,
      properties: { argv: { type: 'array', items: { type: 'string' } } },
    },
  },
]);

function check(text: string, more: Record<string, string> = {}) {
  return compiler.check({ modules: { 'p.rego': text, ...more }, schema, builtins: suppliedBuiltins });
}

const head = 'package policy.p\n\n';

describe('check: what is wrong comes back as data, with a place and a way out', () => {
  it.each([
    [
      'a typo in the input',
      `${head}allow contains "x" if input.command.fucntions`,
      'rego_type_error',
      3,
      23,
      /input\.command has: attributes, complete, .*functions/,
    ],
    [
      'a typo in an attribute',
      `${head}allow contains "x" if input.command.attributes.limt`,
      'rego_type_error',
      3,
      23,
      /argv.*copy.*limit|input\.command\.attributes/,
    ],
    [
      'a typo below a referenced definition',
      `${head}allow contains "x" if input.command.attributes.copy.too`,
      'rego_type_error',
      3,
      23,
      undefined,
    ],
    [
      'a typo in an item of a list',
      `${head}allow contains "x" if {\n\tsome t in input.command.targets\n\tt.kindd == "table"\n}`,
      'rego_type_error',
      5,
      2,
      undefined,
    ],
    [
      'a number where a string is',
      `${head}allow contains "x" if input.subject.kind == 7`,
      'rego_type_error',
      3,
      23,
      undefined,
    ],
    ['a syntax error', `${head}allow contains "x" if {`, 'rego_parse_error', 3, 23, undefined],
    ['an unused variable', `${head}allow contains "x" if { y := 1 }`, 'rego_compile_error', 3, 25, undefined],
    [
      'an unused import',
      `package policy.p\n\nimport data.x.y\n\nallow contains "x"`,
      'rego_compile_error',
      3,
      1,
      undefined,
    ],
    [
      'conflicting defaults',
      `${head}default a := 1\n\ndefault a := 2\n\nallow contains "x" if a == 1`,
      'rego_type_error',
      5,
      1,
      undefined,
    ],
    [
      'one name for two kinds of rule',
      `${head}a := 1\n\na contains 2\n\nallow contains "x" if a`,
      'rego_type_error',
      5,
      1,
      undefined,
    ],
    [
      'a builtin that is never supplied',
      `${head}allow contains "x" if http.send({"method": "get", "url": "x"}).status_code == 200`,
      'rego_type_error',
      3,
      23,
      /Sallyport does not supply it: a decision must not wait for the network/,
    ],
    ['a function that nobody has', `${head}allow contains "x" if nonsense(1)`, 'rego_type_error', 3, 23, undefined],
    [
      'a boolean effect rule',
      `${head}deny if input.command.verb == "drop"`,
      'effect_rule_not_a_set',
      3,
      1,
      /deny contains/,
    ],
    ['a default effect rule', `${head}default allow := false`, 'effect_rule_not_a_set', 3, 1, /allow contains/],
    ['an effect rule that is an object', `${head}limit["rows"] := 10`, 'effect_rule_not_a_set', 3, 1, /limit contains/],
    ['an effect rule that is a function', `${head}deny(x) if x`, 'effect_rule_not_a_set', 3, 1, /deny contains/],
    [
      'an effect rule below a variable, which no list of packages can name',
      `${head}team[input.resource.name].deny contains "x"`,
      'effect_rule_not_a_set',
      3,
      1,
      /deny contains/,
    ],
    [
      'a typo of one letter',
      `${head}allow contains "x" if input.command.verbb == "a"`,
      'rego_type_error',
      3,
      23,
      /^did you mean verb\? input\.command has: /,
    ],
    [
      'a part of what has none',
      `${head}allow contains "x" if input.command.verb.name`,
      'rego_type_error',
      3,
      23,
      /^input\.command\.verb is string, which has no parts$/,
    ],
    [
      'a wrong argument',
      `${head}allow contains "x" if upper(input.command.effects) == "A"`,
      'rego_type_error',
      3,
      23,
      /^it is given \(array.* and takes \(x: string/,
    ],
    [
      'a variable without a value',
      `${head}allow contains "x" if input.command.verb == v`,
      'rego_unsafe_var_error',
      3,
      23,
      /give the variable a value/,
    ],
    ['a rule that needs itself', `${head}a if b\n\nb if a`, 'rego_recursion_error', 3, 1, /depend on themselves/],
  ])('%s', async (_name, text, code, row, col, help) => {
    const { result, diagnostics } = await check(text);
    expect(result).toBeUndefined();
    const [first] = diagnostics.filter((one) => one.code === code && one.file === 'p.rego' && one.row === row);
    expect(first, JSON.stringify(diagnostics)).toMatchObject({ severity: 'error', row, col });
    if (help !== undefined) expect(first?.help).toMatch(help);
  });

  it('says where the text that is meant ends', async () => {
    const { diagnostics } = await check(`${head}deny if {\n\tinput.command.complete\n}`);
    expect(diagnostics).toMatchObject([{ row: 3, col: 1, end_row: 5, end_col: 2 }]);
  });

  it('refuses a rule where the data document has a value', async () => {
    const { diagnostics } = await compiler.check({
      modules: { 'p.rego': `${head}limits := 1\n\nallow contains "x" if limits` },
      data: { policy: { p: { limits: { rows: 3 } } } },
    });
    expect(diagnostics).toMatchObject([{ file: 'p.rego', row: 3, help: expect.stringContaining('rename') as string }]);
  });

  it.each([
    ['is not JSON Schema', { type: 'nonsense' }],
    ['refers to another host', { $ref: 'https://schemas.invalid/input.json' }],
    ['refers to nothing', { $ref: '#/$defs/missing' }],
  ])('says so when the schema %s', async (_name, wrong) => {
    const { diagnostics } = await compiler.check({ modules: { 'p.rego': `${head}allow contains "x"` }, schema: wrong });
    expect(diagnostics).toMatchObject([
      { severity: 'error', message: expect.stringContaining('unable to compile the schema') as string },
    ]);
  });

  it('reports the errors of all files at once', async () => {
    const { diagnostics } = await check(`${head}allow contains`, { 'q.rego': 'package policy.q\n\ndeny contains' });
    expect([...new Set(diagnostics.map(({ file }) => file))]).toEqual(['p.rego', 'q.rego']);
  });

  it('accepts what the schema has, in every part of it', async () => {
    const { result, diagnostics } = await check(`${head}allow contains "x" if {
	input.command.attributes.copy.to == "stdout"
	input.command.attributes.argv[0] == "ls"
	input.session.settings.anything == "on"
	input.subject.claims.level > 3
	some effect in input.command.effects
	effect == "read"
}`);
    expect(diagnostics).toEqual([]);
    expect(result).toBeDefined();
  });

  it.each([
    ['denny', 'deny'],
    ['alow', 'allow'],
    ['lmiit', 'limit'],
  ])('warns that a set named %s decides nothing', async (typo, name) => {
    const { result, diagnostics } = await check(`${head}${typo} contains "x"`);
    expect(result).toBeDefined();
    expect(diagnostics).toMatchObject([
      { severity: 'warning', code: 'effect_rule_misspelt', help: `did you mean ${name}?` },
    ]);
  });

  it('leaves packages outside policy alone', async () => {
    const { diagnostics } = await check(`${head}allow contains "x" if data.team.deny`, {
      'team.rego': 'package team\n\ndeny if input.command.complete',
    });
    expect(diagnostics).toEqual([]);
  });
});

describe('collected: every package under policy takes part', () => {
  it('at any depth, by static references, and never a test', async () => {
    const { result } = await check(`${head}allow contains "a"`, {
      'deep.rego': 'package policy.team.pay.prod\n\ndeny contains "b"',
      'root.rego': 'package policy\n\nreview contains "c"',
      'p_test.rego': 'package policy.p_test\n\nallow contains "never"',
      'other.rego': 'package other\n\nallow contains "never"',
    });
    const collected = result?.collected ?? '';
    expect(collected).toContain('data.policy.p.allow');
    expect(collected).toContain('data.policy.team.pay.prod.deny');
    expect(collected).toContain('data.policy.review');
    expect(collected).not.toContain('p_test');
    expect(collected).not.toContain('data.other');
  });

  it('and so does a rule that names its package in its head', async () => {
    const { result } = await check('package policy\n\nteam.deny contains "x" if input.command.complete');
    expect(result?.collected).toContain('data.policy.team.deny');
  });

  it('gives its package to nobody', async () => {
    const { diagnostics } = await check(`${head}allow contains "a"`, {
      'x.rego': 'package sallyport.collected\n\nallow contains {"package": "policy.p", "rule": "allow", "value": "x"}',
    });
    expect(diagnostics).toMatchObject([{ code: 'reserved_package', file: 'x.rego', row: 1 }]);
  });

  it('gives its name to nobody', async () => {
    const { diagnostics } = await check(`${head}allow contains "a"`, { 'sallyport/collected.rego': 'package x' });
    expect(diagnostics).toMatchObject([{ code: 'reserved_file' }]);
  });
});

describe('build', () => {
  const modules = {
    'p.rego': `${head}allow contains "x" if input.command.verb == "select"`,
    'p_test.rego': 'package policy.p_test\n\nimport data.policy.p\n\ntest_a if count(p.allow) == 0 with input as {}',
  };
  const request = {
    modules,
    data: { limits: { rows: 3 } },
    entrypoints: ['policy/p/allow'],
    revision: 'r1',
    schema,
    builtins: suppliedBuiltins,
  };

  it('gives the same bytes for the same request', async () => {
    const [first, second] = [await compiler.build(request), await compiler.build(request)];
    expect(first.diagnostics).toEqual([]);
    expect(first.result?.wasm.length).toBeGreaterThan(1000);
    expect(Buffer.from(first.result?.bundle ?? []).equals(Buffer.from(second.result?.bundle ?? []))).toBe(true);
  });

  it('says which entrypoint is missing', async () => {
    const { result, diagnostics } = await compiler.build({
      ...request,
      entrypoints: ['policy/p/allow', 'policy/nobody'],
    });
    expect(result).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { code: 'entrypoint_undefined', message: expect.stringContaining('policy/nobody') as string },
    ]);
  });
});

describe('reads: what an entrypoint depends on, never too little', () => {
  it.each<[string, string, string[][], boolean]>([
    ['a plain path', 'allow contains "x" if input.command.verb == "a"', [['command', 'verb']], false],
    [
      'two, of which one holds the other',
      'allow contains "x" if { input.command.verb; input.command }',
      [['command']],
      false,
    ],
    [
      'a variable step',
      'allow contains "x" if { some k; input.subject.claims[k] == 1 }',
      [['subject', 'claims']],
      false,
    ],
    ['a step taken from the input', 'allow contains "x" if data.t[input.resource.name]', [['resource', 'name']], false],
    ['through a function', 'f(c) := c.verb\nallow contains "x" if f(input.command) == "a"', [['command']], false],
    ['through a rule of another package', 'allow contains "x" if data.lib.dangerous', [['command', 'effects']], false],
    [
      'through a rule found by a variable',
      'allow contains "x" if { some k; data.lib[k] == true }',
      [
        ['command', 'effects'],
        ['session', 'role'],
      ],
      false,
    ],
    [
      'in a comprehension and an every',
      'allow contains "x" if { every t in input.command.targets { t.kind == "table" }; count([f | some f in input.command.functions]) == 0 }',
      [
        ['command', 'functions'],
        ['command', 'targets'],
      ],
      false,
    ],
    [
      'under with',
      'allow contains "x" if data.lib.dangerous with input.command.verb as input.session.id',
      [
        ['command', 'effects'],
        ['command', 'verb'],
        ['session', 'id'],
      ],
      false,
    ],
    [
      'in an else',
      'a := 1 if input.stage == "x"\nelse := 2 if input.client.tls\nallow contains "x" if a == 2',
      [['client', 'tls'], ['stage']],
      false,
    ],
    [
      "in a default value's rule",
      'default a := 1\na := 2 if input.client.address\nallow contains "x" if a == 2',
      [['client', 'address']],
      false,
    ],
    [
      'nothing for a name that with replaces',
      'f if input.stage == "x"\nallow contains "x" if f with input as {}',
      [['stage']],
      false,
    ],
    ['in the head of an object rule', 'm[input.stage] := 1\nallow contains "x" if m.a', [['stage']], false],
    [
      'by a function that with puts in the place of another',
      'f(_) := 1\ng(_) := 1 if input.stage\nallow contains "x" if f(1) == 1 with f as g',
      [['stage']],
      false,
    ],
    [
      'by a function that with puts in the place of a builtin',
      'g(_) := 1 if input.stage\nallow contains "x" if count([]) == 1 with count as g',
      [['stage']],
      false,
    ],
    ['in a template', 'allow contains $"no {input.command.verb}"', [['command', 'verb']], false],
    [
      'in a default of object.get',
      'allow contains "x" if object.get(input.session, "a", input.stage)',
      [['session'], ['stage']],
      false,
    ],
    [
      'names that hold a NUL, each on its own',
      'allow contains "x" if { input["a\\u0000b"]; input.a }',
      [['a'], ['a\u0000b']],
      false,
    ],
    [
      'nothing for what print shows, which no build keeps',
      'allow contains "x" if { print(input); input.stage }',
      [['stage']],
      false,
    ],
    ['all of it, by walk', 'allow contains "x" if { walk(input, [_, v]); v == 1 }', [[]], false],
    ['all of it, by a variable', 'allow contains "x" if { i := input; i.command.verb == "a" }', [[]], false],
    ['in a head', 'allow contains input.command.text', [['command', 'text']], false],
    ['the clock', 'allow contains "x" if time.now_ns() > 1', [], true],
    ['the clock behind a function', 'late(x) if time.now_ns() > x\nallow contains "x" if late(1)', [], true],
    ['nothing that is not reached', 'other if input.command.verb\nallow contains "x"', [], false],
  ])('%s', async (_name, rules, paths, clock) => {
    const { result, diagnostics } = await compiler.build({
      modules: {
        'p.rego': `${head}${rules}`,
        'lib.rego':
          'package lib\n\ndangerous if "drop" in input.command.effects\n\nprivileged if input.session.role == "root"',
      },
      entrypoints: ['policy/p/allow'],
      revision: '',
    });
    expect(diagnostics).toEqual([]);
    expect({ paths: result?.reads.paths, clock: result?.reads.clock }).toEqual({ paths, clock });
  });
});

describe('comparisons: paths of which only the order among whole numbers counts', () => {
  const denied = ['session', 'counters', 'denied'];

  it.each<[string, string, { path: string[]; bounds: number[]; bound_by: string[] }[]]>([
    [
      'one bound',
      'allow contains "x" if input.session.counters.denied >= 50',
      [{ path: denied, bounds: [50], bound_by: [] }],
    ],
    [
      'several, in any form',
      'allow contains "x" if input.session.counters.denied > 5\ndeny contains "y" if { n := input.session.counters.denied; n < 100; not n == 7; 5 != n }',
      [{ path: denied, bounds: [5, 7, 100], bound_by: [] }],
    ],
    [
      'within a comprehension and an every',
      'allow contains "x" if { every k in [1] { input.session.counters.denied > k; input.session.counters.denied > 3 } }',
      [],
    ],
    ['through a function', 'f(n) if n > 5\nallow contains "x" if f(input.session.counters.denied)', []],
    ['also told', 'allow contains "x" if { n := input.session.counters.denied; n > 5; n % 2 == 0 }', []],
    [
      'told by another rule',
      'allow contains sprintf("%d", [input.session.counters.denied]) if input.session.counters.denied > 5',
      [],
    ],
    ['as a part of what is read', 'allow contains "x" if { input.session.counters.denied > 5; input.session }', []],
    [
      'with a rule that depends on the bundle alone',
      'default most := 50\nmost := data.limits.most\nallow contains "x" if input.session.counters.denied >= most',
      [{ path: denied, bounds: [], bound_by: ['policy/p/most'] }],
    ],
    [
      'with a rule that reads the input',
      'most := count(input.subject.groups)\nallow contains "x" if input.session.counters.denied >= most',
      [],
    ],
    [
      'with a rule that reads the clock',
      'most := time.now_ns()\nallow contains "x" if input.session.counters.denied >= most',
      [],
    ],
    ['with data that no rule gives', 'allow contains "x" if input.session.counters.denied >= data.limits.most', []],
    [
      'in two comprehensions that share a name',
      'most := 50\nallow contains "x" if { a := {1 | x = most}; b := {2 | some x in [1, 2]; input.session.counters.denied > x}; a == b }',
      [],
    ],
    ['with a fraction', 'allow contains "x" if input.session.counters.denied > 5.5', []],
    ['with another path', 'allow contains "x" if input.session.counters.denied > input.session.counters.commands', []],
    ['with a text', 'allow contains "x" if input.session.counters.denied > "5"', []],
    ['put into a set', 'allow contains n if { n := input.session.counters.denied; n > 5 }', []],
    ['found in a list', 'allow contains "x" if { n := input.session.counters.denied; n > 5; n in [6, 7] }', []],
  ])('%s', async (_name, rules, compared) => {
    const { result, diagnostics } = await compiler.build({
      modules: { 'p.rego': `${head}${rules}` },
      entrypoints: ['policy/p/allow', ...(rules.includes('deny contains') ? ['policy/p/deny'] : [])],
      revision: '',
    });
    expect(diagnostics).toEqual([]);
    expect(result?.reads.compared).toEqual(compared);
    for (const { path } of compared) expect(result?.reads.paths).toContainEqual(path);
  });
});

describe('test and format', () => {
  it("runs OPA's own tester", async () => {
    const { result } = await compiler.test({
      modules: {
        'p.rego': `${head}allow contains "x" if input.command.verb == "select"`,
        'p_test.rego': `package policy.p_test

import data.policy.p

test_good if count(p.allow) == 1 with input as {"command": {"verb": "select"}}

test_bad if count(p.allow) == 1 with input as {"command": {"verb": "drop"}}

todo_test_later if false
`,
      },
      schema,
    });
    expect(result?.cases.map(({ name, status }) => [name, status])).toEqual([
      ['test_good', 'passed'],
      ['test_bad', 'failed'],
      ['todo_test_later', 'skipped'],
    ]);
    expect(result?.cases[1]).toMatchObject({ file: 'p_test.rego', row: 7 });
  });

  it('says when the filter is no regular expression', async () => {
    const { diagnostics } = await compiler.test({ modules: { 'p.rego': `${head}allow contains "x"` }, filter: '(' });
    expect(diagnostics).toMatchObject([{ code: 'filter_invalid' }]);
  });

  it('evaluates with errors as data', async () => {
    const conflict = await compiler.evaluate({
      modules: { 'p.rego': `${head}a := 1\n\na := 2` },
      query: 'data.policy.p.a',
    });
    expect(conflict.diagnostics).toMatchObject([{ code: 'eval_conflict_error', file: 'p.rego', row: 5 }]);
    const strict = await compiler.evaluate({ modules: {}, query: 'to_number("x")', strict: true });
    expect(strict.diagnostics).toMatchObject([{ code: 'eval_builtin_error' }]);
  });

  it('formats as opa fmt does', async () => {
    const { result } = await compiler.format({
      modules: { 'p.rego': 'package policy.p\nallow contains   "x" if{ input.x }' },
    });
    expect(result?.modules['p.rego']).toBe('package policy.p\n\nallow contains "x" if input.x\n');
  });
});

describe('the worker behind it', () => {
  it('answers concurrent requests in order, each with its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        compiler
          .evaluate({ modules: {}, query: `x := ${n} + 1` })
          .then(() => compiler.evaluate({ modules: {}, query: `${n} + 1` })),
      ),
    );
    expect(answers.map(({ result }) => result?.value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('answers deep nesting, and the next request', async () => {
    const deep = `${'['.repeat(3000)}${']'.repeat(3000)}`;
    expect((await check(`${head}x := ${deep}\n\nallow contains x`)).diagnostics).toEqual([]);
    const deeper = await check(`${head}x := ${'['.repeat(90_000)}`).catch((error: unknown) => error);
    expect(JSON.stringify(deeper)).toMatch(/recursion depth|SP_COMPILER_FAILED/);
    expect((await check(`${head}allow contains "x"`)).result).toBeDefined();
  });

  it('never gives a late answer to another request', async () => {
    const hasty = createPolicyCompiler({ timeoutMs: 1500 });
    await hasty.evaluate({ modules: {}, query: '0' });
    const slow = hasty.evaluate({ modules: {}, query: 'count([x | some x in numbers.range(1, 4000000)])' });
    const next = hasty.evaluate({ modules: {}, query: '"mine"' }).catch((error: unknown) => error);
    await Promise.allSettled([slow]);
    const answer = await next;
    expect(answer instanceof Error || (answer as { result: { value: unknown } }).result.value === 'mine').toBe(true);
    await hasty.close();
  });

  it('rejects everything that waits when it is closed', async () => {
    const closing = createPolicyCompiler();
    const waiting = Array.from({ length: 4 }, () => closing.evaluate({ modules: {}, query: '1' }));
    const settled = Promise.allSettled(waiting);
    await closing.close();
    expect((await settled).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  it('survives text that is no Rego at all', async () => {
    for (const text of ['', '\u0000', '{'.repeat(20_000), 'package', '\ud800', 'package policy.p\n'.repeat(1000)]) {
      const { diagnostics } = await check(text);
      expect(Array.isArray(diagnostics)).toBe(true);
    }
    expect((await check(`${head}allow contains "x"`)).result).toBeDefined();
  });

  it('gives up a request that takes too long, and answers the next one', async () => {
    const impatient = createPolicyCompiler({ timeoutMs: 1 });
    await expect(impatient.check({ modules: {} })).rejects.toMatchObject({ code: 'SP_COMPILER_TIMEOUT' });
    await impatient.close();
    const patient = createPolicyCompiler();
    expect((await patient.evaluate({ modules: {}, query: '1 + 1' })).result?.value).toBe(2);
    const closing = patient.evaluate({ modules: {}, query: '1 + 1' });
    await Promise.all([patient.close(), expect(closing).rejects.toMatchObject({ code: 'SP_COMPILER_FAILED' })]);
    expect((await patient.evaluate({ modules: {}, query: '2 + 1' })).result?.value).toBe(3);
    await patient.close();
  });

  it('knows which builtins OPA has and which of them are compiled into the module', async () => {
    const builtins = await compiler.builtins();
    const byName = new Map(builtins.map((one) => [one.name, one]));
    expect(builtins.length).toBeGreaterThan(200);
    expect(byName.get('count')).toMatchObject({ native: true, nondeterministic: false });
    expect(byName.get('sprintf')).toMatchObject({ native: false });
    expect(byName.get('time.now_ns')).toMatchObject({ nondeterministic: true });
    for (const name of ['http.send', 'opa.runtime', 'rand.intn', 'uuid.rfc4122', 'net.lookup_ip_addr']) {
      expect(suppliedBuiltins).not.toContain(name);
    }
    expect(suppliedBuiltins.filter((name) => !byName.has(name))).toEqual([]);
  });
});
