import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runCheck, type CheckOptions } from '../../cli/commands/check.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import { fakeStreams } from './fake-streams.ts';
import { PolicyFolder } from './support/policy-folder.ts';

const compiler = createPolicyCompiler();
const folder = new PolicyFolder();
beforeEach(() => {
  folder.clear();
});
afterAll(async () => {
  folder.remove();
  await compiler.close();
});

interface Told {
  summary: string;
  files: string[];
  findings: Diagnostic[];
}

async function check(paths = ['.'], options: Partial<CheckOptions> = {}): Promise<Told & { exitCode: number }> {
  const streams = fakeStreams([]);
  const places = paths.map((path) => (path.startsWith('pack:') ? path : folder.path(path)));
  const exitCode = await runCheck(places, { format: 'json', ...options }, streams, compiler);
  return { exitCode, ...(JSON.parse(streams.output()) as Told) };
}

const good = 'package policy.good\n\nallow contains "reads" if input.command.effects == ["read"]\n';

describe('check', () => {
  test('tells that nothing is wrong', async () => {
    folder.put({ 'good.rego': good });
    const { exitCode, findings, summary, files } = await check();
    expect({ exitCode, findings, summary }).toEqual({
      exitCode: 0,
      findings: [],
      summary: '1 file checked, no findings',
    });
    expect(files).toEqual([folder.path('good.rego')]);
  });

  test('finds everything at once, in whichever file and at whichever stage of the compiler', async () => {
    folder.put({
      'good.rego': good,
      'syntax.rego': 'package policy.syntax\n\nallow contains "x" if {',
      'typo.rego': 'package policy.typo\n\nallow contains "x" if input.command.fucntions\n',
      'unsafe.rego': 'package policy.unsafe\n\nallow contains x if input.stage == y\n',
      'value.rego': 'package policy.value\n\ndeny if true\n',
      'unused.rego': 'package policy.unused\n\nimport data.policy.good\n\nallow contains "x"\n',
      'typo_test.rego': 'package policy.typo_test\n\ntest_x if input.subject.idd\n',
    });
    const { exitCode, findings } = await check();
    expect(exitCode).toBe(1);
    expect(
      new Set(findings.map(({ file, code, row }) => `${(file ?? '').split('/').at(-1) ?? ''}:${row ?? 0} ${code}`)),
    ).toEqual(
      new Set([
        'syntax.rego:3 rego_parse_error',
        'typo.rego:3 rego_type_error',
        'unsafe.rego:3 rego_unsafe_var_error',
        'value.rego:3 effect_rule_not_a_set',
        'unused.rego:3 rego_compile_error',
        'typo_test.rego:3 rego_type_error',
      ]),
    );
  });

  test('does not blame a file for what is broken in another', async () => {
    folder.put({
      'lib.rego': 'package policy.lib\n\nf(_) := y\n\ng := 1\n',
      'user.rego': 'package policy.user\n\nimport data.policy.lib\n\nallow contains "x" if lib.f(1) == lib.g\n',
    });
    const { findings } = await check();
    expect(findings.map(({ file }) => file)).toEqual([folder.path('lib.rego')]);
  });

  test.each<[string, Record<string, string>, string, string, RegExp]>([
    [
      'a package outside of policy',
      { 'a.rego': good, 'b.rego': 'package shop\n\ndeny contains "x"\n' },
      'b.rego:3',
      'effect_rule_outside_policy',
      /shop does not stand under policy/,
    ],
    [
      'a rule in a test',
      { 'a.rego': good, 'a_test.rego': 'package policy.a\n\ndeny contains "x"\n' },
      'a_test.rego:3',
      'effect_rule_in_test',
      /a test/,
    ],
    [
      "another tool's name",
      { 'a.rego': `${good}\nviolation contains "x"\n` },
      'a.rego:5',
      'rule_takes_no_part',
      /no rule reads it/,
    ],
    [
      'a name that is nearly right',
      { 'a.rego': `${good}\ndenny contains "x"\n` },
      'a.rego:5',
      'effect_rule_misspelt',
      /denny/,
    ],
  ])('warns of %s', async (_what, files, at, code, message) => {
    folder.put(files);
    const { exitCode, findings } = await check();
    expect(findings).toMatchObject([{ severity: 'warning', code, message: expect.stringMatching(message) as string }]);
    const [finding] = findings;
    expect(`${finding?.file ?? ''}:${finding?.row ?? 0}`).toBe(folder.path(at));
    expect(exitCode).toBe(0);
    expect((await check(['.'], { failLevel: 'warning' })).exitCode).toBe(1);
  });

  test.each([
    ['a set that another rule reads', 'allow contains "x" if input.subject.id in trusted\n\ntrusted contains "ada"\n'],
    [
      'a package outside of policy that a policy reads',
      'import data.shop\n\nallow contains x if some x in shop.allow\n',
    ],
    ['an effect rule below a prefix', 'team.deny contains "x"\n'],
    [
      'a set that is an entrypoint',
      `${good.split('\n')[2] ?? ''}\n\n# METADATA\n# entrypoint: true\nlist contains 1\n`,
    ],
  ])('does not warn of %s', async (_what, text) => {
    folder.put({ 'a.rego': `package policy.a\n\n${text}`, 'shop.rego': 'package shop\n\nallow contains "y"\n' });
    const { findings } = await check([text.includes('data.shop') ? '.' : 'a.rego']);
    expect(findings).toEqual([]);
  });

  test('warns where nothing has a say at all', async () => {
    folder.put({ 'helper.rego': 'package policy.helper\n\nx := 1\n' });
    expect((await check()).findings).toMatchObject([{ severity: 'warning', code: 'nothing_takes_part' }]);
  });

  test('holds packages and data to the roots of a manifest', async () => {
    folder.put({
      '.manifest': '{"roots": ["policy/shop", "limits/shop"]}',
      'shop.rego': 'package policy.shop.orders\n\nallow contains "x"\n',
      'other.rego': 'package policy.other\n\nallow contains "x"\n',
      'limits/shop/data.json': '{"rows": 1}',
      'limits/data.json': '{"other": 1}',
    });
    const { exitCode, findings } = await check();
    expect(exitCode).toBe(1);
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ['outside_bundle_roots', "the data at limits/other stands outside the bundle's roots"],
      ['outside_bundle_roots', "the package data.policy.other stands outside the bundle's roots"],
    ]);
  });

  test('takes several places and packs', async () => {
    folder.put({ 'a/p.rego': good, 'b/p.rego': 'package policy.b\n\ndeny contains 1 if input.x\n' });
    const { exitCode, findings } = await check(['a', 'b', 'pack:destructive-sql']);
    expect(exitCode).toBe(1);
    expect(findings.map(({ file }) => file)).toEqual([folder.path('b/p.rego')]);
  });

  test('names every file that cannot be read, and checks nothing', async () => {
    folder.put({ 'a.rego': good, 'b/data.json': '{', 'c/data.yaml': '- 1' });
    folder.put({ 'd.rego': Buffer.from('package policy.\xe9', 'latin1') });
    const { exitCode, findings, summary } = await check();
    expect({ exitCode, summary }).toEqual({ exitCode: 2, summary: 'nothing was checked: 3 files cannot be read' });
    expect(findings.map(({ file }) => file)).toEqual(
      ['b/data.json', 'c/data.yaml', 'd.rego'].map((name) => folder.path(name)),
    );
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['no such path', {}, 'nowhere', 'nowhere'],
    ['a folder without Rego', { 'README.md': '#' }, '.', 'no Rego'],
    ['a file of another kind', { 'README.md': '#' }, 'README.md', 'neither a folder nor a .rego file'],
  ])('%s is an error that says what was looked for', async (_what, files, path, message) => {
    folder.put(files);
    await expect(check([path])).rejects.toMatchObject({
      code: 'SP_BUNDLE_NOT_FOUND',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each([
    ['no JSON', '{'],
    ['roots that are no list', '{"roots": "policy"}'],
    ['an old version of Rego', '{"rego_version": 0}'],
  ])('a manifest with %s is an error', async (_what, manifest) => {
    folder.put({ 'a.rego': good, '.manifest': manifest });
    await expect(check()).rejects.toMatchObject({ code: 'SP_POLICY_INVALID' });
  });

  test('knows the attributes of a third-party dialect', async () => {
    folder.put({
      'kv.rego': 'package policy.kv\n\nallow contains "x" if input.command.attributes.value_length == 1\n',
    });
    const dialect = new URL('../../examples/third-party-dialect/index.js', import.meta.url).pathname;
    const without = await check();
    const withIt = await check(['.'], { dialect: [dialect] });
    expect(without.findings).toMatchObject([{ code: 'rego_type_error' }]);
    expect(withIt.findings).toEqual([]);
  });
});
