import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { reportFormatNames } from '../../../cli/reporters/formats.ts';
import { addReportOptions, publish, type ReportOptions } from '../../../cli/reporters/publish.ts';
import { temporaryDirectory } from '../../proxy/support/fixtures.ts';
import { fakeStreams } from '../fake-streams.ts';
import { caseOf, findingOf, reportOf } from './support/reports.ts';

/** What a command is given for a command line, or what it is refused with. */
function parse(...args: readonly string[]): ReportOptions {
  const command = addReportOptions(new Command('check')).exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  command.parse(args, { from: 'user' });
  return command.opts<ReportOptions>();
}

describe('the options of a report', () => {
  test('print pretty and write nothing unless told otherwise', () => {
    expect(parse()).toEqual({ format: 'pretty' });
  });

  test.each(reportFormatNames)('know the format %s', (format) => {
    expect(parse('-f', format)).toEqual({ format });
    expect(parse('--report', `${format}=out/x=1.txt`)).toMatchObject({ report: [{ format, file: 'out/x=1.txt' }] });
  });

  test('write several files', () => {
    expect(parse('--report', 'junit=a.xml', '--report=sarif=b.sarif', '--verbose')).toEqual({
      format: 'pretty',
      report: [
        { format: 'junit', file: 'a.xml' },
        { format: 'sarif', file: 'b.sarif' },
      ],
      verbose: true,
    });
  });

  test.each([
    ['an unknown format', ['--format', 'jnuit'], 'did you mean "junit"?'],
    ['an unknown format of a file', ['--report', 'serif=x'], 'did you mean "sarif"?'],
    ['a name of the language’s own', ['--format', 'constructor'], 'known: pretty, json,'],
    ['a file without a format', ['--report', 'report.json'], '<format>=<file>'],
    ['a format without a file', ['--report', 'json='], 'It needs a file'],
    ['standard output as a file', ['--report', 'json=-'], '--format is for standard output'],
    ['a file twice', ['--report', 'json=out/a', '--report', 'tap=./out/../out/a'], 'Two reports'],
  ])('refuse %s', (_what, args, told) => {
    expect(() => parse(...args)).toThrow(told);
  });
});

describe('publish', () => {
  const report = reportOf({ exitCode: 1, findings: [findingOf({ file: 'a.rego', row: 1 })], cases: [caseOf()] });

  test.each([0, 1, 2] as const)('gives the report’s exit code %d', async (exitCode) => {
    expect(await publish(reportOf({ exitCode }), {}, fakeStreams([]))).toBe(exitCode);
  });

  test('prints one format and writes others to files, in folders that it makes', async () => {
    const folder = temporaryDirectory();
    const streams = fakeStreams([]);
    const files = reportFormatNames.map((format) => ({ format, file: join(folder, 'deep', 'er', format) }));
    expect(await publish(report, { format: 'json', report: files }, streams)).toBe(1);
    expect(readdirSync(join(folder, 'deep', 'er')).sort()).toEqual(reportFormatNames.toSorted());
    expect(readFileSync(join(folder, 'deep', 'er', 'json'), 'utf8')).toBe(streams.output());
  });

  test('puts colours on a terminal and not into files', async () => {
    const folder = temporaryDirectory();
    const streams = fakeStreams([]);
    const file = join(folder, 'report.txt');
    await publish(report, { report: [{ format: 'pretty', file }] }, { ...streams, env: { FORCE_COLOR: '1' } });
    expect(streams.output()).toContain('\u001b[31merror');
    expect(readFileSync(file, 'utf8')).toContain('error[rego_type_error]');
    expect(readFileSync(file, 'utf8')).not.toContain('\u001b');
  });

  test('replaces a file whole', async () => {
    const folder = temporaryDirectory();
    const file = join(folder, 'report.json');
    writeFileSync(file, 'x'.repeat(100_000));
    await publish(reportOf(), { report: [{ format: 'json', file }] }, fakeStreams([]));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
    expect(readdirSync(folder)).toEqual(['report.json']);
  });

  test('says which file cannot be written, once everything else was', async () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, 'taken'));
    const streams = fakeStreams([]);
    const failing = publish(
      report,
      {
        report: [
          { format: 'tap', file: join(folder, 'taken') },
          { format: 'json', file: join(folder, 'good.json') },
        ],
      },
      streams,
    );
    await expect(failing).rejects.toMatchObject({ code: 'SP_OUTPUT_FAILED' });
    await expect(failing).rejects.toThrow(join(folder, 'taken'));
    expect(streams.output()).toContain('error[rego_type_error]');
    expect(readdirSync(folder).sort()).toEqual(['good.json', 'taken']);
  });

  test('shows the lines of files that are there', async () => {
    const folder = temporaryDirectory();
    const file = join(folder, 'a.rego');
    writeFileSync(file, 'package a\r\n\r\ndeny if input.x\r\n');
    const streams = fakeStreams([]);
    const findings = [
      findingOf({ file, row: 3, col: 9, end_col: 16 }),
      findingOf({ file: folder, row: 1, col: 1 }),
      findingOf({ file: join(folder, 'gone.rego'), row: 1, col: 1 }),
    ];
    await publish(reportOf({ findings }), {}, streams);
    expect(streams.output()).toContain('  3 │ deny if input.x\n    │         ^^^^^^^\n');
    expect(streams.output().match(/│/g)).toHaveLength(2);
  });
});

describe('publish in a GitHub Actions job', () => {
  const env = (folder: string): NodeJS.ProcessEnv => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
    GITHUB_WORKSPACE: join(process.cwd(), '..'),
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'acme/policies',
    GITHUB_SHA: 'abc',
  });
  const here = process.cwd().split('/').at(-1) ?? '';

  test('adds the Markdown to the job’s summary with --format github', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'summary.md'), 'before\n');
    const streams = fakeStreams([]);
    const findings = [findingOf({ file: 'policies/a.rego', row: 3 })];
    await publish(reportOf({ findings, exitCode: 1 }), { format: 'github' }, { ...streams, env: env(folder) });
    expect(streams.output()).toContain(`::error file=${here}/policies/a.rego,line=3,`);
    const summary = readFileSync(join(folder, 'summary.md'), 'utf8');
    expect(summary).toMatch(/^before\n<!-- sallyport:check -->\n/);
    expect(summary).toContain(`(https://github.com/acme/policies/blob/abc/${here}/policies/a.rego#L3)`);
  });

  test.each([
    ['another format', 'pretty', {}],
    ['another place', 'github', { GITHUB_ACTIONS: undefined }],
  ] as const)('leaves the summary alone in %s', async (_what, format, change) => {
    const folder = temporaryDirectory();
    await publish(report(), { format }, { ...fakeStreams([]), env: { ...env(folder), ...change } });
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['pretty', 'tap', 'markdown'] as const)(
    'prints nothing as %s that the runner would obey',
    async (format) => {
      const streams = fakeStreams([]);
      const text = '::error::made up\n ::add-mask::x\n##[add-mask]y';
      const one = caseOf({ name: text, status: 'failed', message: text, explanation: text });
      const finding = findingOf({ message: text });
      const bad = reportOf({ cases: [one], findings: [finding], summary: text, exitCode: 1 });
      await publish(bad, { format }, { ...streams, env: { GITHUB_ACTIONS: 'true' } });
      expect(streams.output()).toContain('made up');
      expect(streams.output()).not.toMatch(/^\s*::/m);
      expect(streams.output()).not.toContain('##[');
    },
  );

  const report = (): ReturnType<typeof reportOf> => reportOf({ exitCode: 1 });
});
