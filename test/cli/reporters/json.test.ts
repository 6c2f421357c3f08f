import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderJson } from '../../../cli/reporters/json.ts';
import { anyReport, caseOf, findingOf, reportOf } from './support/reports.ts';

const schemaFile = join(import.meta.dirname, '..', '..', '..', 'cli', 'reporters', 'report.schema.json');
const check = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')) as object,
);

describe('the json format', () => {
  test('is one object that ends with a newline', () => {
    expect(renderJson(reportOf())).toBe(`{
  "version": 1,
  "tool": "check",
  "summary": "2 files checked, no findings",
  "exit_code": 0,
  "counts": {
    "files": 0,
    "findings": {
      "error": 0,
      "warning": 0,
      "info": 0
    },
    "cases": {
      "passed": 0,
      "failed": 0,
      "skipped": 0,
      "error": 0
    }
  },
  "files": [],
  "findings": [],
  "rules": {},
  "cases": [],
  "details": {}
}
`);
  });

  test('keeps every member of findings and cases, in words with underscores', () => {
    const finding = findingOf({ file: 'a.rego', row: 1, col: 2, end_row: 1, end_col: 5, help: 'mend it' });
    const one = caseOf({ status: 'failed', file: 'c.yaml', row: 3, durationMs: 1.5, message: 'm', output: 'o' });
    const parsed: unknown = JSON.parse(renderJson(reportOf({ findings: [finding], cases: [one], exitCode: 1 })));
    const { durationMs: _, ...rest } = one;
    expect(parsed).toMatchObject({
      exit_code: 1,
      counts: { findings: { error: 1, warning: 0, info: 0 }, cases: { passed: 0, failed: 1 } },
      findings: [finding],
      cases: [{ ...rest, duration_ms: 1.5 }],
    });
  });

  test('puts findings in order of their places, whatever order they came in', () => {
    const findings = [
      findingOf({ file: 'b.rego', row: 1, col: 1 }),
      findingOf({ file: 'a.rego', row: 10, col: 1 }),
      findingOf({ file: 'a.rego', row: 2, col: 7 }),
      findingOf(),
    ];
    const once = renderJson(reportOf({ findings }));
    expect(renderJson(reportOf({ findings: findings.toReversed() }))).toBe(once);
    const parsed = JSON.parse(once) as { findings: { file?: string; row?: number }[] };
    expect(parsed.findings.map(({ file, row }) => [file, row])).toEqual([
      [undefined, undefined],
      ['a.rego', 2],
      ['a.rego', 10],
      ['b.rego', 1],
    ]);
  });

  test('gives a command’s own details as they are, and no tables', () => {
    const details = { transitions: [{ from: 'allow', to: 'deny', count: 3 }] };
    const tables = [{ title: 'Transitions', columns: ['from'], rows: [['allow']] }];
    const parsed = JSON.parse(renderJson(reportOf({ details, tables }))) as object;
    expect(parsed).toMatchObject({ details });
    expect(parsed).not.toHaveProperty('tables');
  });

  test('follows its schema, whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        expect(check(JSON.parse(renderJson(report))), JSON.stringify(check.errors)).toBe(true);
      }),
    );
  });
});
