import { createHash } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runCheck } from '../../cli/commands/check.ts';
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

const subjects = [
  { id: 'ada', kind: 'human', groups: ['staff'] },
  { id: 'eve', kind: 'human', groups: ['dba', 'staff'] },
  { id: 'job', kind: 'ci', groups: ['releases'] },
  { id: 'bot', kind: 'agent', groups: ['bots'] },
];

/** Checks policies with a configuration that has these subjects. @returns the exit code and what was found */
async function check(policies: readonly string[], paths: readonly string[] = []): Promise<[number, Diagnostic[]]> {
  const configuration = {
    policies: policies.map((place) => (place.startsWith('pack:') ? place : folder.path(place))),
    listeners: [{ name: 'shop', protocol: 'postgres', address: '127.0.0.1:6432', resource: 'shop' }],
    resources: [{ name: 'shop', protocol: 'postgres', target: { host: 'db.example', port: 5432, user: 'sallyport' } }],
    subjects: subjects.map((one) => ({
      ...one,
      tokens: [{ sha256: createHash('sha256').update(one.id).digest('hex') }],
    })),
  };
  folder.put({ 'sallyport.yaml': JSON.stringify(configuration) });
  const streams = fakeStreams([]);
  const options = { format: 'json', config: folder.path('sallyport.yaml') } as const;
  const exitCode = await runCheck(paths, options, streams, compiler);
  return [exitCode, (JSON.parse(streams.output()) as { findings: Diagnostic[] }).findings];
}

const policy = (rules: string): string =>
  `package policy.shop\n\nallow contains "all" if input.subject.kind == "human"\n\n${rules}\n`;
const review = (approvers: string, more = ''): string =>
  `review contains {"approvers": ${approvers}, "ttl": "15m"${more}} if input.subject.kind == "human"`;

describe('approvers whom the configuration does not have', () => {
  test.each<[string, string, string]>([
    ['a group that nobody is in', review('["leads"]'), 'nobody in leads may approve what policy.shop.review holds'],
    ['a group of agents alone', review('["bots"]'), 'nobody in bots may approve'],
    ['a set of groups', review('{"leads", "chiefs"}'), 'nobody in chiefs, leads may approve'],
    [
      'more than there are',
      review('["dba"]', ', "minimum": 2'),
      'only eve of the 2 that it asks for may approve (dba)',
    ],
    ['an empty list', review('[]'), 'nobody in no group may approve'],
    [
      'a rule of the package that names them',
      `${review('leads')}\n\nleads := ["leads"]`,
      'nobody in leads may approve',
    ],
    [
      'an entry that the body makes',
      'review contains entry if {\n\tinput.subject.kind == "human"\n\tentry := {"approvers": ["leads"], "ttl": "15m"}\n}',
      'nobody in leads may approve',
    ],
  ])('are an error: %s', async (_, rules, message) => {
    folder.put({ 'policies/shop.rego': policy(rules) });
    const [exitCode, findings] = await check(['policies']);
    expect(findings).toMatchObject([{ severity: 'error', code: 'approvers_lacking', row: 5, col: 1 }]);
    expect(findings[0]?.file).toBe(folder.path('policies/shop.rego'));
    expect(findings[0]?.message).toContain(message);
    expect(exitCode).toBe(1);
  });

  test.each<[string, string]>([
    ['somebody of one of the groups', review('["leads", "dba"]')],
    ['as many as are asked for', review('["staff"]', ', "minimum": 2')],
    ['a job, which may approve', review('["releases"]')],
    ['groups that depend on the command', review('[input.resource.environment]')],
    ['groups of data that the gateway may be given', review('data.shop.approvers')],
    [
      'a rule that looks at the input',
      `${review('leads')}\n\nleads := ["leads"] if input.resource.environment == "production"`,
    ],
    [
      'a variable of the body with the name of a rule',
      'review contains {"approvers": leads, "ttl": "15m"} if {\n\tsome leads in [["dba"]]\n}\n\nleads := ["leads"]',
    ],
  ])('are none: %s', async (_, rules) => {
    folder.put({
      'policies/shop.rego': policy(rules),
      'policies/shop_test.rego': 'package policy.shop_test\n\ntest_x if true\n',
    });
    const [exitCode, findings] = await check(['policies']);
    expect(findings.filter(({ code }) => code === 'approvers_lacking')).toEqual([]);
    expect(exitCode).toBe(0);
  });

  test('are told at each rule, by its id', async () => {
    const one = (id: string, group: string): string =>
      `# METADATA\n# title: T\n# custom: {id: ${id}}\n${review(`["${group}"]`, ', "rule": rego.metadata.rule()')}\n`;
    folder.put({
      'policies/shop.rego': policy([one('S-1', 'leads'), one('S-2', 'dba'), one('S-3', 'chiefs')].join('\n')),
    });
    const [, findings] = await check(['policies']);
    expect(findings.map(({ row, message }) => `${row ?? 0} ${message.split(':')[0] ?? ''}`)).toEqual([
      '8 nobody in leads may approve what S-1 holds',
      '18 nobody in chiefs may approve what S-3 holds',
    ]);
  });

  test("are those of a pack's settings, with the data that it was given", async () => {
    folder.put({ 'policies/shop.rego': policy('') });
    expect(await check(['policies', 'pack:change-approval'])).toEqual([0, []]);
    folder.put({ 'policies/data.json': JSON.stringify({ change_approval: { approvers: ['leads'] } }) });
    const [exitCode, findings] = await check(['policies', 'pack:change-approval']);
    expect(exitCode).toBe(1);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(['approvers_lacking']));
    expect(findings[0]?.file).toMatch(/change_approval\.rego$/);
  });

  test('are looked for in the policies that are given, where some are', async () => {
    folder.put({ 'policies/shop.rego': policy(review('["leads"]')), 'other/shop.rego': policy(review('["dba"]')) });
    expect((await check(['policies'], [folder.path('other')]))[0]).toBe(0);
    expect((await check(['other'], [folder.path('policies')]))[0]).toBe(1);
  });
});
