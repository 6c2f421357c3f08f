import { describe, expect, test } from 'vitest';
import { changeKinds } from '../../../cli/replay/measures.ts';
import { exceeds, readThresholds } from '../../../cli/replay/thresholds.ts';

const one = (text: string) => readThresholds(text)[0];

describe('--fail-on', () => {
  test.each<[string, readonly string[]]>([
    ['deny->allow>0', ['deny->allow']],
    ['deny→allow > 0', ['deny->allow']],
    ['deny -> allow>0', ['deny->allow']],
    ['*->deny>0', ['allow->deny', 'review->deny']],
    ['review->*>0', ['review->allow', 'review->deny']],
    ['*->*>0', ['allow->review', 'allow->deny', 'review->allow', 'review->deny', 'deny->allow', 'deny->review']],
    ['any>0', changeKinds],
    ['obligations-lost>0', ['obligations-lost']],
    ['errors>=1', ['errors']],
    ['parsed-differently>1%', ['parsed-differently']],
  ])('%s counts %j', (text, measures) => {
    expect(one(text)?.measures).toEqual(measures);
  });

  test('takes several, and says each as it was meant', () => {
    expect(readThresholds(' deny->allow > 0 ,allow->deny>=2.5% ').map(({ text }) => text)).toEqual([
      'deny->allow>0',
      'allow->deny>=2.5%',
    ]);
  });

  test.each([
    ['', 1, 'a measure is due'],
    ['deny->allow', 12, '> or >= is due'],
    ['deny->allow>', 13, 'a number is due'],
    ['deny->allow>x', 13, 'a number is due'],
    ['deny->alow>0', 1, 'did you mean "deny->allow"?'],
    ['allow->allow>0', 1, 'known: allow->review'],
    ['error>0', 1, 'did you mean "errors"?'],
    ['any>0 errors>0', 7, 'a comma or the end'],
    ['any>0,', 7, 'a measure is due'],
    ['any>1.5', 8, 'a count is a whole number'],
    ['any=0', 4, '> or >= is due'],
    ['any>-1', 5, 'a number is due'],
  ])('%j is refused at column %i: %s', (text, column, why) => {
    expect(() => readThresholds(text)).toThrow(
      expect.objectContaining({
        code: 'SP_USAGE',
        message: expect.stringContaining(`column ${column}: ${why}`) as string,
      }),
    );
  });

  test.each<[string, number, number, boolean]>([
    ['any>0', 0, 100, false],
    ['any>0', 1, 100, true],
    ['any>=1', 1, 100, true],
    ['any>1%', 1, 100, false],
    ['any>1%', 2, 100, true],
    ['any>=1%', 1, 100, true],
    ['any>=1%', 0, 0, false],
    ['any>0%', 0, 0, false],
  ])('%s with %i of %i: %s', (text, count, judged, failed) => {
    const threshold = one(text);
    expect(threshold && exceeds(threshold, count, judged)).toBe(failed);
  });
});
