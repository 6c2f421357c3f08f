import { afterAll, beforeEach, expect, test } from 'vitest';
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

const policy = 'package policy.shop\n\nallow contains "all" if input.subject.kind == "human"\n';
const configuration = {
  policies: 'policies',
  listeners: [{ name: 'shop', protocol: 'postgres', address: '127.0.0.1:6432', resource: 'shop' }],
  resources: [{ name: 'shop', protocol: 'postgres', target: { host: 'db.example', port: 5432, user: 'sallyport' } }],
  subjects: [],
};

async function check(labels: unknown): Promise<[number, Pick<Diagnostic, 'code' | 'severity'>[]]> {
  folder.put({
    'policies/shop.rego': policy,
    'policies/data.json': JSON.stringify({ labels }),
    'sallyport.yaml': JSON.stringify(configuration),
  });
  const streams = fakeStreams([]);
  const exitCode = await runCheck([], { format: 'json', config: folder.path('sallyport.yaml') }, streams, compiler);
  const { findings } = JSON.parse(streams.output()) as { findings: Diagnostic[] };
  return [exitCode, findings.map(({ code, severity }) => ({ code, severity }))];
}

test.each([
  ['labels of a column', { 'shop.public.customers.email': ['pii'] }, 0, []],
  ['a key that names no column', { 'shop.email': ['pii'] }, 1, [{ code: 'labels_malformed', severity: 'error' }]],
  [
    'a resource that is not there',
    { 'shopp.public.customers.email': ['pii'] },
    0,
    [{ code: 'labels_of_no_resource', severity: 'warning' }],
  ],
])('data.labels with %s', async (_what, labels, exitCode, findings) => {
  expect(await check(labels)).toEqual([exitCode, findings]);
});
