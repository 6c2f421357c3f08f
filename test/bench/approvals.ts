import { query } from '../e2e/support/wire/frames.ts';
import { WireClient } from '../e2e/support/wire/wire-client.ts';
import type { Options } from './options.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';
import { databases, startStoreGateway, stopStoreGateway, type StoreGateway } from './stores.ts';

/**
 * Time from the request that approves, as a reviewer's client sends it, to the first byte of the answer at the client
 * that waits: through the API, the store, its NOTIFY, the recording, the target.
 */
export async function approvalFigures(targetPort: number, options: Options): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const kind of databases) {
    const one = await startStoreGateway({ kind, targetPort, policies: 'test/bench/approval-policies' });
    try {
      const times = await measure(one, options.approvals);
      figures.push(
        { measure: 'approve → first byte, median', path: kind, unit: 'ms', value: median(times), rounds: times },
        { measure: 'approve → first byte, p99', path: kind, unit: 'ms', value: percentile(times, 0.99), rounds: [] },
      );
    } finally {
      await stopStoreGateway(one);
    }
    process.stdout.write('.');
  }
  return figures;
}

const WARM_UP = 10;

async function measure({ gateway, ask }: StoreGateway, count: number): Promise<number[]> {
  const client = await WireClient.login({ ...gateway.endpoint('ada'), host: '127.0.0.1' });
  const times: number[] = [];
  try {
    for (let n = 0; n < WARM_UP + count; n += 1) {
      client.send(query('SELECT 1'));
      const held = (await client.take(({ type }) => type === 'N' || type === 'E')).at(-1);
      const [request] = /apr-\w+/.exec(held?.body.toString('utf8') ?? '') ?? [];
      if (request === undefined) throw new Error(`nothing was held: ${held?.body.toString('utf8') ?? ''}`);
      const answered = client
        .take(({ type }) => type === 'T' || type === 'E')
        .then((messages) => {
          if (messages.at(-1)?.type !== 'T') throw new Error('it was refused');
          return performance.now();
        });
      const started = performance.now();
      await ask(`/v1/approvals/${request}/approve`, {});
      const time = (await answered) - started;
      if (n >= WARM_UP) times.push(time);
      await client.untilReady();
    }
  } finally {
    client.end();
  }
  return times;
}

/** The value that a part of all values is not above (nearest rank). */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  if (value === undefined) throw new RangeError('no values, no percentile');
  return value;
}
