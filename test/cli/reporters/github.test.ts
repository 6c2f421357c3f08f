import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReportContext } from '../../../cli/reporters/formats.ts';
import { renderGithub } from '../../../cli/reporters/github.ts';
import type { Report } from '../../../cli/reporters/report.ts';
import { anyReport, caseOf, contextOf, findingOf, reportOf } from './support/reports.ts';

const github = (changes: Partial<Report>, context: Partial<ReportContext> = {}): string[] =>
  renderGithub(reportOf(changes), contextOf(context)).split('\n').slice(0, -1);

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Reads a line as the runner does (ActionCommand.TryParseV2). */
function parseCommand(line: string): Command | undefined {
  const [, head = '', message = ''] = /^\s*::([^:]*)::(.*)$/.exec(line) ?? [];
  if (head === '') return undefined;
  const space = head.indexOf(' ');
  const list = space < 0 ? '' : head.slice(space + 1);
  const entries = list
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), unescape(pair.slice(pair.indexOf('=') + 1), true)]);
  return {
    name: space < 0 ? head : head.slice(0, space),
    properties: Object.fromEntries(entries) as Record<string, string>,
    message: unescape(message, false),
  };
}

function unescape(text: string, property: boolean): string {
  const plain = text.replaceAll('%0D', '\r').replaceAll('%0A', '\n');
  return (property ? plain.replaceAll('%3A', ':').replaceAll('%2C', ',') : plain).replaceAll('%25', '%');
}

describe('the github format', () => {
  test('is a workflow command for every finding, the worst first, and the summary last', () => {
    const lines = github({
      exitCode: 1,
      findings: [
        findingOf({ severity: 'info', file: 'a.rego', row: 1, col: 1, code: 'x' }),
        findingOf({ severity: 'warning', file: 'a.rego', row: 2, col: 1, end_row: 4, end_col: 2, code: 'x' }),
        findingOf({ file: 'b.rego', row: 5, col: 2, end_row: 5, end_col: 25, help: 'did you mean y?' }),
      ],
      rules: { x: { title: 'Rules: with, signs' } },
      summary: '2 files checked, 3 findings',
    });
    expect(lines).toEqual([
      '::error file=b.rego,line=5,col=2,endColumn=25,title=rego_type_error::undefined ref: input.x%0Ahelp: did you mean y?',
      '::warning file=a.rego,line=2,endLine=4,title=x%3A Rules%3A with%2C signs::undefined ref: input.x',
      '::notice file=a.rego,line=1,col=1,title=x%3A Rules%3A with%2C signs::undefined ref: input.x',
      'sallyport check: 2 files checked, 3 findings',
    ]);
  });

  test('has failed cases as errors, with why', () => {
    const failed = caseOf({
      status: 'failed',
      message: 'expected deny',
      explanation: 'got\nallow',
      file: 'c.yaml',
      row: 4,
    });
    expect(github({ exitCode: 1, cases: [caseOf(), failed, caseOf({ status: 'skipped' })] })[0]).toBe(
      '::error file=c.yaml,line=4,title=shop_cases.yaml › agents read::expected deny%0Agot%0Aallow',
    );
  });

  test('names files from the repository’s root', () => {
    const findings = [findingOf({ file: 'policies/a.rego', row: 1 })];
    expect(github({ findings }, { root: 'teams/data' })[0]).toContain('file=teams/data/policies/a.rego,line=1,');
  });

  test('says in an error why a command failed that has no finding to show', () => {
    expect(github({ exitCode: 2, summary: 'stopped by Ctrl-C' })[0]).toBe(
      '::error title=sallyport check::stopped by Ctrl-C',
    );
  });

  test('prints nothing but the summary where all is well', () => {
    expect(github({ cases: [caseOf()] })).toEqual(['sallyport check: 2 files checked, no findings']);
  });

  test('never prints a command of somebody else’s making, whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const lines = renderGithub(report, contextOf()).split('\n').slice(0, -1);
        const commands = lines.slice(0, -1).map(parseCommand);
        for (const command of commands) {
          expect(['error', 'warning', 'notice']).toContain(command?.name);
          const known = ['file', 'line', 'endLine', 'col', 'endColumn', 'title'];
          expect(known).toEqual(expect.arrayContaining(Object.keys(command?.properties ?? {})));
        }
        expect(lines.at(-1)).toMatch(/^sallyport \w+:/);
        expect(lines.at(-1)).not.toContain('##[');
        if (report.exitCode !== 0) expect(commands.map((command) => command?.name)).toContain('error');
      }),
    );
  });
});
