import { WireClient } from '../e2e/support/wire/wire-client.ts';
import { query } from '../e2e/support/wire/frames.ts';
import type { BenchPath } from './paths.ts';

/** Lines of 1,000 bytes, made by the server as it goes. */
export function copyStatement(megabytes: number): string {
  return `COPY (SELECT repeat('x', 999) FROM generate_series(1, ${megabytes * 1000})) TO STDOUT`;
}

/** Small rows: what counts is messages, not bytes. */
export function selectStatement(rows: number): string {
  return `SELECT i, 'row ' || i FROM generate_series(1, ${rows}) AS i`;
}

/**
 * Megabytes (10^6 bytes) per second of one statement's answer. The answer runs through unseen, so that the client costs
 * next to nothing; only the last message, ReadyForQuery, is looked for.
 *
 * @throws Error when less than a megabyte came: the statement was refused.
 */
export async function stream(path: BenchPath, statement: string): Promise<number> {
  const client = await WireClient.login(path);
  try {
    const started = performance.now();
    const bytes = await client.drain(query(statement));
    const seconds = (performance.now() - started) / 1000;
    if (bytes < 1e6) throw new Error(`through ${path.name} came ${bytes} bytes`);
    return bytes / 1e6 / seconds;
  } finally {
    client.end();
  }
}
