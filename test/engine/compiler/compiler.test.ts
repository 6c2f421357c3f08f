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
  ])('%s', async (_name, text, code, row, col, help) => {
    const { result, diagnostics } = await check(text);
    expect(result).toBeUndefined();
    const [first] = diagnostics.filter((one) => one.code === code && one.file === 'p.rego' && one.row === row);
    expect(first, JSON.stringify(diagnostics)).toMatchObject({ severity: 'error', row, col });
    if (help !== undefined) expect(first?.help).toMatch(help);
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
