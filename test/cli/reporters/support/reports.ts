import fc from 'fast-check';
import type { Diagnostic } from '../../../../engine/contract.ts';
import type { ReportContext } from '../../../../cli/reporters/formats.ts';
import type { CaseResult, Report } from '../../../../cli/reporters/report.ts';

/** A report of nothing, with what a test says about it. */
export function reportOf(changes: Partial<Report> = {}): Report {
  return {
    tool: 'check',
    summary: '2 files checked, no findings',
    exitCode: 0,
    files: [],
    findings: [],
    rules: {},
    cases: [],
    tables: [],
    details: {},
    ...changes,
  };
}

/** A context without colours and without files, with what a test says about it. */
export function contextOf(changes: Partial<ReportContext> = {}): ReportContext {
  return { paint: (_style, text) => text, verbose: false, sources: () => undefined, root: '', ...changes };
}

export function findingOf(changes: Partial<Diagnostic> = {}): Diagnostic {
  return { severity: 'error', code: 'rego_type_error', message: 'undefined ref: input.x', ...changes };
}

export function caseOf(changes: Partial<CaseResult> = {}): CaseResult {
  return { suite: 'shop_cases.yaml', name: 'agents read', status: 'passed', ...changes };
}

/** Texts that have broken a format before: each means something in one of them. */
export const hostileTexts = [
  '',
  ' ',
  'two\nlines',
  'carriage\r\nreturn\r',
  'tab\there',
  'nul \0, escape \u001b[31m, delete \u007f, next line \u0085, C1 \u009b31m',
  'not a character \ufffe \uffff',
  'lone surrogates \ud800 and \udc00',
  'right to left \u202e\u2066 override',
  'wide 日本語, 👩‍👩‍👧 and e\u0301',
  ']]> <b>&amp;"\'</b> <!-- --> --> <script>',
  '| `code` ``` ~~~ **bold** _it_ [a](b) ![c](d) \\ \\| # @alice #12 GH-3 https://evil.example www.evil.example',
  '::error::text ##[add-mask]x',
  '%0A 50% a=b,c:d',
  '# SKIP not really # TODO \\# 1..5',
  '---\n...\nBail out!\nnot ok 1',
  '{0} [text](1) {{',
  'x'.repeat(10_000),
  '__proto__',
  'constructor',
];

/** The same with a name for a test's title. */
export const hostileCases = hostileTexts.map((text): [string, string] => [JSON.stringify(text).slice(0, 60), text]);

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
);
const place = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(0, -1, 1.5, NaN, Infinity, 2 ** 31, 2 ** 53));
const file = fc.oneof(
  fc.constantFrom('policies/shop.rego', 'a b/c#d%.rego', '../up.rego', '/absolute/p.rego', './p.rego', 'c:d.rego'),
  text,
);

const finding: fc.Arbitrary<Diagnostic> = fc.record(
  {
    severity: fc.constantFrom('error', 'warning', 'info'),
    code: fc.oneof(fc.constantFrom('rego_type_error', 'style/line-length'), text),
    message: text,
    help: text,
    file,
    row: place,
    col: place,
    end_row: place,
    end_col: place,
    span: fc.constant({ start: 0, end: 3 }),
  },
  { requiredKeys: ['severity', 'code', 'message'] },
);

const caseResult: fc.Arbitrary<CaseResult> = fc.record(
  {
    suite: text,
    name: text,
    status: fc.constantFrom('passed', 'failed', 'skipped', 'error'),
    file,
    row: place,
    durationMs: fc.double({ min: -1 }),
    message: text,
    explanation: text,
    output: text,
  },
  { requiredKeys: ['suite', 'name', 'status'] },
);

const rule = fc.record({ title: text, description: text, url: text, category: text }, { requiredKeys: ['title'] });

const table = fc.record(
  {
    title: text,
    columns: fc.array(text, { maxLength: 4 }),
    rows: fc.array(fc.array(text, { maxLength: 6 }), { maxLength: 4 }),
    note: text,
  },
  { requiredKeys: ['title', 'columns', 'rows'] },
);

/** Any report that the type allows, and some that a faulty command would make. */
export const anyReport: fc.Arbitrary<Report> = fc.record({
  tool: fc.constantFrom('check', 'fmt', 'lint', 'test', 'replay'),
  summary: text,
  exitCode: fc.constantFrom(0, 1, 2),
  failLevel: fc.constantFrom('error', 'warning'),
  files: fc.array(file, { maxLength: 4 }),
  findings: fc.array(finding, { maxLength: 8 }),
  rules: fc.dictionary(fc.oneof(fc.constantFrom('rego_type_error', 'style/line-length'), text), rule, { maxKeys: 4 }),
  cases: fc.array(caseResult, { maxLength: 8 }),
  tables: fc.array(table, { maxLength: 2 }),
  details: fc.dictionary(text, fc.jsonValue(), { maxKeys: 3 }),
});
