import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from '../../proxy/store/index/pace.ts';

let load: number;
let awaited: boolean;
let pace: Pace;

beforeEach(() => {
  vi.useFakeTimers();
  load = 0;
  awaited = false;
  pace = new Pace({ load: () => load, isAwaited: () => awaited });
});
afterEach(() => {
  vi.useRealTimers();
});

/** How long a rest after a turn of 10 ms lasts, in milliseconds; `during` happens 50 ms after its beginning. */
async function restOf(during: () => void = () => undefined): Promise<number> {
  await vi.advanceTimersByTimeAsync(20);
  pace.turn(1);
  await vi.advanceTimersByTimeAsync(10);
  const started = performance.now();
  let ended: number | undefined;
  void pace.rest(10).then(() => {
    ended = performance.now();
  });
  setTimeout(during, 50);
  await vi.advanceTimersByTimeAsync(5_000);
  return (ended ?? Number.NaN) - started;
}

describe('how fast a gateway indexes', () => {
  it.each([
    [0, 0, 0],
    [0.3, 0, 0],
    // A tenth, a fiftieth and a hundredth of the time.
    [0.55, 80, 120],
    [0.8, 480, 500],
    [1, 990, 1_000],
  ])('at a load of %d it rests between %d and %d ms after a turn of 10 ms', async (given, least, most) => {
    load = given;
    const rest = await restOf();
    expect(rest).toBeGreaterThanOrEqual(least);
    expect(rest).toBeLessThanOrEqual(most);
  });

  it('goes on soon when the load ends', async () => {
    load = 1;
    expect(
      await restOf(() => {
        load = 0;
      }),
    ).toBeLessThan(250);
  });

  it.each([['hurry'], ['close']] as const)('goes on at once when told to %s', async (told) => {
    load = 1;
    expect(
      await restOf(() => {
        awaited = told === 'hurry';
        pace[told]();
      }),
    ).toBe(50);
  });

  it('leaves half of the time to the gateway, whoever is in a hurry', async () => {
    load = 1;
    await vi.advanceTimersByTimeAsync(20);
    pace.turn(1);
    awaited = true;
    pace.hurry();
    let ended = Number.NaN;
    const again = pace.rest(10).then(() => {
      ended = performance.now();
    });
    const began = performance.now();
    await vi.advanceTimersByTimeAsync(1_000);
    await again;
    expect(ended - began).toBe(10);
  });

  it('takes half of the time for as long as somebody waits, and not longer', async () => {
    load = 1;
    awaited = true;
    // Told once, for what takes several turns.
    pace.hurry();
    expect([await restOf(), await restOf()]).toEqual([10, 10]);
    awaited = false;
    expect(await restOf()).toBe(990);
  });

  it.each([
    [0, 1, 1, 4_194_304],
    [0, 8, 8, 524_288],
    [0, 1_000, 64, 65_536],
    [1, 1, 1, 131_072],
    [1, 1_000, 4, 32_768],
  ])(
    'at a load of %d, with %d recordings to read, it takes %d, and %d bytes of each',
    async (given, waiting, files, bytes) => {
      load = given;
      await vi.advanceTimersByTimeAsync(20);
      expect(pace.turn(waiting)).toEqual({ files, bytes });
    },
  );

  it('makes nothing of a moment that is too short to tell', async () => {
    await vi.advanceTimersByTimeAsync(20);
    expect(pace.turn(1).bytes).toBe(4_194_304);
    // Between two calls in a row the thread was always at work.
    load = 1;
    expect(pace.turn(1).bytes).toBe(4_194_304);
  });
});
