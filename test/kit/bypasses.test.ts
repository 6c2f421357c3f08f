import { describe, expect, it } from 'vitest';
import { shell } from '../dialects/shell/support/dialect.ts';
import { dialectBypasses, testDialect } from '../testing/index.ts';

describe('a table of bypasses', () => {
  it.each([
    ['what is seen through', 'r""m x', 'delete'],
    ['what is not vouched for', '$x', 'delete'],
  ] as const)('accepts %s', (_what, text, effect) => {
    for (const { run } of dialectBypasses(shell, [{ text, effects: [effect] }])) run();
  });

  it('finds out what is vouched for and not seen', () => {
    const [row] = dialectBypasses(shell, [{ how: 'a disguise', text: 'ls', effects: ['delete', 'drop'] }]);
    expect(row?.name).toBe('a disguise: "ls"');
    expect(row?.run).toThrow(/vouched for, and nobody sees delete or drop/);
  });
});

it('testDialect is all of the kit', () => {
  const names = testDialect(shell, {
    samples: { complete: ['ls'] },
    cases: [{ text: 'ls', expect: { complete: true }, name: 'a case' }],
    bypasses: [{ text: 'rm x', effects: ['delete'], how: 'none' }],
  }).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['declares itself', 'a case', 'none: "rm x"']));
});
