import { setTimeout as sleep } from 'node:timers/promises';
import { WireClient } from '../e2e/support/wire/wire-client.ts';
import { query } from '../e2e/support/wire/frames.ts';
import type { BenchPath } from './paths.ts';
import { residentBytes } from './process-stats.ts';

/** Resident memory that each idle connection costs the process in the middle, in KiB; each has run one statement. */
export async function perIdleConnection(path: BenchPath, count: number): Promise<number | undefined> {
  if (path.pid === undefined) return undefined;
  const clients: WireClient[] = [];
  try {
    // The first connections pay for what all share: caches, compiled code.
    for (let i = 0; i < 20; i++) clients.push(await open(path));
    await sleep(500);
    const before = residentBytes(path.pid);
    for (let opened = 0; opened < count; opened += 10) {
      clients.push(...(await Promise.all(Array.from({ length: 10 }, () => open(path)))));
    }
    await sleep(2000);
    return (residentBytes(path.pid) - before) / count / 1024;
  } finally {
    for (const client of clients) client.end();
    await sleep(500);
  }
}

async function open(path: BenchPath): Promise<WireClient> {
  const client = await WireClient.login(path);
  await client.exchange(query('SELECT 1'));
  return client;
}
