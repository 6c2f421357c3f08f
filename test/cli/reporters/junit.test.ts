import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderJunit } from '../../../cli/reporters/junit.ts';
import type { Report } from '../../../cli/reporters/report.ts';
import { anyReport, caseOf, findingOf, reportOf } from './support/reports.ts';
import { elementsOf, parseXml, type XmlElement } from './support/xml.ts';

/** What junit-10.xsd of the Jenkins xUnit plugin allows of the elements that are written here: children, attributes. */
const allowed: Readonly<Record<string, { children: string[]; required: string[]; optional: string[] }>> = {
  testsuites: { children: ['testsuite'], required: [], optional: ['name', 'time', 'tests', 'failures', 'errors'] },
  testsuite: {
    children: ['testcase'],
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['skipped', 'time', 'file'],
  },
  testcase: {
    children: ['failure', 'error', 'skipped', 'system-out'],
    required: ['name'],
    optional: ['classname', 'time'],
  },
  failure: { children: [], required: [], optional: ['type', 'message'] },
  error: { children: [], required: [], optional: ['type', 'message'] },
  skipped: { children: [], required: [], optional: ['type', 'message'] },
  'system-out': { children: [], required: [], optional: [] },
};

function expectAllowed({ name, attributes, children }: XmlElement): void {
  const rule = allowed[name] ?? { children: [], required: ['(no such element)'], optional: [] };
  expect(Object.keys(attributes)).toEqual(expect.arrayContaining(rule.required));
  expect([...rule.required, ...rule.optional]).toEqual(expect.arrayContaining(Object.keys(attributes)));
  expect(rule.children).toEqual(expect.arrayContaining(children.map((child) => child.name)));
  if (attributes['time'] !== undefined) expect(attributes['time']).toMatch(/^\d+\.\d{3}$/);
  children.forEach(expectAllowed);
}

const junit = (changes: Partial<Report>): XmlElement => parseXml(renderJunit(reportOf(changes)));

describe('the junit format', () => {
  test('has a test case for every file that was looked at, and one failure for all findings of a file', () => {
    const root = junit({
      exitCode: 1,
      files: ['a.rego', 'b.rego'],
      findings: [
        findingOf({ file: 'b.rego', row: 7, col: 2, message: 'second', severity: 'warning' }),
        findingOf({ file: 'b.rego', row: 3, col: 1, message: 'first', help: 'mend it' }),
      ],
    });
    expect(root.attributes).toMatchObject({ name: 'sallyport check', tests: '2', failures: '1', errors: '0' });
    const [good, bad] = elementsOf(root, 'testcase');
    expect(good).toMatchObject({ attributes: { name: 'a.rego', classname: 'check' }, children: [] });
    expect(bad?.children).toMatchObject([
      { name: 'failure', attributes: { message: '2 findings: first', type: 'rego_type_error' } },
    ]);
    expect(bad?.children[0]?.text).toBe(
      'b.rego:3\nerror[rego_type_error] b.rego:3:1 first\n  help: mend it\nwarning[rego_type_error] b.rego:7:2 second',
    );
  });

  test('has a suite for every suite of cases, with times in seconds', () => {
    const root = junit({
      tool: 'test',
      exitCode: 1,
      files: ['policies/shop.rego'],
      cases: [
        caseOf({ durationMs: 1500 }),
        caseOf({ name: 'drops', status: 'failed', message: 'expected deny', explanation: 'got\nallow', output: 'hi' }),
        caseOf({ name: 'later', status: 'skipped', message: 'no server' }),
        caseOf({ suite: 'other', name: 'broken', status: 'error', message: 'does not parse', file: 'o.yaml', row: 3 }),
      ],
    });
    const suites = elementsOf(root, 'testsuite').map(({ attributes }) => attributes);
    expect(suites).toEqual([
      { name: 'shop_cases.yaml', tests: '3', failures: '1', errors: '0', skipped: '1', time: '1.500' },
      { name: 'other', tests: '1', failures: '0', errors: '1', skipped: '0', time: '0.000', file: 'o.yaml' },
    ]);
    const [passed, failed, skipped, broken] = elementsOf(root, 'testcase');
    expect(passed).toMatchObject({ attributes: { time: '1.500' }, children: [] });
    expect(failed?.children).toMatchObject([
      { name: 'failure', attributes: { message: 'expected deny' }, text: 'got\nallow' },
      { name: 'system-out', text: 'hi' },
    ]);
    expect(skipped?.children).toMatchObject([{ name: 'skipped', attributes: { message: 'no server' }, text: '' }]);
    expect(broken?.children).toMatchObject([{ name: 'error', text: 'o.yaml:3\ndoes not parse' }]);
  });

  test.each([
    ['passes', 'warning', undefined, 0],
    ['passes', 'info', 'warning', 0],
    ['fails', 'warning', 'warning', 1],
    ['fails', 'error', undefined, 1],
  ] as const)(
    '%s a file with a finding of severity %s where failures begin at %s',
    (_what, severity, failLevel, failures) => {
      const findings = [findingOf({ severity, file: 'a.rego', row: 1 }), findingOf({ file: 'b.rego' })];
      const report = {
        exitCode: 1,
        files: ['a.rego'],
        findings,
        ...(failLevel === undefined ? {} : { failLevel }),
      } as const;
      const [one] = elementsOf(junit(report), 'testcase');
      expect(one?.children.filter(({ name }) => name === 'failure')).toHaveLength(failures);
      expect(one?.children[0]?.text).toContain(`${severity}[rego_type_error] a.rego:1`);
    },
  );

  test.each([
    [1, 'failure'],
    [2, 'error'],
  ] as const)('is never green where the command exits with %d', (exitCode, element) => {
    const root = junit({ exitCode, files: ['a.rego'], summary: 'stopped' });
    expect(elementsOf(root, element)).toMatchObject([{ attributes: { message: 'stopped' } }]);
  });

  test('writes characters that XML cannot hold as escapes, and gives all others back', () => {
    const name = 'nul \0, \u001b[31m, \ufffe, \ud800, <b>&"\'</b> ]]> ü 👍\ttab\nline';
    const [one] = elementsOf(junit({ cases: [caseOf({ name })] }), 'testcase');
    expect(one?.attributes['name']).toBe('nul \\x00, \\x1b[31m, \\u{fffe}, \\u{d800}, <b>&"\'</b> ]]> ü 👍\ttab\nline');
  });

  test('is well-formed and within the schema, whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const root = parseXml(renderJunit(report));
        expectAllowed(root);
        expect(elementsOf(root, 'testcase')).toHaveLength(Number(root.attributes['tests']));
        const objections = elementsOf(root, 'failure').length + elementsOf(root, 'error').length;
        if (report.exitCode !== 0) expect(objections).toBeGreaterThan(0);
      }),
    );
  });
});
