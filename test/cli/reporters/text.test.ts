import { describe, expect, test } from 'vitest';
import { formatFinding } from '../../../cli/errors.ts';
import { renderExcerpt } from '../../../cli/reporters/excerpt.ts';
import { positionOf, placeOf } from '../../../cli/reporters/position.ts';
import { renderTable } from '../../../cli/reporters/tables.ts';
import { createPaint, type Paint } from '../../../cli/reporters/terminal.ts';
import { displayWidth, oneLine, printableJson, printableLines, shorten } from '../../../cli/reporters/text.ts';

const plain: Paint = (_style, text) => text;

describe('colours', () => {
  test.each<[string, boolean, NodeJS.ProcessEnv, boolean]>([
    ['on a terminal', true, {}, true],
    ['elsewhere', false, {}, false],
    ['with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['with an empty NO_COLOR, which means nothing', true, { NO_COLOR: '' }, true],
    ['with FORCE_COLOR, in a CI log', false, { FORCE_COLOR: '1' }, true],
    ['with an empty FORCE_COLOR', false, { FORCE_COLOR: '' }, false],
    ['with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['with FORCE_COLOR=false', true, { FORCE_COLOR: 'false' }, false],
    ['with both, as Node does', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('%s', (_what, isTTY, env, coloured) => {
    expect(createPaint({ isTTY }, env)('red', 'x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
  });
});

describe('texts of others', () => {
  test('are shortened between characters, and say how long they were', () => {
    expect(shorten('abc', 3)).toBe('abc');
    expect(shorten('abcd', 3)).toBe('abc… (4 characters)');
    expect(shorten('ab👍d', 3)).toBe('ab… (5 characters)');
  });

  test.each([
    ['a\nb', 'a b'],
    ['  a \r\n\n  b  ', 'a b'],
    ['a\u001b[2Jb\u0007', 'a\\x1b[2Jb\\x07'],
    ['a\u202eb', 'a\\u{202e}b'],
    ['a\tb', 'a\\tb'],
  ])('%j on one line', (text, shown) => {
    expect(oneLine(text)).toBe(shown);
  });

  test('keep their lines where they may have several', () => {
    expect(printableLines('a\n\tb\r\n\u001b[31mc\n')).toEqual(['a', '    b', '\\x1b[31mc']);
  });

  test.each([
    ['abc', 3],
    ['日本語', 6],
    ['e\u0301', 1],
    ['👍', 2],
    ['ﬁ', 1],
    ['ｱ', 1],
    ['', 0],
  ])('%s takes its columns on a terminal', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('positions', () => {
  test.each([
    ['nothing', {}, undefined],
    ['a row', { row: 3 }, { row: 3 }],
    ['a column without a row', { col: 3 }, undefined],
    ['a start', { row: 3, col: 4 }, { row: 3, col: 4 }],
    ['an end in the same row', { row: 3, col: 4, end_col: 9 }, { row: 3, col: 4, end: { row: 3, col: 9 } }],
    ['an end below', { row: 3, col: 4, end_row: 5, end_col: 1 }, { row: 3, col: 4, end: { row: 5, col: 1 } }],
    ['an end before the start', { row: 3, col: 4, end_row: 3, end_col: 4 }, { row: 3, col: 4 }],
    ['an end in a row before', { row: 3, col: 4, end_row: 2, end_col: 9 }, { row: 3, col: 4 }],
    ['row 0', { row: 0, col: 1 }, undefined],
    ['half a row', { row: 1.5 }, undefined],
    ['a column that is no number', { row: 2, col: Number.NaN }, { row: 2 }],
  ])('of %s', (_what, given, position) => {
    expect(positionOf(given)).toEqual(position);
  });

  test('are written as editors read them', () => {
    expect(placeOf('a.rego', { row: 3, col: 4 })).toBe('a.rego:3:4');
    expect(placeOf('a.rego', undefined)).toBe('a.rego');
    expect(placeOf(undefined, { row: 3 })).toBe('');
  });
});

describe('excerpts', () => {
  const excerpt = (line: string, col: number, endCol?: number): string =>
    renderExcerpt(
      'a.rego',
      positionOf({ row: 1, col, ...(endCol === undefined ? {} : { end_col: endCol }) }),
      () => [line],
      plain,
      'red',
    );

  test.each([
    ['a word', 'deny if x', 6, 8, '  1 │ deny if x\n    │      ^^\n'],
    ['a place without an end', 'deny if x', 6, undefined, '  1 │ deny if x\n    │      ^\n'],
    ['what stands behind a tab', '\tx := y', 2, 3, '  1 │     x := y\n    │     ^\n'],
    ['what stands behind wide characters', '日本 x', 4, 5, '  1 │ 日本 x\n    │      ^\n'],
    ['wide characters', 'a 日本', 3, 5, '  1 │ a 日本\n    │   ^^^^\n'],
    ['what stands behind an escape', '"\u001b" x', 5, 6, '  1 │ "\\x1b" x\n    │        ^\n'],
    ['the line’s end', 'deny', 5, 6, '  1 │ deny\n    │     ^\n'],
    ['a column behind the line’s end', 'deny', 50, 60, '  1 │ deny\n    │     ^\n'],
    ['an empty line', '', 1, undefined, '  1 │ \n    │ ^\n'],
  ])('mark %s', (_what, line, col, endCol, shown) => {
    expect(excerpt(line, col, endCol)).toBe(shown);
  });

  test('show a part of a line that is very long', () => {
    const [line = '', mark = ''] = excerpt(`${'a'.repeat(500)}HERE${'b'.repeat(500)}`, 501, 505).split('\n');
    expect(line.length).toBeLessThan(140);
    expect(line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)).toBe('HERE');
    expect(line).toMatch(/│ …a+HEREb+…$/);
  });

  test('mark to the end of the line what ends on a later one', () => {
    const position = positionOf({ row: 2, col: 3, end_row: 4, end_col: 2 });
    expect(renderExcerpt('a.rego', position, () => ['', 'a bc {', 'x', '}'], plain, 'red')).toBe(
      '  2 │ a bc {\n    │   ^^^^\n',
    );
  });

  test.each([
    ['a file that cannot be read', () => undefined, { row: 1, col: 1 }],
    ['a line that is not there any more', () => ['one'], { row: 7, col: 1 }],
    ['a place without a column', () => ['one'], { row: 1 }],
  ])('are left out for %s', (_what, sources, position) => {
    expect(renderExcerpt('a.rego', position, sources, plain, 'red')).toBe('');
  });
});

describe('tables', () => {
  test('stand aligned, numbers to the right, wide characters as wide as they are', () => {
    const rows = [
      ['orders', '1,204', '日本語'],
      ['customers', '7', 'de'],
    ];
    expect(
      renderTable({ title: 'Traffic', columns: ['table', 'reads', 'where'], rows, note: 'since May' }, plain),
    ).toBe(
      'Traffic\n' +
        '  table      reads  where\n' +
        '  orders     1,204  日本語\n' +
        '  customers      7  de\n' +
        '  since May\n',
    );
  });

  test('take rows that are too short or too long, and cells that hold anything', () => {
    const table = { title: 'T', columns: ['a', 'b'], rows: [['x\ny'], ['1', '2', '3'], ['z'.repeat(300), '\u001b']] };
    const shown = renderTable(table, plain);
    expect(shown.split('\n')).toHaveLength(6);
    expect(shown).toContain('x y');
    expect(shown).toContain('z… (300 characters)');
    expect(shown).not.toContain('\u001b');
  });
});

describe('JSON of what others wrote', () => {
  test.each([
    ['\u001b[2J', '"\\u001b[2J"'],
    ['\u009b2J', '"\\u009b2J"'],
    ['\u202eoops\u2066', '"\\u202eoops\\u2066"'],
    ['\u{e0041}', '"\\udb40\\udc41"'],
    ['日本語, grün', '"日本語, grün"'],
  ])('%j', (value, shown) => {
    expect(printableJson(value)).toBe(shown);
    expect(JSON.parse(printableJson({ value }))).toEqual({ value });
  });
});

describe('errors on standard error', () => {
  test('hold no control characters of others', () => {
    const finding = {
      severity: 'error',
      code: 'SP_USAGE',
      message: 'a\u001b[2J\nb',
      help: 'c\u0007',
      file: 'd\re',
    } as const;
    expect(formatFinding(finding)).toBe('error[SP_USAGE] d e a\\x1b[2J\nb\n  help: c\\x07\n');
  });
});
