import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import type { ReportContext } from '../../../cli/reporters/formats.ts';
import { markdownBlock, markdownCode, markdownText } from '../../../cli/reporters/markdown-text.ts';
import { renderMarkdown } from '../../../cli/reporters/markdown.ts';
import type { Report } from '../../../cli/reporters/report.ts';
import { oneLine } from '../../../cli/reporters/text.ts';
import { anyReport, caseOf, contextOf, findingOf, hostileCases, reportOf } from './support/reports.ts';

const markdown = (changes: Partial<Report>, context: Partial<ReportContext> = {}): string =>
  renderMarkdown(reportOf(changes), contextOf(context));

/** GitHub's dialect: tables, HTML that is written as it is, addresses that become links. */
const parser = new MarkdownIt({ html: true, linkify: true });

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** The text that a reader sees in HTML without elements, or undefined where there are elements. */
function textOf(html: string): string | undefined {
  if (html.includes('<')) return undefined;
  return html
    .replace(/&(lt|gt|amp|quot);/g, (_all, name: string) => entities[name] ?? '')
    .replace(/&#(\d+);/g, (_all, code: string) => String.fromCodePoint(Number(code)));
}

const withoutWidth = (text: string): string => text.replaceAll('\u200b', '');

describe('text of others in Markdown', () => {
  test.each(hostileCases)('%s is shown as it is', (_name, text) => {
    const shown = textOf(parser.renderInline(markdownText(text, 20_000)));
    expect(withoutWidth(shown ?? 'it became elements')).toBe(oneLine(text).trim());
  });

  test.each(hostileCases)('%s as code is shown as it is', (_name, text) => {
    const html = parser.renderInline(markdownCode(text, 20_000)).replace(/^<code>|<\/code>$/g, '');
    expect(withoutWidth(textOf(html) ?? 'it became elements')).toBe(oneLine(text));
  });

  test.each([
    ['@alice', /@\w/],
    ['see #12', /#\d/],
    ['acme/policies#12', /#\d/],
    ['GH-12', /GH-\d/],
    [':tada:', /:tada:/],
    ['https://evil.example/x', /https:\/\//],
    ['www.evil.example', /www\./],
    ['mail a@b.example', /@b/],
  ])('%s does nothing on GitHub', (text, pattern) => {
    const shown = textOf(parser.renderInline(markdownText(text))) ?? '';
    expect(shown).not.toMatch(pattern);
    expect(withoutWidth(shown)).toBe(text);
  });

  test.each(['- a', '1. a', '12) a', '# a', '> a', '---', '===', '+ a', '    a', '```', '<div>', '[a]: b', '| a |'])(
    '%j is a paragraph at the start of a line',
    (text) => {
      const html = parser.render(markdownText(text));
      expect(html).toMatch(/^<p>[^<]*<\/p>\n$/);
    },
  );

  test.each(['```\n<b>out</b>\n```', '````', 'a\n   ```\nb', '~~~', '\u001b[31m', ''])(
    'a block of %j stays one block',
    (text) => {
      const html = parser.render(markdownBlock(text));
      expect(html).toMatch(/^<pre><code class="language-text">[^<]*<\/code><\/pre>\n$/);
      expect(html).not.toContain('\u001b');
    },
  );
});

describe('the markdown format', () => {
  test('is one line where all is well, below a mark that a bot can find', () => {
    expect(markdown({})).toBe('<!-- sallyport:check -->\n### ✅ sallyport check: 2 files checked, no findings\n');
  });

  test('has a headline, tables, findings with their places, and failures to open', () => {
    const text = markdown({
      tool: 'lint',
      exitCode: 1,
      summary: '2 files, 2 findings',
      tables: [{ title: 'Coverage', columns: ['file', 'lines'], rows: [['a.rego', '90 %']], note: 'at least 95 %' }],
      findings: [
        findingOf({ severity: 'warning', file: 'a.rego', row: 3, col: 1, code: 'style/x', message: 'a | b' }),
        findingOf({ help: 'mend it' }),
      ],
      rules: { 'style/x': { title: 'X', url: 'https://example.com/x' } },
      cases: [
        caseOf(),
        caseOf({ status: 'failed', message: 'expected deny', explanation: 'got:\n\tallow', output: 'x' }),
      ],
    });
    expect(text).toBe(`<!-- sallyport:lint -->
### ❌ sallyport lint: 2 files, 2 findings

**Coverage**

| file | lines |
| --- | --- |
| a.rego | 90 % |

at least 95 %

<details open><summary>2 findings</summary>

| | Where | What | Rule |
| --- | --- | --- | --- |
| 🔴 error |  | undefined ref: input.x<br>mend it | <code>rego&#95;type&#95;error</code> |
| 🟡 warning | <code>a.rego:3:1</code> | a &#124; b | [<code>style/x</code>](https://example.com/x) |

</details>

<details><summary>❌ shop&#95;cases.yaml › agents read</summary>

expected deny

\`\`\`text
got:
    allow
\`\`\`

Printed:

\`\`\`text
x
\`\`\`

</details>
`);
  });

  test.each([
    [0, '✅'],
    [1, '❌'],
    [2, '⛔'],
  ] as const)('shows the exit code %d in its headline', (exitCode, icon) => {
    expect(markdown({ exitCode })).toContain(`### ${icon} sallyport check`);
  });

  test('folds a table that is long', () => {
    const rows = Array.from({ length: 20 }, (_, index) => [String(index)]);
    const text = markdown({ tables: [{ title: 'Rules', columns: ['rule'], rows, note: '20 of 20' }] });
    expect(text).toContain('\n<details><summary>Rules (20)</summary>\n\n| rule |\n| --- |\n| 0 |\n');
    expect(text.endsWith('| 19 |\n\n20 of 20\n\n</details>\n')).toBe(true);
  });

  test('links places where the repository is known', () => {
    const findings = [findingOf({ file: 'a b/c(1).rego', row: 3 })];
    const repository = 'https://github.com/acme/policies/blob/abc';
    expect(markdown({ findings }, { repository, root: 'teams' })).toContain(
      '](https://github.com/acme/policies/blob/abc/teams/a%20b/c%281%29.rego#L3)',
    );
  });

  test('fits into a comment, and counts what does not', () => {
    const findings = Array.from({ length: 5_000 }, (_, index) =>
      findingOf({
        severity: index === 4_999 ? 'error' : 'info',
        file: 'päth/a.rego',
        row: index + 1,
        message: '日本'.repeat(40),
      }),
    );
    const cases = Array.from({ length: 300 }, () => caseOf({ status: 'failed', explanation: 'x'.repeat(50_000) }));
    const text = markdown({ findings, cases, exitCode: 1 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(text)).toBeGreaterThan(60_000);
    expect(text).toContain('🔴 error');
    const shown = text.match(/^\| 🔵/gm)?.length ?? 0;
    expect(text).toMatch(
      new RegExp(`> \\*\\*Not shown here: ${5_000 - shown - 1} findings, 300 failed cases\\.\\*\\*.*\\n$`),
    );
    expect(text).toContain('\n</details>\n');
  });

  test('fits, has its mark and closes what it opens, whatever the report holds', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const text = renderMarkdown(report, contextOf({ repository: 'https://github.com/a/b/blob/c' }));
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
        expect(text.startsWith(`<!-- sallyport:${report.tool} -->\n### `)).toBe(true);
        const html = parser.render(text);
        for (const element of ['script', 'b', 'img']) expect(html).not.toContain(`<${element}>`);
        expect(html.match(/<details/g)?.length).toBe(html.match(/<\/details>/g)?.length);
        const [, ...links] = html.split('href="');
        for (const link of links)
          expect(link).toMatch(/^https:\/\/(github\.com\/a\/b\/blob\/c\/|(www\.)?evil\.example)/);
      }),
    );
  });
});
