import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReportContext } from '../../../cli/reporters/formats.ts';
import { renderPretty } from '../../../cli/reporters/pretty.ts';
import type { Report } from '../../../cli/reporters/report.ts';
import { createPaint } from '../../../cli/reporters/terminal.ts';
import { anyReport, caseOf, contextOf, findingOf, reportOf } from './support/reports.ts';

const pretty = (changes: Partial<Report>, context: Partial<ReportContext> = {}): string =>
  renderPretty(reportOf(changes), contextOf(context));

describe('the pretty format', () => {
  test('says the summary alone where all is well', () => {
    expect(pretty({})).toBe('2 files checked, no findings\n');
  });

  test('shows findings by place, with the line, the way out and the rule’s page once', () => {
    const findings = [
      findingOf({
        file: 'b.rego',
        row: 1,
        col: 1,
        end_col: 8,
        code: 'style/x',
        severity: 'warning',
        message: 'too long',
      }),
      findingOf({ file: 'a.rego', row: 2, col: 2, end_col: 9, help: 'did you mean input.y?' }),
      findingOf({ file: 'b.rego', row: 9, code: 'style/x', severity: 'info', message: 'two\nlines' }),
    ];
    const rules = { 'style/x': { title: 'X', url: 'https://example.com/x' } };
    const sources: ReportContext['sources'] = (file) => (file === 'a.rego' ? ['package a', '\tinput.x'] : undefined);
    expect(pretty({ findings, rules, exitCode: 1, summary: '2 files checked, 3 findings' }, { sources })).toBe(
      `error[rego_type_error] a.rego:2:2 undefined ref: input.x
  2 │     input.x
    │     ^^^^^^^
  help: did you mean input.y?

warning[style/x] b.rego:1:1 too long
  see: https://example.com/x

info[style/x] b.rego:9 two
  lines

2 files checked, 3 findings
`,
    );
  });

  test('counts cases by suite, and shows failures at length', () => {
    const cases = [
      caseOf(),
      caseOf({
        name: 'drops',
        status: 'failed',
        message: 'expected deny',
        explanation: 'command:\n\tdrop',
        row: 7,
        file: 'c.yaml',
      }),
      caseOf({ suite: 'other', name: 'later', status: 'skipped', message: 'no server' }),
      caseOf({ suite: 'third', name: 'broken', status: 'error', message: 'no dialect', output: 'hello\n' }),
    ];
    expect(pretty({ tool: 'test', cases, exitCode: 1, summary: '4 cases, 2 failed' })).toBe(
      `✗ shop_cases.yaml (1 failed, 1 passed)
- other (1 skipped)
✗ third (1 could not run)

✗ failed shop_cases.yaml › drops  c.yaml:7
  expected deny
  │ command:
  │     drop

✗ error third › broken
  no dialect
  printed:
  │ hello

4 cases, 2 failed
`,
    );
  });

  test('lists cases that passed with --verbose', () => {
    const cases = [caseOf({ durationMs: 1.25 }), caseOf({ name: 'later', status: 'skipped', message: 'no server' })];
    expect(pretty({ cases }, { verbose: true })).toContain(
      '✓ shop_cases.yaml (1 passed, 1 skipped)\n  ✓ agents read 1.3 ms\n  - later no server\n',
    );
  });

  test('stops where nobody reads on, unless everything is wanted', () => {
    const findings = Array.from({ length: 3_000 }, (_, index) => findingOf({ file: 'a.rego', row: index + 1 }));
    const shown = pretty({ findings });
    expect(shown.match(/^error/gm)).toHaveLength(500);
    expect(shown).toContain('… and 2500 more findings; --verbose prints all of them\n');
    expect(pretty({ findings }, { verbose: true }).match(/^error/gm)).toHaveLength(3_000);
  });

  test('shows tables, and the summary last in the colour of the outcome', () => {
    const tables = [{ title: 'Coverage', columns: ['file', 'lines'], rows: [['a.rego', '100 %']] }];
    const paint = createPaint({ isTTY: true }, {});
    const shown = pretty({ tables, exitCode: 1, summary: 'too little' }, { paint });
    expect(shown.split('\n').slice(-4)).toEqual(['  a.rego  100 %', '', paint('red', 'too little'), '']);
    expect(shown.startsWith(paint('bold', 'Coverage'))).toBe(true);
  });

  test('prints no control characters but its own, whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, fc.boolean(), (report, verbose) => {
        const shown = renderPretty(report, contextOf({ verbose, sources: () => ['one', 'two \u001b[31m\u202e'] }));
        expect(shown).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Cs}\u2028\u2029]/u);
        expect(shown.endsWith('\n')).toBe(true);
      }),
    );
  });
});
