import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReportContext } from '../../../cli/reporters/formats.ts';
import type { Report } from '../../../cli/reporters/report.ts';
import { renderSarif } from '../../../cli/reporters/sarif.ts';
import { anyReport, caseOf, contextOf, findingOf, reportOf } from './support/reports.ts';

/**
 * The JSON Schema of SARIF 2.1.0, which @microsoft/jest-sarif carries (equal to the OASIS one but for its errata). It is of
 * draft 4, whose only difference here is the name of `$id`.
 */
function schema(): object {
  const main = createRequire(import.meta.url).resolve('@microsoft/jest-sarif');
  const text = readFileSync(join(dirname(main), 'schemas', 'sarif-2.1.0-rtm.5.json'), 'utf8');
  const { id: _id, $schema: _draft, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return rest;
}

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const check = ajv.compile(schema());

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
      readonly region: Readonly<Record<string, number>>;
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string };
  readonly helpUri?: string;
  readonly properties: { readonly tags: readonly string[] };
}

interface Run {
  readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly Rule[] } };
  readonly columnKind: string;
  readonly automationDetails: { readonly id: string };
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly exitCode: number;
    readonly toolExecutionNotifications: readonly { readonly message: { readonly text: string } }[];
  }[];
  readonly results: readonly Result[];
}

function parse(text: string): Run {
  const log = JSON.parse(text) as { runs: Run[] };
  expect(check(log), JSON.stringify(check.errors)).toBe(true);
  const [run, ...others] = log.runs;
  if (run === undefined) throw new Error('no run');
  expect(others).toEqual([]);
  return run;
}

const sarif = (changes: Partial<Report>, context: Partial<ReportContext> = {}): Run =>
  parse(renderSarif(reportOf(changes), contextOf(context)));

const located = (run: Run): unknown[] => run.results.map(({ locations }) => locations[0]?.physicalLocation);

/** What GitHub code scanning demands beyond the schema ("SARIF support for code scanning"). */
function expectUploadable({ results, tool: { driver } }: Run): void {
  expect(results.length).toBeLessThanOrEqual(25_000);
  for (const { ruleId, ruleIndex, message, locations } of results) {
    expect(driver.rules[ruleIndex]?.id).toBe(ruleId);
    expect(typeof message.text).toBe('string');
    expect(locations).toHaveLength(1);
    expect(locations[0]?.physicalLocation.region['startLine']).toBeGreaterThanOrEqual(1);
    expect(locations[0]?.physicalLocation.artifactLocation.uri).not.toBe('');
  }
  for (const { name, shortDescription, fullDescription, help, properties } of driver.rules) {
    expect(name.length).toBeLessThanOrEqual(300);
    for (const { text } of [shortDescription, fullDescription, help]) expect(text).not.toBe('');
    expect(fullDescription.text.length).toBeLessThanOrEqual(1_024);
    expect(properties.tags.length).toBeLessThanOrEqual(10);
  }
}

describe('the sarif format', () => {
  test('names the tool, the command and how it ended', () => {
    const run = sarif({ tool: 'lint', exitCode: 2, summary: 'the linter stopped' });
    expect(run).toMatchObject({
      tool: { driver: { name: 'Sallyport', rules: [] } },
      automationDetails: { id: 'sallyport/lint/' },
      results: [],
      invocations: [
        {
          executionSuccessful: false,
          exitCode: 2,
          toolExecutionNotifications: [{ level: 'error', message: { text: 'the linter stopped' } }],
        },
      ],
    });
  });

  test.each([
    ['error', 'error'],
    ['warning', 'warning'],
    ['info', 'note'],
  ] as const)('gives an %s the level %s', (severity, level) => {
    expect(sarif({ findings: [findingOf({ severity })] }).results).toMatchObject([{ level }]);
  });

  test('counts columns in code points, as the compiler does', () => {
    const finding = findingOf({ file: 'a.rego', row: 5, col: 2, end_row: 6, end_col: 25 });
    const run = sarif({ findings: [finding] });
    expect(run.columnKind).toBe('unicodeCodePoints');
    expect(located(run)).toEqual([
      {
        artifactLocation: { uri: 'a.rego', uriBaseId: '%SRCROOT%' },
        region: { startLine: 5, startColumn: 2, endLine: 6, endColumn: 25 },
      },
    ]);
  });

  test.each([
    ['a path with spaces and signs', 'a b/c#d%é.rego', '', 'a%20b/c%23d%25%C3%A9.rego', '%SRCROOT%'],
    ['a first step with a colon', 'c:d.rego', '', 'c%3Ad.rego', '%SRCROOT%'],
    [
      'a path below a folder of the repository',
      'policies/a.rego',
      'teams/data',
      'teams/data/policies/a.rego',
      '%SRCROOT%',
    ],
    ['a path above the working directory', '../lib/a.rego', 'teams/data', 'teams/lib/a.rego', '%SRCROOT%'],
    ['an absolute path', '/srv/a b.rego', 'teams', 'file:///srv/a%20b.rego', undefined],
  ])('writes %s as a URI', (_what, file, root, uri, uriBaseId) => {
    const run = sarif({ findings: [findingOf({ file, row: 1 })] }, { root });
    expect(located(run)).toMatchObject([{ artifactLocation: { uri, ...(uriBaseId && { uriBaseId }) } }]);
  });

  test('carries the rules that have results, with their pages', () => {
    const run = sarif({
      findings: [
        findingOf({ code: 'idiomatic/x' }),
        findingOf({ code: 'unknown' }),
        findingOf({ code: 'idiomatic/x' }),
      ],
      rules: {
        'idiomatic/x': { title: 'X', description: 'Why X', url: 'https://example.com/x', category: 'idiomatic' },
        unused: { title: 'not here' },
      },
    });
    expect(run.tool.driver.rules).toEqual([
      {
        id: 'idiomatic/x',
        name: 'idiomatic/x',
        shortDescription: { text: 'X' },
        fullDescription: { text: 'Why X' },
        helpUri: 'https://example.com/x',
        help: { text: 'Why X\nhttps://example.com/x' },
        properties: { tags: ['policy', 'idiomatic'] },
      },
      expect.objectContaining({ id: 'unknown', help: { text: 'unknown' } }),
    ]);
    expect(run.results.map(({ ruleIndex }) => ruleIndex)).toEqual([0, 0, 1]);
  });

  test('has failed cases as results, and none for those that passed or were skipped', () => {
    const cases = [
      caseOf(),
      caseOf({ status: 'skipped' }),
      caseOf({ status: 'failed', name: 'drops', message: 'expected deny', file: 'c.yaml', row: 9 }),
      caseOf({ status: 'error', name: 'broken' }),
    ];
    const run = sarif({ tool: 'test', exitCode: 1, cases, files: ['policies/shop.rego'] });
    expect(run.results).toMatchObject([
      { ruleId: 'test_case_failed', level: 'error', message: { text: 'shop_cases.yaml › drops: expected deny' } },
      { ruleId: 'test_case_error', level: 'error' },
    ]);
    expect(located(run)).toMatchObject([
      { artifactLocation: { uri: 'c.yaml' }, region: { startLine: 9 } },
      // What has no place of its own still needs one.
      { artifactLocation: { uri: 'policies/shop.rego' }, region: { startLine: 1 } },
    ]);
  });

  test('says what looks like a link or a placeholder as it is', () => {
    const [result] = sarif({ findings: [findingOf({ message: '{0} [text](1) \\' })] }).results;
    expect(result?.message.text).toBe('{{0}} \\[text\\](1) \\\\');
  });

  describe('fingerprints', () => {
    const lines = (...text: string[]): Partial<ReportContext> => ({ sources: () => text });
    const prints = (run: Run): unknown[] => run.results.map((result) => result.partialFingerprints['sallyportLine/v1']);
    const at = (row: number, changes = {}): Report['findings'][number] =>
      findingOf({ file: 'a.rego', row, ...changes });

    test('stay when lines come before or the indentation changes', () => {
      const before = sarif({ findings: [at(1)] }, lines('deny if x'));
      const after = sarif({ findings: [at(3, { message: 'other words' })] }, lines('', '', '  deny if x'));
      expect(prints(after)).toEqual(prints(before));
    });

    test('differ by rule, file, line, and among equal lines', () => {
      const findings = [at(1), at(2), at(3), at(1, { code: 'other' }), at(1, { file: 'b.rego' })];
      const all = prints(sarif({ findings }, lines('same', 'same', 'different')));
      expect(new Set(all).size).toBe(findings.length);
    });
  });

  test('keeps within what code scanning takes, the worst first, and says what is left out', () => {
    const findings = Array.from({ length: 26_000 }, (_, index) =>
      findingOf({ severity: index < 25_500 ? 'warning' : 'error', file: `f${index % 50}.rego`, row: index + 1 }),
    );
    const text = renderSarif(reportOf({ findings, exitCode: 1 }), contextOf());
    const run = parse(text);
    expect(run.results).toHaveLength(25_000);
    expect(run.results.slice(0, 500).every(({ level }) => level === 'error')).toBe(true);
    const told = run.invocations[0]?.toolExecutionNotifications.map(({ message }) => message.text);
    expect(told).toContain('1000 more results left out: code scanning takes 25000 of a run.');
    expect(gzipSync(text).length).toBeLessThan(10 * 1024 * 1024);
  });

  test('is valid and can be uploaded, whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const run = parse(renderSarif(report, contextOf({ root: 'teams' })));
        expectUploadable(run);
        expect(run.invocations[0]?.exitCode).toBe(report.exitCode);
      }),
    );
  });
});
