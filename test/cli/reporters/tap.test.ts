import fc from 'fast-check';
import { Parser, type FinalResults } from 'tap-parser';
import { describe, expect, test } from 'vitest';
import type { Report } from '../../../cli/reporters/report.ts';
import { renderTap } from '../../../cli/reporters/tap.ts';
import { anyReport, caseOf, findingOf, hostileCases, reportOf } from './support/reports.ts';

interface Parsed {
  readonly results: FinalResults;
  readonly version: number | undefined;
  /** Lines that are not TAP. */
  readonly extra: readonly string[];
  readonly asserts: readonly {
    readonly ok: boolean;
    readonly name: string;
    readonly skip?: string | boolean;
    readonly diag?: unknown;
  }[];
}

/** Read by tap-parser, strictly: what is not TAP is a failure. */
function parse(text: string): Parsed {
  const extra: string[] = [];
  const asserts: Parsed['asserts'][number][] = [];
  let version: number | undefined;
  let results: FinalResults | undefined;
  const parser = new Parser({ strict: true }, (final) => {
    results = final;
  });
  parser.on('extra', (line: string) => extra.push(line));
  parser.on('version', (given: number) => {
    version = given;
  });
  parser.on('assert', (one: Parsed['asserts'][number]) => asserts.push(one));
  parser.end(text);
  if (results === undefined) throw new Error('no results');
  return { results, version, extra, asserts };
}

/** A failure of the document, not of a test in it. */
function isTapError(failure: FinalResults['failures'][number]): boolean {
  return failure.tapError !== null;
}

const tap = (changes: Partial<Report>): Parsed => parse(renderTap(reportOf(changes)));

describe('the tap format', () => {
  test('is TAP version 14: version, plan, lines, the summary as a comment', () => {
    const report = reportOf({
      exitCode: 0,
      cases: [caseOf(), caseOf({ name: 'later', status: 'skipped', message: 'why' })],
    });
    expect(renderTap(report)).toBe(
      'TAP version 14\n1..2\nok 1 - shop_cases.yaml › agents read\nok 2 - shop_cases.yaml › later # SKIP why\n' +
        '# 2 files checked, no findings\n',
    );
  });

  test('plans nothing where nothing was looked at', () => {
    expect(tap({})).toMatchObject({ version: 14, results: { ok: true, count: 0, plan: { skipAll: true } } });
  });

  test('says in a YAML block why a case did not pass', () => {
    const explanation = 'command:\n\tverb: drop\n...\nnot ok 9';
    const { asserts, results } = tap({
      exitCode: 1,
      cases: [
        caseOf({ status: 'failed', message: 'expected deny', explanation, file: 'c.yaml', row: 4, output: 'x' }),
        caseOf({ status: 'error', message: 'no dialect' }),
      ],
    });
    expect(results).toMatchObject({ ok: false, count: 2, fail: 2 });
    expect(asserts.map(({ diag }) => diag)).toEqual([
      {
        message: 'expected deny',
        severity: 'fail',
        type: 'failed',
        at: { file: 'c.yaml', line: 4 },
        details: explanation,
        output: 'x',
      },
      { message: 'no dialect', severity: 'error', type: 'error' },
    ]);
  });

  test('has a line for every file, and fails those with findings', () => {
    const { asserts } = tap({
      exitCode: 1,
      files: ['a.rego', 'b.rego'],
      findings: [findingOf({ file: 'b.rego', row: 3, col: 1 })],
    });
    expect(asserts).toMatchObject([
      { ok: true, name: 'check › a.rego' },
      { ok: false, name: 'check › b.rego', diag: { type: 'rego_type_error', at: { file: 'b.rego', line: 3 } } },
    ]);
  });

  test.each(hostileCases)(
    'takes %s as a name, a reason and a message without reading directives into it',
    (_name, text) => {
      const { asserts, extra, results } = tap({
        exitCode: 1,
        cases: [
          caseOf({ name: text, status: 'failed', message: text, output: text }),
          caseOf({ suite: text, name: 'x' }),
        ],
      });
      expect(extra).toEqual([]);
      expect(results).toMatchObject({ count: 2, pass: 1, fail: 1, skip: 0, todo: 0, bailout: false });
      expect(asserts[0]).toMatchObject({ ok: false, diag: { message: text } });
    },
  );

  test('parses strictly, whatever the report holds, and fails where the command does', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const { results, extra, version } = parse(renderTap(report));
        expect([version, extra, results.bailout, results.failures.filter(isTapError)]).toEqual([14, [], false, []]);
        if (report.exitCode !== 0) expect(results.ok).toBe(false);
      }),
    );
  });
});
