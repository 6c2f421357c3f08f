import { createInstance, type Instance } from './instance.ts';

export interface PoolStats {
  /** Size of the current instance's WASM memory; 0 while there is none. */
  readonly memoryBytes: number;
  /** Instances given up so far. */
  readonly discarded: number;
  /** Whether a spare stands ready. */
  readonly spare: boolean;
}

/** One instance in use and one ready to take its place, because an instance can only be made asynchronously. */
export interface InstancePool {
  /** Undefined while the instance was given up and no other is ready yet. */
  current(): Instance | undefined;
  /** Gives the current instance up for the spare and has another spare made. */
  discard(): void;
  stats(): PoolStats;
}

export async function createPool(): Promise<InstancePool> {
  let current: Instance | undefined = await createInstance();
  let spare: Instance | undefined = await createInstance();
  let discarded = 0;
  let making = false;

  async function refill(): Promise<void> {
    if (making) return;
    making = true;
    try {
      while (current === undefined || spare === undefined) {
        const fresh = await createInstance();
        if (current === undefined) current = fresh;
        else spare = fresh;
      }
    } catch {
      // No memory for another instance now; the next statement tries again.
    } finally {
      making = false;
    }
  }

  // Not at once: whoever overflowed the stack has none left to make an instance with.
  const refillSoon = (): void => {
    queueMicrotask(() => void refill());
  };

  return {
    current: () => {
      if (spare === undefined) refillSoon();
      return current;
    },
    discard: () => {
      discarded++;
      current = spare;
      spare = undefined;
      refillSoon();
    },
    stats: () => ({ memoryBytes: current?.memoryBytes() ?? 0, discarded, spare: spare !== undefined }),
  };
}
