import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runFmt, type FmtOptions } from '../../cli/commands/fmt.ts';
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

async function fmt(paths: string[], options: FmtOptions = {}, stdin: (string | Buffer)[] = []) {
  const streams = fakeStreams(stdin);
  const errors: string[] = [];
  streams.stderr.write = (text: string) => errors.push(text) > 0;
  const places = paths.map((path) => (path === '-' ? path : folder.path(path)));
  const exitCode = await runFmt(places, options, streams, compiler);
  return { exitCode, output: streams.output(), errors: errors.join('') };
}

const wide = 'package   policy.a\nallow   contains "x"   if {   input.stage=="command" }\n';
const neat = 'package policy.a\n\nallow contains "x" if input.stage == "command"\n';

describe('fmt', () => {
  test('prints a file as opa fmt writes it', async () => {
    folder.put({ 'a.rego': wide });
    expect(await fmt(['a.rego'])).toEqual({ exitCode: 0, output: neat, errors: '' });
    expect(readFileSync(folder.path('a.rego'), 'utf8')).toBe(wide);
  });

  test.each([
    ['with a dash', ['-']],
    ['without paths', []],
  ])('formats standard input %s', async (_how, paths) => {
    expect(await fmt(paths, {}, [wide])).toEqual({ exitCode: 0, output: neat, errors: '' });
  });

  test.each([
    ['a byte order mark', '\ufeffpackage policy.a\n', 'package policy.a\n', 'byte order mark'],
    ['CRLF', 'package policy.a\r\n\r\nx := 1\r\n', 'package policy.a\n\nx := 1\n', 'CRLF'],
    [
      'CRLF inside a raw string, which stays',
      'package policy.a\r\n\r\nx := `a\r\nb`\r\n',
      'package policy.a\n\nx := `a\r\nb`\n',
      'CRLF',
    ],
  ])('takes %s away and says so', async (_what, text, expected, said) => {
    folder.put({ 'a.rego': text });
    expect((await fmt(['a.rego'])).output).toBe(expected);
    const checked = await fmt(['a.rego'], { check: true, format: 'json' });
    expect(checked.exitCode).toBe(1);
    expect((JSON.parse(checked.output) as { findings: Diagnostic[] }).findings).toMatchObject([
      { code: 'not_formatted', message: expect.stringContaining(said) as string },
    ]);
  });

  test('--check lists what is not formatted, at the first line that differs', async () => {
    folder.put({ 'a.rego': neat, 'b/c.rego': `${neat}y:=2\n` });
    const { exitCode, output } = await fmt(['.'], { check: true, format: 'json' });
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      tool: 'fmt',
      summary: '2 files checked, 1 formatted',
      findings: [{ code: 'not_formatted', file: folder.path('b/c.rego'), row: 4 }],
    });
    expect((await fmt(['a.rego'], { check: true })).exitCode).toBe(0);
  });

  test('--diff prints a unified diff, and fails only with --check', async () => {
    folder.put({ 'a.rego': `${neat}\ny:=2\n`, 'b.rego': neat });
    const { exitCode, output } = await fmt(['.'], { diff: true });
    const name = folder.path('a.rego');
    expect(output).toBe(
      `--- a${name}\n+++ b${name}\n@@ -2,4 +2,4 @@\n \n allow contains "x" if input.stage == "command"\n \n-y:=2\n+y := 2\n`,
    );
    expect(exitCode).toBe(0);
    expect((await fmt(['.'], { diff: true, check: true })).exitCode).toBe(1);
  });

  test('--write replaces what changes, keeps its mode, and names it', async () => {
    folder.put({ 'a.rego': wide, 'b.rego': neat });
    chmodSync(folder.path('a.rego'), 0o640);
    const before = statSync(folder.path('b.rego'));
    expect(await fmt(['.'], { write: true })).toEqual({
      exitCode: 0,
      output: `${folder.path('a.rego')}\n`,
      errors: '',
    });
    expect(readFileSync(folder.path('a.rego'), 'utf8')).toBe(neat);
    expect(statSync(folder.path('a.rego')).mode & 0o777).toBe(0o640);
    expect(statSync(folder.path('b.rego')).mtimeMs).toBe(before.mtimeMs);
    expect(await fmt(['.'], { write: true })).toEqual({ exitCode: 0, output: '', errors: '' });
  });

  test('--write through a link changes what it leads to', async () => {
    folder.put({ 'real/a.rego': wide });
    mkdirSync(folder.path('links'));
    symlinkSync(folder.path('real/a.rego'), folder.path('links/a.rego'));
    await fmt(['links'], { write: true });
    expect(lstatSync(folder.path('links/a.rego')).isSymbolicLink()).toBe(true);
    expect(readFileSync(folder.path('real/a.rego'), 'utf8')).toBe(neat);
  });

  test('a file that does not parse stays as it is, and the others are formatted', async () => {
    const latin1 = Buffer.from('package policy.\xe9', 'latin1');
    folder.put({ 'broken.rego': 'package policy.x\nallow contains', 'good.rego': wide, 'latin1.rego': latin1 });
    const { exitCode, output, errors } = await fmt(['.'], { write: true });
    expect(exitCode).toBe(2);
    expect(output).toBe(`${folder.path('good.rego')}\n`);
    expect(errors).toContain(`error[rego_parse_error] ${folder.path('broken.rego')}:2:`);
    expect(errors).toContain(`error[SP_POLICY_INVALID] ${folder.path('latin1.rego')} it is not valid UTF-8`);
    expect(readFileSync(folder.path('broken.rego'), 'utf8')).toBe('package policy.x\nallow contains');
    expect((await fmt(['.'], { check: true })).exitCode).toBe(2);
  });

  test('text on standard input that does not parse is an error', async () => {
    const { exitCode, output, errors } = await fmt(['-'], {}, ['package']);
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toContain('stdin:1:');
    expect((await fmt(['-'], {}, [Buffer.from([0xff])])).exitCode).toBe(2);
  });

  test.each<[string, string[], FmtOptions, string]>([
    ['no such path', ['nowhere'], {}, 'SP_BUNDLE_NOT_FOUND'],
    ['a folder without Rego', ['.'], { check: true }, 'SP_BUNDLE_NOT_FOUND'],
    ['--write with --check', ['.'], { write: true, check: true }, 'SP_USAGE'],
    ['--write of standard input', ['-'], { write: true }, 'SP_USAGE'],
    ['standard input beside a path', ['-', '.'], {}, 'SP_USAGE'],
  ])('%s is an error', async (_what, paths, options, code) => {
    await expect(fmt(paths, options)).rejects.toMatchObject({ code });
  });
});
