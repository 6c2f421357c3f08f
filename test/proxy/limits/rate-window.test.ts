import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateWindow } from '../../../proxy/limits/rate-window.ts';

test('counts a minute, to the quarter of a second, and never less', () => {
  const window = new RateWindow();
  window.add(1_000);
  expect(window.count(1_000)).toBe(1);
  expect(window.count(61_000)).toBe(1);
  expect(window.count(61_250)).toBe(0);
});

test('says when there is room again', () => {
  const window = new RateWindow();
  window.add(0);
  window.add(30_000);
  expect(window.freeIn(30_000, 3)).toBe(0);
  expect(window.freeIn(30_000, 2)).toBe(30_250);
  expect(window.freeIn(30_000, 1)).toBe(60_250);
  expect(window.freeIn(30_000, 0)).toBe(Infinity);
  expect(window.count(30_000 + 30_250)).toBe(1);
});

test('takes back what did not happen, but not what is forgotten already', () => {
  const window = new RateWindow();
  const bucket = window.add(5_000);
  window.add(5_000);
  window.undo(bucket);
  expect(window.count(5_000)).toBe(1);
  window.add(500_000);
  window.undo(bucket);
  expect(window.count(500_000)).toBe(1);
});

test('agrees with a list of all moments, whatever happens when', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20_000), { maxLength: 200 }), (pauses) => {
      const window = new RateWindow();
      const moments: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        moments.push(now);
        window.add(now);
        const within = (ms: number): number => moments.filter((moment) => moment > now - ms).length;
        expect(window.count(now)).toBeGreaterThanOrEqual(within(60_000));
        expect(window.count(now)).toBeLessThanOrEqual(within(60_251));
      }
    }),
    { numRuns: 50 },
  );
});
