import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runLint, type LintOptions } from '../../cli/commands/lint.ts';
import { reportFormatNames } from '../../cli/reporters/formats.ts';
import { createPolicyLinter } from '../../engine/linter/linter.ts';
import { fakeStreams } from './fake-streams.ts';

const linter = createPolicyLinter({ workers: 1 });
afterAll(() => linter.close());

const clean = 'package policy.shop\n\nallow contains "people" if input.subject.kind == "human"\n';
const wrong = 'package policy.shop\n\nallow contains "people" if input.subject.kind == "humann"\n';

let folder = '';
const before = process.cwd();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lint-'));
  process.chdir(folder);
});

afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly file: string;
  readonly row: number;
  readonly col: number;
  readonly end_row: number;
  readonly end_col: number;
  readonly message: string;
}

interface JsonReport {
  readonly findings: readonly Finding[];
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, { readonly title: string; readonly url: string }>>;
  readonly summary: string;
  readonly config: string | null;
}

async function lint(paths: readonly string[], options: LintOptions = {}): Promise<{ code: number; output: string }> {
  const streams = fakeStreams([]);
  const code = await runLint(paths, options, streams, linter);
  return { code, output: streams.output() };
}

async function report(paths: readonly string[], options: LintOptions = {}): Promise<JsonReport & { code: number }> {
  const { code, output } = await lint(paths, { ...options, format: 'json' });
  const read = JSON.parse(output) as Omit<JsonReport, 'config'> & { details: { config: string | null } };
  return { code, ...read, config: read.details.config };
}

/** `file:row code` of each finding. */
async function found(paths: readonly string[], options: LintOptions = {}): Promise<string[]> {
  return (await report(paths, options)).findings.map(({ file, row, code }) => `${file}:${row} ${code}`);
}

describe('findings', () => {
  it('have a place, a code and a page', async () => {
    write({ 'policies/shop.rego': wrong });
    const { code, findings, rules, files, summary } = await report(['policies']);
    expect(code).toBe(1);
    expect(findings).toEqual([
      {
        severity: 'error',
        code: 'sallyport:unknown-value',
        message: '"humann" is no value of input.subject.kind; there are: agent, ci, human, service',
        file: 'policies/shop.rego',
        row: 3,
        col: 50,
        end_row: 3,
        end_col: 58,
      },
    ]);
    expect(files).toEqual(['policies/shop.rego']);
    expect(summary).toBe('1 file linted, 1 error, 0 warnings');
    const { title, url } = rules['sallyport:unknown-value'] ?? { title: '', url: '' };
    expect(title).toBe('A value that the input never has');
    expect(readFileSync(new URL(url), 'utf8')).toMatch(/^# A value that the input never has\n/);
  });

  it('of Regal lead to its pages', async () => {
    write({ 'policies/shop.rego': `${clean}\nx := 1 if 1 == 1\n` });
    const { rules } = await report(['policies']);
    expect(rules['regal:bugs/constant-condition']).toMatchObject({
      category: 'bugs',
      url: 'https://www.openpolicyagent.org/projects/regal/rules/bugs/constant-condition',
    });
  });

  it('are none where there are none', async () => {
    write({ 'policies/shop.rego': clean });
    const { code, output } = await lint(['policies']);
    expect(code).toBe(0);
    expect(output).toContain('1 file linted, no findings');
  });

  it('go over several places', async () => {
    write({ 'a/a.rego': wrong, 'b/b.rego': wrong });
    expect(await found(['a', 'b/b.rego'])).toEqual([
      'a/a.rego:3 sallyport:unknown-value',
      'b/b.rego:3 sallyport:unknown-value',
    ]);
  });

  it('are those of a pack', async () => {
    expect((await lint(['pack:destructive-sql'])).code).toBe(0);
  });

  it('stand in policies where no path is given, else in the working directory', async () => {
    write({ 'shop.rego': wrong });
    expect(await found([])).toEqual(['shop.rego:3 sallyport:unknown-value']);
    write({ 'policies/other.rego': wrong });
    expect(await found([])).toEqual(['policies/other.rego:3 sallyport:unknown-value']);
  });

  it('of a file that does not parse stand beside those of the others', async () => {
    write({ 'policies/a.rego': 'package policy.a\n\nallow contains if\n', 'policies/b.rego': wrong });
    const { code, findings, files } = await report(['policies']);
    expect(code).toBe(1);
    expect([...new Set(findings.map(({ file, code: one }) => `${file} ${one}`))]).toEqual([
      'policies/a.rego rego_parse_error',
      'policies/b.rego sallyport:unknown-value',
    ]);
    expect(findings[0]).toMatchObject({ row: 3, severity: 'error' });
    expect(files).toEqual(['policies/a.rego', 'policies/b.rego']);
  });

  it.each(reportFormatNames)('are shown as %s', async (format) => {
    write({ 'policies/shop.rego': wrong });
    const { code, output } = await lint(['policies'], { format });
    expect(code).toBe(1);
    expect(output).toContain('unknown-value');
    expect(output).toContain('shop.rego');
  });

  it('are written to files', async () => {
    write({ 'policies/shop.rego': wrong });
    await lint(['policies'], { report: [{ format: 'sarif', file: 'out/lint.sarif' }] });
    expect(readFileSync('out/lint.sarif', 'utf8')).toContain('sallyport:unknown-value');
  });
});

describe('levels', () => {
  const warning = { '.regal/config.yaml': 'rules: {sallyport: {unknown-value: {level: warning}}}\n' };

  it.each([
    ['an error fails', {}, {}, 1],
    ['a warning does not', warning, {}, 0],
    ['a warning does where it is asked for', warning, { failLevel: 'warning' }, 1],
  ] as const)('%s', async (_name, files, options, code) => {
    write({ 'policies/shop.rego': wrong, ...files });
    expect((await lint(['policies'], options)).code).toBe(code);
  });
});

describe('the configuration', () => {
  const off = 'rules: {sallyport: {unknown-value: {level: ignore}}}\n';

  it.each([
    ['beside the policies', 'policies/.regal/config.yaml'],
    ['above them', '.regal/config.yaml'],
    ['in one file', '.regal.yaml'],
  ])('is found %s', async (_name, file) => {
    write({ 'policies/shop.rego': wrong, [file]: off });
    const { code, config } = await report(['policies']);
    expect([code, config]).toEqual([0, file]);
  });

  it('is that of the path, not of the working directory', async () => {
    write({ 'other/policies/shop.rego': wrong, 'other/.regal/config.yaml': off });
    expect((await report(['other/policies'])).code).toBe(0);
    expect((await report(['other/policies/shop.rego'])).code).toBe(0);
  });

  it('is that of the working directory where there are several paths, as with Regal', async () => {
    write({ 'a/a.rego': wrong, 'a/.regal/config.yaml': off, 'b/b.rego': wrong });
    expect((await report(['a', 'b'])).config).toBeNull();
    write({ '.regal/config.yaml': off });
    expect(await report(['a', 'b'])).toMatchObject({ config: '.regal/config.yaml', code: 0 });
  });

  it('the nearer one counts', async () => {
    write({ 'policies/shop.rego': wrong, '.regal/config.yaml': off, 'policies/.regal.yaml': 'rules: {}\n' });
    expect(await report(['policies'])).toMatchObject({ config: 'policies/.regal.yaml', code: 1 });
  });

  it('can be another file', async () => {
    write({ 'policies/shop.rego': wrong, 'lint.yaml': off, '.regal/config.yaml': 'rules: {}\n' });
    expect(await report(['policies'], { configFile: 'lint.yaml' })).toMatchObject({ config: 'lint.yaml', code: 0 });
  });

  it('ignores files by patterns relative to its folder, wherever one stands', async () => {
    write({
      'team/policies/shop.rego': wrong,
      'team/policies/old/shop.rego': wrong,
      'team/.regal/config.yaml': 'ignore: {files: [policies/old/]}\n',
    });
    expect(await found(['team/policies'])).toEqual(['team/policies/shop.rego:3 sallyport:unknown-value']);
    expect(await found(['team/policies'], { ignoreFiles: ['shop.rego'] })).toEqual([]);
  });

  it("brings a project's own rules", async () => {
    write({
      'policies/shop.rego': clean,
      '.regal/rules/team.rego': `# METADATA
# description: Packages have the name of a team
package custom.regal.rules.naming["team"]

import data.regal.ast
import data.regal.result

report contains violation if {
	not startswith(ast.package_name, "policy.team_")
	violation := result.fail(rego.metadata.chain(), result.location(input["package"]))
}
`,
    });
    const { findings, rules } = await report(['policies']);
    expect(findings.map(({ code }) => code)).toEqual(['custom:naming/team']);
    expect(rules['custom:naming/team']).toMatchObject({ title: 'Packages have the name of a team' });
  });

  it.each([
    ['flags stand above it', { disable: ['unknown-value'] }, 0],
    ['a category off', { disableCategory: ['sallyport'] }, 0],
    ['all off', { disableAll: true }, 0],
    ['one on', { disableAll: true, enable: ['unknown-value'] }, 1],
    ['a category on', { disableAll: true, enableCategory: ['sallyport'] }, 1],
    ['all on', { enableAll: true }, 1],
  ] as const)('%s', async (_name, options, code) => {
    write({ 'policies/shop.rego': wrong });
    expect((await lint(['policies'], options)).code).toBe(code);
  });
});

describe('what cannot be linted', () => {
  it.each([
    ['no such path', {}, ['nowhere'], {}, 'SP_BUNDLE_NOT_FOUND'],
    ['an empty folder', {}, ['.'], {}, 'SP_BUNDLE_NOT_FOUND'],
    ['no such pack', {}, ['pack:nothing'], {}, 'SP_BUNDLE_NOT_FOUND'],
    ['no such configuration', { 'p.rego': clean }, ['.'], { configFile: 'none.yaml' }, 'SP_CONFIG_INVALID'],
    ['a malformed one', { 'p.rego': clean, '.regal.yaml': 'rules: [' }, ['.'], {}, 'SP_CONFIG_INVALID'],
    ['two of them', { 'p.rego': clean, '.regal.yaml': '', '.regal/config.yaml': '' }, ['.'], {}, 'SP_CONFIG_INVALID'],
    ['no such rule', { 'p.rego': clean }, ['.'], { disable: ['unknown-valeu'] }, 'SP_CONFIG_INVALID'],
    ['no such rule to explain', { 'p.rego': clean }, ['.'], { explain: 'unknown-valeu' }, 'SP_USAGE'],
    ['no such dialect', { 'p.rego': clean }, ['.'], { dialect: ['kvlime'] }, 'SP_USAGE'],
  ] as const)('%s', async (_name, files, paths, options, code) => {
    write(files);
    await expect(lint(paths, options)).rejects.toMatchObject({ code });
  });
});

describe('a third-party dialect', () => {
  it('is known where it is given', async () => {
    write({ 'p.rego': 'package policy.p\n\nallow contains "x" if input.command.dialect == "kvline"\n' });
    const dialect = [join(before, 'examples', 'third-party-dialect', 'index.js')];
    expect(await found(['.'])).toEqual(['p.rego:3 sallyport:unknown-dialect']);
    expect(await found(['.'], { dialect })).toEqual([]);
  });
});

describe('rules', () => {
  it('are listed with their codes, levels, titles and pages, for people and for programs', async () => {
    const { code, output } = await lint([], { rules: true });
    expect(code).toBe(0);
    expect(output).toMatch(
      /^sallyport:unknown-value +error +A value that the input never has\n +file:\/\/.+README\.md$/m,
    );
    expect(output).toMatch(/^regal:style\/messy-rule +ignore +\S/m);
    const list = JSON.parse((await lint([], { rules: true, format: 'json' })).output) as Record<string, string>[];
    expect(list.length).toBeGreaterThan(100);
    expect(list.find((one) => one['code'] === 'sallyport:text-match')).toMatchObject({
      level: 'error',
      title: "A pattern on a command's text",
    });
  });

  it('are listed with the levels that the flags and the configuration give them', async () => {
    write({ '.regal/config.yaml': 'rules: {sallyport: {text-match: {level: warning}}}\n' });
    const { output } = await lint([], { rules: true, disable: ['unknown-value'], enableCategory: ['custom'] });
    expect(output).toMatch(/^sallyport:text-match +warning/m);
    expect(output).toMatch(/^sallyport:unknown-value +ignore/m);
    expect(output).toMatch(/^regal:custom\/naming-convention +error/m);
  });

  it.each(['text-match', 'sallyport:text-match', 'sallyport/text-match'])('%s is explained', async (explain) => {
    expect((await lint([], { explain })).output).toMatch(/^# A pattern on a command's text\n[^]*## Avoid[^]*## Prefer/);
  });

  it('of Regal are explained by its page', async () => {
    const { output } = await lint([], { explain: 'regal:bugs/constant-condition' });
    expect(output).toMatch(/^# regal:bugs\/constant-condition\n\nConstant condition\n\nhttps:.+\n$/);
  });
});
