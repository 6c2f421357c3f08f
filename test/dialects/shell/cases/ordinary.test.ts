import { describe, expect, it } from 'vitest';
import { ordinary } from './ordinary.ts';
import { shell } from '../support/dialect.ts';

describe('what administrators type is vouched for, with all that it does', () => {
  it('is more than three hundred lines', () => {
    expect(ordinary.length).toBeGreaterThanOrEqual(300);
  });

  it.each(ordinary)('$text', ({ text, effects }) => {
    const { commands, complete } = shell.parse({ text });
    expect(commands.flatMap(({ reasons }) => reasons)).toEqual([]);
    expect(complete).toBe(true);
    expect([...new Set(commands.flatMap((command) => command.effects))].sort()).toEqual([...effects].sort());
  });
});
