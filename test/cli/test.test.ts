import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runTest, type TestOptions } from '../../cli/commands/test.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { fakeStreams } from './fake-streams.ts';

const kvline = fileURLToPath(new URL('../../examples/third-party-dialect/index.js', import.meta.url));

// Each test compiles policies of its own, and a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

// Cold, it takes a second or two; warm, a tenth of that.
const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A folder of its own with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(root, 'case-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

async function run(paths: string | string[], options: TestOptions = {}) {
  const streams = fakeStreams([]);
  const exitCode = await runTest(
    typeof paths === 'string' ? [paths] : paths,
    { dialect: [kvline], ...options },
    streams,
    compiler,
  );
  return { exitCode, output: streams.output() };
}

interface JsonReport {
  cases: {
    suite: string;
    name: string;
    status: string;
    row?: number;
    message?: string;
    explanation?: string;
    output?: string;
  }[];
  findings: { file: string; row: number; code: string; message: string }[];
}

async function report(paths: string | string[], options: TestOptions = {}) {
  const { exitCode, output } = await run(paths, { ...options, format: 'json' });
  const { cases, findings } = JSON.parse(output) as JsonReport;
  return { exitCode, cases, findings, statuses: cases.map(({ name, status }) => `${name}: ${status}`) };
}

const policy = `package policy.kv

# METADATA
# title: Nobody empties the store
# custom: {id: KV-1}
deny contains {"rule": rego.metadata.rule(), "message": "FLUSH empties the store"} if "truncate" in input.command.effects

allow contains "reading" if input.command.effects == ["read"]

allow contains "people write" if {
	input.subject.kind == "human"
	every effect in input.command.effects { effect in {"read", "write"} }
}

terminate contains "enough" if input.session.counters.denied > 1
`;

const header = `dialect: kvline
subjects: { bot: 'bot,agent', ada: 'ada,human' }
`;

describe('tests in Rego', () => {
  const tests = `package policy.kv_test

import data.policy.kv

test_flush if count(kv.deny) == 1 with input as {"command": {"effects": ["truncate"]}}

test_wrong if {
	expected := 2
	found := count(kv.deny) with input as {"command": {"effects": ["truncate"]}}
	print("found", found)
	found == expected
}

test_table[name] if {
	some name, effect in {"reads": "read", "writes": "write"}
	count(kv.allow) > 0 with input as {"subject": {"kind": "agent"}, "command": {"effects": [effect]}}
}

todo_test_later if false
`;

  test('tell what is not true, with its values, what was printed, and what is left for later', async () => {
    const { exitCode, cases } = await report(folder({ 'kv.rego': policy, 'kv_test.rego': tests }));
    expect(exitCode).toBe(1);
    expect(cases).toMatchObject([
      { suite: 'policy.kv_test', name: 'test_flush', status: 'passed', row: 5 },
      {
        name: 'test_wrong',
        status: 'failed',
        row: 7,
        message: 'not true: found == expected',
        explanation: expect.stringMatching(/kv_test\.rego:11\n[^]*\b2\b[^]*\b1\b/) as string,
        output: 'found 1\n',
      },
      { name: 'test_table', status: 'failed', message: 'failed for writes' },
      { name: 'todo_test_later', status: 'skipped' },
    ]);
  });

  test('that do not hold for --run are left out', async () => {
    const path = folder({ 'kv.rego': policy, 'kv_test.rego': tests });
    expect((await report(path, { run: 'kv_test\\.test_fl' })).statuses).toEqual(['test_flush: passed']);
  });

  test('those of the library are not among them, unless its folder is given', async () => {
    const ours = await report(folder({ 'kv.rego': policy, 'kv_test.rego': tests }));
    expect(ours.cases.filter(({ suite }) => suite.startsWith('sallyport'))).toEqual([]);
    const { exitCode, cases } = await report('policies/lib');
    expect(exitCode).toBe(0);
    expect(cases.length).toBeGreaterThan(20);
  });
});

describe('case files', () => {
  test('are judged by the policy as in a gateway', async () => {
    const { exitCode, statuses } = await report(
      folder({
        'kv.rego': policy,
        'kv_cases.yaml': `${header}
cases:
  - { name: read, subject: bot, statement: GET a, expect: allow policy.kv.allow }
  - { name: write, subject: bot, statement: SET a 1, expect: deny only sallyport.no_allow }
  - { name: flush, subject: ada, statement: FLUSH, expect: { effect: deny, rules: [KV-1], message: empties, command: { verb: flush } } }
  - { name: script, subject: ada, statement: "SET a 1\\nFLUSH", expect: { effect: deny, commands: [effect: allow, rules: [KV-1]] } }
  - { name: nothing to do, subject: bot, statement: '# nothing', expect: allow }
  - { name: later, skip: not yet, subject: bot, statement: GET a, expect: deny }
matrices:
  - name: table
    subjects: [bot, ada]
    statements:
      SET a 1: [deny, allow]
`,
      }),
    );
    expect(statuses).toEqual([
      'read: passed',
      'write: passed',
      'flush: passed',
      'script: passed',
      'nothing to do: passed',
      'later: skipped',
      'table: SET a 1 as bot: passed',
      'table: SET a 1 as ada: passed',
    ]);
    expect(exitCode).toBe(0);
  });

  test('a session goes on from step to step: effects of what was released, denials counted', async () => {
    const said = `package policy.said
allow contains sprintf("%v %v %v", [input.session.effects, input.session.counters.commands, input.session.counters.denied]) if input.command.verb != "flush"
`;
    const { exitCode, cases } = await report(
      folder({
        'said.rego': said,
        'said_cases.yaml': `${header}
cases:
  - name: session
    subject: bot
    steps:
      - { statement: GET a, expect: { effect: allow, message: '[] 0 0' } }
      - { statement: "SET a 1\\nFLUSH", expect: deny }
      - { statement: GET a, expect: { effect: allow, message: '["read"] 3 2' } }
      - { statement: GET a, session: { counters: { denied: 9 } }, expect: { effect: allow, message: '["read"] 4 9' } }
`,
      }),
    );
    expect(cases).toMatchObject([{ status: 'passed' }]);
    expect(exitCode).toBe(0);
  });

  describe('sessions that open', () => {
    const hours = `package policy.session.hours

allow contains "by day" if {
	[hour, _, _] := time.clock(time.parse_rfc3339_ns(input.now))
	hour >= 8
	hour < 18
}

settings contains {"statement_timeout": "30s"} if input.subject.kind == "agent"
`;

    test('are judged by the packages under policy.session, and by the clock of the case', async () => {
      const path = folder({
        'kv.rego': policy,
        'hours.rego': hours,
        'hours_cases.yaml': `${header}
cases:
  - { name: day, stage: session, subject: ada, expect: { effect: allow, obligations_exactly: [] } }
  - { name: night, stage: session, subject: ada, now: '2026-01-01T03:00:00Z', expect: deny only sallyport.no_allow }
  - { name: given, stage: session, subject: bot, expect: { effect: allow, obligations: [{ kind: settings, settings: { statement_timeout: 30s } }] } }
  - { name: command, subject: bot, now: '2026-01-01T03:00:00Z', statement: GET a, expect: allow }
`,
      });
      const { exitCode, statuses } = await report(path);
      expect(statuses).toEqual(['day: passed', 'night: passed', 'given: passed', 'command: passed']);
      expect(exitCode).toBe(0);
      const { output } = await run(path, { coverage: true });
      expect(output).toMatch(/hours\.rego\s+100 %/);
    });

    test('say what was decided, and how to go on, where it is not what is expected', async () => {
      const path = folder({
        'hours.rego': hours,
        'hours_cases.yaml': `${header}cases:\n  - { stage: session, subject: bot, expect: deny }\n`,
      });
      const { exitCode, cases } = await report(path);
      expect(exitCode).toBe(1);
      expect(cases).toMatchObject([
        { name: 'a session of bot', status: 'failed', message: 'effect: expected deny, found allow' },
      ]);
      const explanation = cases[0]?.explanation ?? '';
      expect(explanation).toMatch(/^session {4}it opens$/m);
      expect(explanation).toMatch(/^decision {3}allow policy\.session\.hours\.allow: by day$/m);
      expect(explanation).toMatch(/^owed {7}.*statement_timeout/m);
      expect(explanation).toMatch(/^fired {6}policy\.session\.hours\.allow .*hours\.rego:3$/m);
      expect(explanation).toMatch(/^explain {4}sallyport explain '\{.*"stage":"session"/m);
    });
  });

  test('one that fails says the difference first, then command, decision, rules with their places, and how to go on', async () => {
    const path = folder({
      'kv.rego': policy,
      'kv_cases.yaml': `${header}cases:\n  - name: people flush\n    subject: ada\n    statement: FLUSH\n    expect: allow\n`,
    });
    const { exitCode, output } = await run(path);
    expect(exitCode).toBe(1);
    const lines = output.split('\n').map((line) => line.trim().replace(/^│ /, ''));
    const from = lines.findIndex((line) => line.includes('people flush'));
    expect(lines[from]).toMatch(/failed .*kv_cases\.yaml › people flush .*kv_cases\.yaml:4/);
    expect(lines.slice(from + 1, from + 10)).toEqual([
      'effect: expected allow, found deny',
      'expected   allow',
      'actual     deny KV-1',
      'statement  FLUSH',
      'command    flush [truncate]',
      'attributes {"keyword":"FLUSH","arguments":0}',
      'decision   deny KV-1: FLUSH empties the store',
      `fired      KV-1 policy.kv.deny ${path}/kv.rego:6`,
      `explain    sallyport explain --dialect ${kvline} --subject ada,human --now 2026-01-01T12:00:00Z FLUSH ${path}`,
    ]);
  });

  test('a policy that runs away fails its case with its code, whatever was expected', async () => {
    const { exitCode, cases } = await report(
      folder({
        'slow.rego':
          'package policy.slow\nallow contains "x" if count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a == b]) > 0\n',
        'slow_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: deny }\n`,
      }),
    );
    expect(cases).toMatchObject([
      { status: 'error', message: expect.stringMatching(/^SP_EVAL_FUEL_EXHAUSTED/) as string },
    ]);
    expect(exitCode).toBe(1);
  });

  test('are judged by the policies that they name, and by no others', async () => {
    const path = folder({
      'kv.rego': policy,
      'own/own.rego': 'package policy.own\nallow contains "all"\n',
      'own/own_cases.yaml': `policies: .\n${header}cases:\n  - { subject: bot, statement: FLUSH, expect: allow only policy.own.allow }\n`,
      'both_cases.yaml': `${header}cases:\n  - { subject: bot, statement: FLUSH, expect: deny only KV-1 }\n`,
    });
    expect((await report(path)).cases.map(({ status }) => status)).toEqual(['passed', 'passed']);
  });

  test('may stand apart from policies, and be named one by one', async () => {
    const path = folder({
      'policies/kv.rego': policy,
      'cases/kv_cases.yaml': `policies: ../policies\n${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
    });
    expect((await report(join(path, 'cases'))).statuses).toEqual(['GET a as bot: passed']);
    expect((await report(join(path, 'cases', 'kv_cases.yaml'))).statuses).toEqual(['GET a as bot: passed']);
  });

  test('--run takes cases by file and name', async () => {
    const path = folder({
      'kv.rego': policy,
      'kv_cases.yaml': `${header}subject: bot\ncases:\n  - { name: one, statement: GET a, expect: allow }\n  - { name: two, statement: GET b, expect: deny }\n`,
    });
    expect((await report(path, { run: 'kv_cases.yaml: one$' })).statuses).toEqual(['one: passed']);
  });

  test('--bail ends with the first that does not pass', async () => {
    const path = folder({
      'kv.rego': policy,
      'kv_cases.yaml': `${header}subject: bot\ncases:\n  - { name: one, statement: GET a, expect: deny }\n  - { name: two, statement: GET b, expect: deny }\n`,
    });
    expect((await report(path, { bail: true })).statuses).toEqual(['one: failed']);
  });
});

describe('coverage', () => {
  const files = {
    'kv.rego': policy,
    'kv_test.rego':
      'package policy.kv_test\nimport data.policy.kv\ntest_flush if count(kv.deny) == 1 with input as {"command": {"effects": ["truncate"]}}\n',
    'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
  };
  const more = `  - { subject: ada, statement: SET a 1, session: { counters: { denied: 2 } }, expect: allow }\n`;

  test('is that of tests and cases together, and fails below --threshold', async () => {
    const path = folder(files);
    const { exitCode, output } = await run(path, {
      threshold: 100,
      coverageReport: [{ format: 'lcov', file: join(path, 'out', 'lcov.info') }],
    });
    expect(exitCode).toBe(1);
    expect(output).toMatch(/coverage is [\d.]+ %, less than 100 %/);
    expect(output).toMatch(/policy\.kv\.terminate\s.*kv\.rego:15/);
    expect(output).not.toMatch(/policy\.kv\.deny\s/);
    const lcov = readFileSync(join(path, 'out', 'lcov.info'), 'utf8');
    expect(lcov).toContain('DA:6,1\n');
    expect(lcov).toContain('DA:15,0\n');
    expect(lcov).not.toContain('kv_test.rego');
  });

  test('of everything', async () => {
    const path = folder({ ...files, 'kv_cases.yaml': files['kv_cases.yaml'] + more });
    const { exitCode, output } = await run(path, { threshold: 100 });
    expect(output).toMatch(/all\s+100 %\s+4\/4/);
    expect(exitCode).toBe(0);
  });

  test('of case files alone', async () => {
    const path = folder({ 'kv.rego': policy, 'kv_cases.yaml': files['kv_cases.yaml'] + more });
    expect((await run(path, { threshold: 90 })).exitCode).toBe(1);
    expect((await run(path, { threshold: 50 })).exitCode).toBe(0);
  });
});

test('a policy that runs away is not run again for its coverage', async () => {
  const slow = `package policy.slow
allow contains "x" if {
	input.command.verb == "get"
	count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a == b]) > 0
}
`;
  const path = folder({
    'slow.rego': slow,
    'slow_cases.yaml': `${header}subject: bot\ncases:\n  - { statement: GET a, expect: deny sallyport.error }\n  - { statement: SET a 1, expect: deny }\n`,
  });
  const { exitCode, output } = await run(path, { coverage: true });
  expect(exitCode).toBe(0);
  expect(output).toMatch(/policy\.slow\.allow\s/);
});

describe('what cannot be run', () => {
  test.each<[string, Record<string, string>, TestOptions, RegExp]>([
    ['an empty folder', {}, {}, /There is no Rego in/],
    ['policies without tests or cases', { 'kv.rego': policy }, {}, /neither tests .* nor case files/],
    [
      'a filter that matches nothing',
      {
        'kv.rego': policy,
        'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
      },
      { run: 'nothing' },
      /No test and no case matches --run nothing/,
    ],
    ['a filter that is none', { 'kv.rego': policy }, { run: '(' }, /--run is not a regular expression/],
  ])('%s is an error', async (_what, files, options, message) => {
    await expect(run(folder(files), options)).rejects.toThrow(message);
  });

  test('a folder that is not there', async () => {
    await expect(run(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'SP_BUNDLE_NOT_FOUND' });
  });

  test('nothing to run is fine where that is said', async () => {
    expect((await run(folder({ 'kv.rego': policy }), { passWithNoTests: true })).exitCode).toBe(0);
  });

  test('a policy that does not compile is a finding, each place once', async () => {
    const path = folder({
      'kv.rego': 'package policy.kv\nallow contains "x" if input.command.fucntions\n',
      'kv_test.rego': 'package policy.kv_test\ntest_x if true\n',
      'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
    });
    const { exitCode, findings, cases } = await report(path);
    expect(exitCode).toBe(2);
    expect(cases).toEqual([]);
    expect(findings).toMatchObject([{ file: join(path, 'kv.rego'), row: 2, code: 'rego_type_error' }]);
  });

  test('a case file that is not valid is a finding; the others are run all the same', async () => {
    const path = folder({
      'kv.rego': policy,
      'a_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a }\n`,
      'b_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
      'c_cases.yaml': '',
    });
    const { exitCode, findings, statuses } = await report(path);
    expect(exitCode).toBe(2);
    expect(findings.map(({ code, file, row }) => [code, file, row])).toEqual([
      ['SP_CASES_INVALID', join(path, 'a_cases.yaml'), 4],
      ['SP_CASES_INVALID', join(path, 'c_cases.yaml'), 1],
    ]);
    expect(statuses).toEqual(['GET a as bot: passed']);
  });

  test('an unknown dialect', async () => {
    const path = folder({
      'kv.rego': policy,
      'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
    });
    const { exitCode, findings } = await report(path, { dialect: [] });
    expect(exitCode).toBe(2);
    expect(findings).toMatchObject([{ row: 1, message: 'there is no dialect "kvline"' }]);
  });
});

describe('what goes wrong on the way', () => {
  const cases = (more = '') => `${more}${header}cases:\n  - { subject: bot, statement: GET a, expect: deny }\n`;

  test('policies that a case file names and nobody has', async () => {
    const path = folder({ 'kv.rego': policy, 'kv_cases.yaml': cases('policies: ../gone\n') });
    const { exitCode, findings } = await report(path);
    expect(exitCode).toBe(2);
    expect(findings).toMatchObject([{ code: 'SP_BUNDLE_NOT_FOUND', file: join(path, 'kv_cases.yaml') }]);
  });

  test('a dialect that throws fails its cases', async () => {
    const dialect = `export default { apiVersion: 1, name: 'kvline', attributesSchema: {}, parse() { throw new Error('broken'); } };`;
    const path = folder({ 'kv.rego': policy, 'kv_cases.yaml': cases(), 'dialect.mjs': dialect });
    const { exitCode, cases: results } = await report(path, { dialect: [join(path, 'dialect.mjs')] });
    expect(exitCode).toBe(1);
    expect(results).toMatchObject([{ status: 'error', message: 'the dialect kvline failed: broken' }]);
  });

  test('links that lead nowhere, or back up', async () => {
    const path = folder({
      'kv.rego': policy,
      'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: allow }\n`,
    });
    symlinkSync(join(path, 'gone'), join(path, 'gone_cases.yaml'));
    symlinkSync(path, join(path, 'up'));
    expect((await report(path)).statuses).toEqual(['GET a as bot: passed']);
  });

  test.each([
    ['a file of nothing but brackets', '['.repeat(100_000)],
    [
      'aliases without end',
      `a: &a [x, x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e'].map((name, index) => `${name}: &${name} [${`*${'abcd'[index]}, `.repeat(10)}]`).join('\n')}\n`,
    ],
    ['bytes that are no text', '\u0000\u0001'],
  ])('%s', async (_what, text) => {
    const path = folder({ 'kv.rego': policy, 'kv_cases.yaml': text });
    const { exitCode, findings } = await report(path);
    expect(exitCode).toBe(2);
    expect(findings[0]).toMatchObject({ code: 'SP_CASES_INVALID', file: join(path, 'kv_cases.yaml') });
  });

  test('a case file that is not there', async () => {
    const path = folder({ 'kv.rego': policy });
    const { exitCode, findings } = await report(join(path, 'gone_cases.yaml'));
    expect(exitCode).toBe(2);
    expect(findings).toMatchObject([
      { code: 'SP_CASES_INVALID', message: expect.stringContaining('cannot be read') as string },
    ]);
  });
});

describe('--list', () => {
  const files = {
    'kv.rego': policy,
    'kv_test.rego': 'package policy.kv_test\ntest_x if false\ntodo_test_y if true\n',
    'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: GET a, expect: deny }\n`,
  };

  test('names what would be run, as --run sees it, and runs nothing', async () => {
    const path = folder(files);
    const { exitCode, output } = await run(path, { list: true });
    expect(exitCode).toBe(0);
    expect(output.split('\n')).toEqual([
      `data.policy.kv_test.test_x  ${path}/kv_test.rego:2`,
      `data.policy.kv_test.todo_test_y  ${path}/kv_test.rego:3  (skipped)`,
      `${path}/kv_cases.yaml: GET a as bot  ${path}/kv_cases.yaml:4`,
      '',
    ]);
  });

  test('as JSON', async () => {
    const { output } = await run(folder(files), { list: true, format: 'json', run: 'GET' });
    expect(JSON.parse(output)).toMatchObject({
      tests: [{ name: expect.stringMatching(/: GET a as bot$/) as string, row: 4 }],
    });
  });
});

describe('--watch', () => {
  test('runs again when something changes, goes on after errors, and ends with the last result', async () => {
    const path = folder({
      'kv.rego': policy,
      'kv_cases.yaml': `${header}cases:\n  - { subject: bot, statement: SET a 1, expect: allow }\n`,
    });
    const stop = new AbortController();
    const streams = fakeStreams([]);
    const ended = runTest([path], { dialect: [kvline], watch: true }, streams, compiler, stop.signal);
    const runs = (count: number) =>
      expect.poll(() => streams.output().split('Waiting for changes').length - 1, { timeout: 60_000 }).toBe(count);
    await runs(1);
    expect(streams.output()).toContain('1 failed');
    writeFileSync(join(path, 'kv.rego'), 'package policy.kv\nallow if\n');
    await runs(2);
    expect(streams.output()).toContain('rego_parse_error');
    writeFileSync(join(path, 'kv.rego'), `${policy}\nallow contains "all"\n`);
    await runs(3);
    stop.abort();
    expect(await ended).toBe(0);
    expect(streams.output()).toContain('1 passed');
  });

  test('does not go with --list', async () => {
    await expect(run(root, { watch: true, list: true })).rejects.toMatchObject({ code: 'SP_USAGE' });
  });
});

test('the annotated example holds', async () => {
  const { exitCode, cases } = await report('examples/quickstart/policies');
  expect(cases.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(exitCode).toBe(0);
  expect(existsSync('examples/quickstart/policies/shop_cases.yaml')).toBe(true);
});
